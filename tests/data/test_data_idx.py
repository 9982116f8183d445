"""Folders of idx files, compressed or not, and what is wrong with them."""

import gzip
import re
import struct

import numpy as np
import pytest
from pydantic import ValidationError

from weightscape.data import fashion_mnist
from weightscape.data.fashion_mnist import FashionMnist
from weightscape.data.idx import Idx

RNG = np.random.default_rng(0)
IMAGES = {"train": RNG.integers(0, 256, (6, 8, 8), np.uint8),
          "t10k": RNG.integers(0, 256, (4, 8, 8), np.uint8)}  # fmt: skip
LABELS = {"train": np.array([0, 1, 2, 0, 1, 2], np.uint8), "t10k": np.array([2, 0, 1, 0], np.uint8)}


def packed(array, code=8):
    """Return an array in the format of MNIST."""
    head = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


def written(folder, *, compressed=False, parts=("train", "t10k"), separator="-", prefix=""):
    """Write the parts of a set into a folder; return the folder."""
    for part in parts:
        for kind, array in (("images", IMAGES[part]), ("labels", LABELS[part])):
            content = packed(array)
            name = f"{prefix}{part}-{kind}{separator}idx{array.ndim}-ubyte"
            file = folder / (f"{name}.gz" if compressed else name)
            file.write_bytes(gzip.compress(content, mtime=0) if compressed else content)
    return folder


def read(folder, **options):
    return Idx(path=str(folder), **options)(folder, 0)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("separator", ["-", "."])
def test_a_folder_has_both_parts(tmp_path, compressed, separator):
    found = read(written(tmp_path, compressed=compressed, separator=separator))
    assert found.keys() == {"train", "test"}
    assert np.array_equal(found["train"].inputs[:, 0], IMAGES["train"])
    assert np.array_equal(found["test"].labels, LABELS["t10k"])
    assert found["train"].classes == ("0", "1", "2")


def test_training_images_alone_names_sizes_and_a_prefix(tmp_path):
    folder = written(tmp_path, parts=("train",), prefix="letters-")
    found = read(folder, prefix="letters-", classes=("a", "b", "c", "d"), image_size=16)
    assert found.inputs.shape == (6, 1, 16, 16) and found.classes == ("a", "b", "c", "d")
    with pytest.raises(FileNotFoundError, match="has no train-images-idx3-ubyte"):
        read(folder)


def spoiled(folder, name, content):
    (folder / name).write_bytes(content)
    return folder


IMAGE_FILE, LABEL_FILE = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (IMAGE_FILE, b"\x89PNG" + bytes(99), "begins with 89504e47, not with 00000803"),
        (IMAGE_FILE, b"", "begins with nothing, not with 00000803"),
        (IMAGE_FILE, packed(IMAGES["train"].astype(">i4"), 12), "begins with 00000c03"),
        (LABEL_FILE, packed(IMAGES["train"]), "begins with 00000803, not with 00000801"),
        (IMAGE_FILE, packed(IMAGES["train"])[:-1], "is cut off: 383 bytes of values, and its head"),
        (IMAGE_FILE, packed(IMAGES["train"])[:9], "is cut off"),
        (IMAGE_FILE, packed(IMAGES["train"]) + b"x", "is longer than it says"),
        (LABEL_FILE, packed(LABELS["train"][:5]), "6 images and"),
        (IMAGE_FILE, gzip.compress(packed(IMAGES["train"]), mtime=0)[:-9], "is cut off or damaged"),
        (IMAGE_FILE, gzip.compress(b"", mtime=0)[:9], "is cut off or damaged"),
    ],
)
def test_a_broken_file_is_named(tmp_path, name, content, words):
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        read(spoiled(written(tmp_path), name, content))
    assert name in str(error.value)


def test_what_a_set_lacks_is_named(tmp_path):
    folder = written(tmp_path)
    with pytest.raises(ValueError, match="label 2 of image 2 has no name, for 2 classes are named"):
        read(folder, classes=("a", "b"))
    with pytest.raises(ValidationError, match="named twice"):
        Idx(path="x", classes=("a", "a"))
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match=r"has no labels beside .*t10k-images"):
        read(folder)
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        read(tmp_path / "elsewhere")


def test_a_file_that_is_replaced_is_noticed(tmp_path):
    mine = Idx(path=str(written(tmp_path)))
    before = mine.listing()
    spoiled(tmp_path, LABEL_FILE, packed(LABELS["train"][:5]))
    assert mine.listing() != before


def test_fashion_mnist_is_found_in_either_place(tmp_path, monkeypatch):
    debian = tmp_path / "debian"
    monkeypatch.setattr(fashion_mnist, "DEBIAN", debian)
    source = FashionMnist(image_size=8, checksums=False)
    with pytest.raises(FileNotFoundError, match="install Debian's package dataset-fashion-mnist"):
        FashionMnist.fetch(tmp_path)
    debian.mkdir()
    written(debian, compressed=True)
    assert {file.parent for file in FashionMnist.fetch(tmp_path)} == {debian}
    found = source(tmp_path, 0)
    assert found["train"].classes[9] == "Ankle boot" and len(found["test"]) == 4
    (tmp_path / "fashion_mnist").mkdir()
    written(tmp_path / "fashion_mnist")
    assert {file.parent.name for file in FashionMnist.fetch(tmp_path)} == {"fashion_mnist"}
    with pytest.raises(ValueError, match=r"its md5 is .* and should be f4a8712d7a061bf5"):
        FashionMnist()(tmp_path, 0)
