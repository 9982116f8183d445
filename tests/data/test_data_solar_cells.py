"""Solar cells: as the installed package has them, and what is wrong with a folder of them."""

import re
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from weightscape.config.source import DatasetEntry
from weightscape.data.fetch import fetch_files
from weightscape.data.prepare import prepare
from weightscape.data.solar_cells import CLASSES, KINDS, SolarCells, read_labels

SMALL = {"image_size": 32}


def folder(tmp_path, lines=None, pictures=4):
    """Write a folder of pictures in the layout of the package; return the folder of downloads."""
    root = tmp_path / "solar_cells"
    (root / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    usual = []
    for k in range(pictures):
        Image.fromarray(rng.integers(0, 256, (300, 300), np.uint8)).save(root / f"images/c{k}.png")
        usual.append(f"images/c{k}.png  {k % 4 / 3}   {KINDS[k % 2]}")
    (root / "labels.csv").write_text("\n".join(usual if lines is None else lines) + "\n")
    return tmp_path


def read(data_root, **options):
    return SolarCells(**{**SMALL, "checksums": False, **options})(data_root, 0)


def test_the_package_has_the_published_cells(tmp_path):
    parts = SolarCells(held_out="mono", **SMALL)(tmp_path, 0)
    train, elsewhere = parts["train"], parts["elsewhere"]
    assert train.inputs.shape == (1550, 1, 32, 32) and elsewhere.inputs.shape == (1074, 1, 32, 32)
    assert train.classes == CLASSES and train.domain_names == KINDS
    assert set(train.domains) == {1} and set(elsewhere.domains) == {0}
    # Defective from a probability of a half on: the package's table of labels, counted apart.
    assert Counter(train.labels.tolist()) == {0: 1098, 1: 452}
    assert Counter(elsewhere.labels.tolist()) == {0: 705, 1: 369}
    surely = SolarCells(threshold=1, **SMALL)(tmp_path, 0)
    assert len(surely) == 2624 and surely.labels.sum() == 313 + 402
    hardly = SolarCells(threshold=0.1, **SMALL)(tmp_path, 0)
    assert hardly.labels.sum() == 2624 - 588 - 920


def test_a_picture_is_pillows_antialiased_one(tmp_path):
    whole = SolarCells(**SMALL)(tmp_path, 0)
    with Image.open(
        next(f for f in SolarCells.fetch(tmp_path) if f.name == "cell0001.png")
    ) as image:
        expected = np.asarray(image.resize((32, 32), Image.Resampling.BILINEAR))
    assert np.array_equal(whole.inputs[0, 0], expected)


def test_the_split_is_by_class_within_the_kind(tmp_path):
    options = {**SMALL, "held_out": "poly"}
    dataset = DatasetEntry(name="s", source="solar_cells", options=options, val=0.2, test=0.2)
    parts = prepare(dataset, tmp_path)
    assert {len(parts[name]) for name in ("val", "test")} == {215}
    for part in ("train", "val", "test"):
        assert parts[part].labels.mean() == pytest.approx(369 / 1074, abs=0.005)
        assert set(parts[part].domains) == {0}
    assert len(parts["elsewhere"]) == 1550


def test_the_record_of_a_package_does_not_tell_where_it_lies(tmp_path):
    names = fetch_files("weightscape.data.solar_cells", tmp_path)
    assert len(names) == 2625 and all("/" not in name for name in names)


def test_a_folder_goes_before_the_package(tmp_path):
    found = read(folder(tmp_path))
    assert len(found) == 4 and found.labels.tolist() == [0, 0, 1, 1]
    assert len(SolarCells.fetch(tmp_path)) == 5
    with pytest.raises(ValueError, match="is not what was published: the sha256 of its 5 files"):
        read(tmp_path, checksums=True)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("images/c0.png 0.0", "line 2: 'images/c0.png 0.0' is not a picture, a probability and"),
        ("images/c0.png 0.0 mono more", "line 2: "),
        ("", "line 2: '' is not a picture"),
        ("images/c0.png half mono", "line 2: 'half' is not a probability"),
        ("images/c0.png 1.5 mono", "line 2: the probability 1.5 is not in 0 to 1"),
        ("images/c0.png nan mono", "line 2: the probability nan is not in 0 to 1"),
        ("images/c0.png 0.0 thin", "line 2: 'thin' is not a kind of cell"),
        ("images/../../c0.png 0.0 mono", "is not a picture in the folder images"),
        ("/etc/passwd 0.0 mono", "is not a picture in the folder images"),
        ("images/c1.png 0.0 mono", "line 2: images/c1.png has a line already"),
    ],
)
def test_a_broken_line_is_named_with_its_number(tmp_path, line, words):
    root = folder(tmp_path, ["images/c1.png 0.0 poly", line, "images/c2.png 1.0 poly"])
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        read(root)
    assert "labels.csv" in str(error.value)


def test_a_missing_or_empty_table_of_labels(tmp_path):
    root = folder(tmp_path, [])
    (root / "solar_cells/labels.csv").write_text("")
    with pytest.raises(ValueError, match=r"labels\.csv is empty"):
        read(root)
    with pytest.raises(FileNotFoundError, match=r"labels\.csv is missing; pip install"):
        read_labels(tmp_path / "labels.csv")


def cut_off(file):
    file.write_bytes(file.read_bytes()[:500])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda file: file.unlink(), "c1.png, which labels.csv names, is missing"),
        (cut_off, "c1.png cannot be read as an image"),
        (lambda file: Image.new("RGB", (300, 300)).save(file), "300 x 300 pixels of mode RGB"),
        (lambda file: Image.new("L", (300, 200)).save(file), "300 x 200 pixels of mode L"),
        (lambda file: Image.new("I;16", (300, 300)).save(file), "of mode I;16"),
    ],
)  # fmt: skip
def test_a_bad_picture_is_named_with_what_it_is(tmp_path, spoil, words):
    root = folder(tmp_path)
    spoil(root / "solar_cells/images/c1.png")
    with pytest.raises((ValueError, FileNotFoundError), match=re.escape(words)) as error:
        read(root)
    assert "pip install" in str(error.value)
