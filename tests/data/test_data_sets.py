"""The data sets that come from files: every loader on a small set in the published format."""

import os
import pickle
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torchvision.datasets as torchvision
from pydantic import ValidationError

from tests.helpers import published
from tests.helpers.planning import heavy_imports
from tests.helpers.published import CIFAR10, colour, image, jpeg
from weightscape import tensors
from weightscape.config.source import DatasetEntry
from weightscape.data._cifar import read_batch
from weightscape.data._published import name_of
from weightscape.data._tree import read_tree
from weightscape.data.cifar10 import Cifar10
from weightscape.data.cifar100 import Cifar100
from weightscape.data.domain_net import DomainNet
from weightscape.data.dtd import Dtd
from weightscape.data.fetch import fetch_files
from weightscape.data.folder import Folder
from weightscape.data.office_home import OfficeHome
from weightscape.data.pacs import Pacs
from weightscape.data.prepare import prepare
from weightscape.data.stanford_cars import StanfordCars
from weightscape.data.svhn import Svhn
from weightscape.data.terra_incognita import TerraIncognita
from weightscape.data.vlcs import Vlcs

DOMAIN_SETS = (OfficeHome, Pacs, Vlcs, TerraIncognita, DomainNet)
SOURCES = (*DOMAIN_SETS, Cifar10, Cifar100, Svhn, StanfordCars, Dtd, Folder)
FEW = {"classes": 4, "per_class": 2}


def write(source, data_root, **options):
    getattr(published, f"write_{name_of(source)}")(data_root, **options)


def load(source, data_root, **options):
    return source(**{"checksums": False, **options})(data_root, 0)


def middles(part):
    """Return the colour in the middle of each image, (n, 3)."""
    return part.inputs[:, :, part.inputs.shape[2] // 2, part.inputs.shape[3] // 2].astype(int)


def assert_colours(part, domains=None, numbers=None):
    """Check that the images are those of their classes and domains; JPEG moves colours a little."""
    where = [0] * len(part) if domains is None else domains
    for k, (label, domain) in enumerate(zip(part.labels.tolist(), where, strict=True)):
        expected = colour(label, int(domain), 0 if numbers is None else numbers[k])
        channels = slice(None) if numbers is not None else slice(2)
        assert np.abs(middles(part)[k] - expected)[channels].max() <= 3, k


# CIFAR


@pytest.mark.parametrize(("source", "kind"), [(Cifar10, "CIFAR10"), (Cifar100, "CIFAR100")])
def test_cifar_is_what_torchvision_reads(tmp_path, monkeypatch, source, kind):
    write(source, tmp_path)
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    # It imports numpy's core by the old name that stands in the files.
    monkeypatch.setitem(sys.modules, "numpy.core.multiarray", np._core.multiarray)
    parts = load(source, tmp_path)
    for part, train in (("train", True), ("test", False)):
        expected = getattr(torchvision, kind)(tmp_path, train=train)
        assert np.array_equal(parts[part].inputs.transpose(0, 2, 3, 1), expected.data)
        assert parts[part].labels.tolist() == expected.targets
        assert list(parts[part].classes) == expected.classes
    assert_colours(parts["train"])


def test_cifar_comes_in_the_size_asked_for(tmp_path):
    write(Cifar10, tmp_path)
    parts = load(Cifar10, tmp_path, image_size=48)
    assert parts["train"].inputs.shape == (100, 3, 48, 48)
    assert parts["test"].classes == CIFAR10
    assert_colours(parts["test"])


def test_cifar_has_to_be_the_published_one_unless_told_otherwise(tmp_path):
    write(Cifar10, tmp_path)
    with pytest.raises(ValueError, match=r"data_batch_1 is not the published file.*c99cafc15"):
        load(Cifar10, tmp_path, checksums=True)
    (tmp_path / "cifar-10-batches-py" / "test_batch").unlink()
    record = re.escape("results/fetched/cifar10.json")
    with pytest.raises(FileNotFoundError, match=f"test_batch is missing; remove {record}"):
        load(Cifar10, tmp_path)


class Evil:
    def __reduce__(self):
        return os.system, ("touch pwned",)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_batch_that_would_run_code_is_refused(tmp_path, monkeypatch, protocol):
    monkeypatch.chdir(tmp_path)
    write(Cifar10, tmp_path)
    batch = tmp_path / "cifar-10-batches-py" / "data_batch_3"
    batch.write_bytes(pickle.dumps({"data": Evil(), "labels": []}, protocol))
    with pytest.raises(ValueError, match=r"data_batch_3 is not a batch.*(posix|nt)\.system"):
        load(Cifar10, tmp_path)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_a_batch_pickled_today_is_read(tmp_path, protocol):
    rows = np.arange(2 * 3072, dtype=np.uint8).reshape(2, 3072)
    (tmp_path / "batch").write_bytes(pickle.dumps({"data": rows, "labels": [1, 0]}, protocol))
    assert np.array_equal(read_batch(tmp_path / "batch")["data"], rows)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pickle",
        pickle.dumps([1, 2]),
        pickle.dumps({"labels": [1]}),
        pickle.dumps({"data": np.zeros((2, 3), np.uint8), "labels": [0, 1]}),
        pickle.dumps({"data": np.zeros((2, 3072)), "labels": [0, 1]}),
    ],
)
def test_a_broken_batch_is_named(tmp_path, content):
    write(Cifar10, tmp_path)
    (tmp_path / "cifar-10-batches-py" / "data_batch_2").write_bytes(content)
    with pytest.raises(ValueError, match="data_batch_2 is not a batch of CIFAR"):
        load(Cifar10, tmp_path)


# SVHN, Cars, DTD


def test_svhn_is_what_torchvision_reads(tmp_path, monkeypatch):
    write(Svhn, tmp_path)
    monkeypatch.setattr("torchvision.datasets.svhn.check_integrity", lambda *_: True)
    parts = load(Svhn, tmp_path)
    for part in ("train", "test"):
        expected = torchvision.SVHN(tmp_path / "svhn", part)
        assert np.array_equal(parts[part].inputs, expected.data)
        assert np.array_equal(parts[part].labels, expected.labels)
    assert_colours(parts["train"])
    assert load(Svhn, tmp_path, image_size=64)["test"].inputs.shape == (40, 3, 64, 64)


def test_svhn_names_what_is_wrong(tmp_path):
    write(Svhn, tmp_path)
    with pytest.raises(ValueError, match=r"train_32x32\.mat is not the published.*e26dedcc"):
        load(Svhn, tmp_path, checksums=True)
    (tmp_path / "svhn" / "test_32x32.mat").write_bytes(b"nothing of Matlab's")
    with pytest.raises(ValueError, match=r"test_32x32\.mat is not a file of SVHN"):
        load(Svhn, tmp_path)


def test_cars_are_what_torchvision_lists(tmp_path):
    write(StanfordCars, tmp_path)
    parts = load(StanfordCars, tmp_path, image_size=16)
    for part in ("train", "test"):
        expected = torchvision.StanfordCars(tmp_path, part)
        assert parts[part].labels.tolist() == [label for _, label in expected]
        assert list(parts[part].classes) == expected.classes
        assert_colours(parts[part], numbers=list(range(len(expected))))
    files = StanfordCars.fetch(tmp_path)
    assert len(files) == len(set(files)) == 3 + 6 * (8 + 3)


def test_cars_that_lack_something_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"devkit/cars_meta\.mat is missing; put into"):
        StanfordCars.fetch(tmp_path)
    write(StanfordCars, tmp_path)
    with pytest.raises(ValueError, match="lists 48 images to train on and 18 to test on, of 6"):
        load(StanfordCars, tmp_path, checksums=True)
    place = tmp_path / "stanford_cars"
    (place / "cars_test" / "00007.jpg").unlink()
    for run in (lambda: StanfordCars.fetch(tmp_path), lambda: load(StanfordCars, tmp_path)):
        with pytest.raises(FileNotFoundError, match=r"00007\.jpg is missing, one of 1 of 66"):
            run()
    (place / "devkit" / "cars_meta.mat").write_bytes(b"nothing of Matlab's")
    with pytest.raises(ValueError, match=r"its \.mat files cannot be read"):
        StanfordCars.fetch(tmp_path)


def test_textures_are_what_torchvision_lists(tmp_path):
    write(Dtd, tmp_path)
    assert len(Dtd.fetch(tmp_path)) == 30 + 45
    for partition in (1, 2):
        parts = load(Dtd, tmp_path, image_size=16, partition=partition)
        train, val, test = (
            torchvision.DTD(tmp_path, name, partition) for name in ("train", "val", "test")
        )
        assert parts["train"].labels.tolist() == [y for part in (train, val) for _, y in part]
        assert parts["test"].labels.tolist() == [y for _, y in test]
        assert parts["test"].classes == tuple(test.classes)
        assert_colours(parts["train"])
        assert np.bincount(parts["train"].labels).tolist() == [6] * 5


def test_textures_that_lack_something_are_refused(tmp_path, monkeypatch):
    write(Dtd, tmp_path)
    place = tmp_path / "dtd" / "dtd"
    with pytest.raises(ValueError, match=r"lists 5 classes with \[6, 6, 6\].*47 with 80 and 40"):
        load(Dtd, tmp_path, checksums=True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (place / "images" / "texture_3" / "texture_3_0002.jpg").unlink()
    with pytest.raises(FileNotFoundError, match=r"texture_3_0002\.jpg is missing"):
        load(Dtd, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"dtd-r1\.0\.1\.tar\.gz is missing and cannot"):
        Dtd.fetch(tmp_path)
    (place / "labels" / "val1.txt").write_text("texture_0/texture_0_0001.jpg\n")
    with pytest.raises(ValueError, match="not the same classes"):
        load(Dtd, tmp_path)


# Sets of several domains


@pytest.mark.parametrize("source", DOMAIN_SETS)
def test_one_domain_is_left_out(tmp_path, source):
    write(source, tmp_path, **FEW)
    names = source.published.domains
    parts = load(source, tmp_path, image_size=16, held_out=names[1])
    rest = [k for k in range(len(names)) if k != 1]
    assert parts["train"].domain_names == parts["elsewhere"].domain_names == names
    assert np.unique(parts["train"].domains).tolist() == rest
    assert np.unique(parts["elsewhere"].domains).tolist() == [1]
    assert len(parts["elsewhere"]) == 8 and len(parts["train"]) == 8 * len(rest)
    for part in parts.values():
        assert_colours(part, part.domains)
        assert part.classes == published.CLASSES[name_of(source)][:4]


@pytest.mark.parametrize("source", [s for s in DOMAIN_SETS if s.published.hub])
def test_both_layouts_give_the_same_images(tmp_path, source):
    parts = []
    for layout in ("folder", "parquet"):
        write(source, tmp_path / layout, layout=layout, **FEW)
        files = source.fetch(tmp_path / layout)
        assert files and all(file.is_file() for file in files)
        train = source.published.domains[2:]
        parts.append(load(source, tmp_path / layout, image_size=16, train_domains=train))
    for name in ("train", "elsewhere"):
        one, other = (found[name] for found in parts)
        assert np.array_equal(one.inputs, other.inputs)
        assert np.array_equal(one.labels, other.labels)
        assert np.array_equal(one.domains, other.domains)
        assert one.classes == other.classes


def test_all_domains_are_trained_on_unless_told_otherwise(tmp_path):
    write(Pacs, tmp_path)
    parts = load(Pacs, tmp_path, image_size=16)
    assert parts.keys() == {"train"} and np.bincount(parts["train"].domains).tolist() == [28] * 4


def test_the_whole_set_passes_the_check_of_its_classes(tmp_path):
    write(Vlcs, tmp_path)
    assert len(load(Vlcs, tmp_path, image_size=16, checksums=True)["train"].classes) == 5


@pytest.mark.parametrize("source", DOMAIN_SETS)
def test_another_number_of_classes_is_an_error(tmp_path, source):
    write(source, tmp_path, **FEW)
    count = source.published.classes
    with pytest.raises(ValueError, match=f"has 4 classes, and {count} are published"):
        load(source, tmp_path, checksums=True)


def test_the_first_classes_can_be_kept(tmp_path):
    write(OfficeHome, tmp_path, layout="parquet", classes=9, per_class=1)
    parts = load(OfficeHome, tmp_path, image_size=16, classes=3, held_out="Art")
    assert parts["train"].classes == ("Thing_00", "Thing_01", "Thing_02")
    assert np.bincount(parts["train"].labels).tolist() == [3, 3, 3]
    with pytest.raises(ValueError, match="has 9 classes; the option classes asks for 34"):
        load(OfficeHome, tmp_path, classes=34)


def test_classes_are_in_the_order_of_domain_net(tmp_path):
    official = (
        *("cell", "cello", "cell_phone", "teapot", "teddy-bear", "telephone"),
        *("The_Eiffel_Tower", "The_Great_Wall_of_China", "tiger", "trumpet", "t-shirt", "umbrella"),
    )
    published.write_tree(tmp_path, ["real"], official, per_class=1)
    assert read_tree([tmp_path / "real"]).classes == official


def test_the_domain_with_a_space_is_found_under_other_spellings(tmp_path):
    write(OfficeHome, tmp_path, **FEW)
    (tmp_path / "office_home" / "Real World").rename(tmp_path / "office_home" / "Real_World")
    (tmp_path / "office_home" / "ImageInfo.csv").write_text("not a domain")
    parts = load(OfficeHome, tmp_path, image_size=16, held_out="Real World")
    assert len(parts["elsewhere"]) == 8


def test_a_domain_or_class_without_images_is_an_error(tmp_path):
    write(Pacs, tmp_path, **FEW)
    place = tmp_path / "PACS"
    for domain in ("art_painting", "cartoon", "photo"):
        for file in (place / domain / "giraffe").iterdir():
            file.unlink()
    with pytest.raises(ValueError, match="to train on: no images of 1 of 4 classes: giraffe"):
        load(Pacs, tmp_path, held_out="sketch")
    load(Pacs, tmp_path, held_out="photo", image_size=16)  # the sketches train
    for name in published.CLASSES["pacs"][:4]:
        shutil.rmtree(place / "sketch" / name)
    with pytest.raises(ValueError, match="has no images of the domain sketch"):
        load(Pacs, tmp_path)
    shutil.rmtree(place / "sketch")
    with pytest.raises(FileNotFoundError, match="sketch is missing; the other domains of pacs"):
        load(Pacs, tmp_path)


def test_a_class_whose_images_are_all_unreadable_is_an_error(tmp_path):
    write(Pacs, tmp_path, **FEW)
    for domain in Pacs.published.domains:
        for file in (tmp_path / "PACS" / domain / "guitar").iterdir():
            file.write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"guitar.00001\.jpg cannot be read"):
        load(Pacs, tmp_path, image_size=16)
    with pytest.raises(ValueError, match="no images of 1 of 4 classes: guitar"):
        load(Pacs, tmp_path, image_size=16, skip_unreadable=True)


@pytest.mark.parametrize("layout", ["folder", "parquet"])
def test_unreadable_images_are_left_out_when_told(tmp_path, monkeypatch, layout):
    if layout == "parquet":
        broken = iter([False, False, False, True])
        monkeypatch.setattr(published, "jpeg", lambda p: b"?" if next(broken, 0) else jpeg(p))
    write(Pacs, tmp_path, layout=layout, **FEW)
    if layout == "folder":
        (tmp_path / "PACS" / "art_painting" / "elephant" / "00002.jpg").write_bytes(b"?")
    where = {"folder": r"00002\.jpg", "parquet": r"parquet, row 3 \(00002\.jpg\)"}[layout]
    with pytest.raises(ValueError, match=f"{where} cannot be read as an image"):
        load(Pacs, tmp_path, image_size=16)
    train = load(Pacs, tmp_path, image_size=16, skip_unreadable=True)["train"]
    assert np.bincount(train.labels).tolist() == [8, 7, 8, 8]
    assert_colours(train, train.domains)


def test_parquet_of_another_kind_is_named(tmp_path):
    write(Pacs, tmp_path, layout="parquet", **FEW)
    (file,) = Pacs.fetch(tmp_path)
    with pytest.raises(ValueError, match="is not the published file: its sha256"):
        load(Pacs, tmp_path, checksums=True)
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    with pytest.raises(ValueError, match=r"parquet is not the Parquet file of images"):
        load(Pacs, tmp_path)
    published.write_parquet([file], ["art_painting", "moon"], ["dog", "cat"])
    with pytest.raises(ValueError, match="has the domain 'moon', not art_painting, cartoon"):
        load(Pacs, tmp_path)


def test_a_set_without_a_hub_says_what_to_put_where(tmp_path):
    for source, first in ((Vlcs, "Caltech101"), (TerraIncognita, "location_38")):
        for run in (lambda s=source: s.fetch(tmp_path), lambda s=source: load(s, tmp_path)):
            with pytest.raises(FileNotFoundError, match=f"{first} is missing; put into .*hub is"):
                run()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"held_out": "Mars"}, "no domain 'Mars'; there are Art, Clipart, Product, Real World"),
        ({"train_domains": ["Art", "art"]}, "no domain 'art'"),
        ({"train_domains": ["Art", "Art"]}, "twice"),
        ({"held_out": "Art", "train_domains": ["Clipart"]}, "both given"),
        ({"classes": 1}, "greater than or equal to 2"),
    ],
)
def test_options_are_checked_while_planning(options, complaint):
    with pytest.raises(ValidationError, match=complaint):
        OfficeHome(**options)
    with pytest.raises(ValidationError, match=complaint):
        DatasetEntry(name="office_home", options=options)


def test_more_images_than_memory_are_read_to_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tensors, "IN_MEMORY", 10_000)
    for layout in ("folder", "parquet"):
        write(Pacs, tmp_path / layout, layout=layout, **FEW)
        parts = load(Pacs, tmp_path / layout, image_size=32, held_out="photo")
        assert all(isinstance(part.inputs, np.memmap) for part in parts.values())
        assert_colours(parts["train"], parts["train"].domains)


def test_a_set_of_domains_is_split_domain_by_domain(tmp_path):
    write(Pacs, tmp_path, per_class=10)
    options = {"held_out": "photo", "image_size": 16, "checksums": False}
    parts = prepare(DatasetEntry(name="pacs", val=0.2, test=0.2, options=options), tmp_path)
    for name, count in (("train", 6), ("val", 2), ("test", 2)):
        of_cell = np.bincount(parts[name].labels * 4 + parts[name].domains, minlength=28)
        assert of_cell.reshape(7, 4).tolist() == [[count, count, 0, count]] * 7
    assert len(parts["elsewhere"]) == 70


# Folders


def write_folder(path, **options):
    published.write_tree(path, ["."], ["b", "a", "C"], **options)


def test_a_folder_is_what_torchvision_lists(tmp_path):
    write_folder(tmp_path / "mine", per_class=3)
    (tmp_path / "mine" / "a" / "deeper").mkdir()
    (tmp_path / "mine" / "a" / "deeper" / "x.JPG").write_bytes(jpeg(image(1)))
    for other in ("notes.txt", ".hidden.jpg"):
        (tmp_path / "mine" / "a" / other).write_bytes(b"not an image")
    (tmp_path / "mine" / ".cache").mkdir()
    found = Folder(path=str(tmp_path / "mine"), image_size=16)(tmp_path, 0)
    assert found.classes == ("a", "b", "C") and np.bincount(found.labels).tolist() == [4, 3, 3]
    shutil.rmtree(tmp_path / "mine" / ".cache")
    (tmp_path / "mine" / "a" / ".hidden.jpg").unlink()
    expected = torchvision.ImageFolder(tmp_path / "mine")
    named = {(expected.classes[y], Path(file).name) for file, y in expected.samples}
    assert len(named) == len(found)
    assert np.abs(middles(found) - [colour({"b": 0, "a": 1, "C": 2}[found.classes[y]], 0, k)
                  for y, k in zip(found.labels, [0, 1, 2, 0, 0, 1, 2, 0, 1, 2], strict=True)]
    ).max() <= 3  # fmt: skip


def test_a_folder_may_have_domains(tmp_path):
    published.write_tree(tmp_path, ["day", "night"], ["x", "y"], per_class=2)
    options = {"path": str(tmp_path), "domains": True, "image_size": 16}
    parts = Folder(**options, held_out="night")(tmp_path, 0)
    assert parts["elsewhere"].domain_names == ("day", "night")
    assert_colours(parts["elsewhere"], [1] * 4)
    with pytest.raises(ValueError, match="no domain 'dusk'; there are day, night"):
        Folder(**options, held_out="dusk")(tmp_path, 0)
    shutil.rmtree(tmp_path / "day")
    with pytest.raises(ValueError, match="leaves no domain to train on"):
        Folder(**options, held_out="night")(tmp_path, 0)


def test_a_folder_may_be_split_already(tmp_path):
    mine = Folder(path=str(tmp_path), split_folders=True, image_size=16)
    with pytest.raises(ValueError, match="has no folders"):
        mine(tmp_path, 0)
    write_folder(tmp_path / "train", per_class=4)
    with pytest.raises(FileNotFoundError, match="has not the folders train and test or val"):
        mine(tmp_path, 0)
    write_folder(tmp_path / "val", per_class=1)
    counts = {name: len(part) for name, part in mine(tmp_path, 0).items()}
    assert counts == {"train": 12, "test": 3}
    write_folder(tmp_path / "test", per_class=2)
    parts = mine(tmp_path, 0)
    assert {name: len(part) for name, part in parts.items()} == {"train": 15, "test": 6}
    assert parts["test"].classes == ("a", "b", "C")
    (tmp_path / "test" / "new").mkdir()
    (tmp_path / "test" / "new" / "1.jpg").write_bytes(jpeg(image(0)))
    with pytest.raises(ValueError, match="images to train on: no images of 1 of 4 classes: new"):
        mine(tmp_path, 0)


def test_an_empty_class_or_no_class_is_an_error(tmp_path):
    write_folder(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no images of 1 of 4 classes: empty"):
        Folder(path=str(tmp_path))(tmp_path, 0)
    with pytest.raises(FileNotFoundError, match="nowhere is not a folder"):
        Folder(path=str(tmp_path / "nowhere"))(tmp_path, 0)


@pytest.mark.parametrize(
    "options",
    [{"domains": True, "split_folders": True}, {"held_out": "x"}, {"train_domains": ["x"]}],
)
def test_folders_of_two_kinds_are_refused(options):
    with pytest.raises(ValidationError, match=r"both true|need domains"):
        Folder(path="x", **options)


def test_a_listing_changes_with_names_and_sizes_alone(tmp_path):
    write_folder(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    first, second = (Folder(path=str(tmp_path / name)) for name in ("one", "two"))
    digest = first.listing()
    assert re.fullmatch("[0-9a-f]{16}", digest) and second.listing() == digest
    assert Folder(path=str(tmp_path / "two") + "/").listing() == digest
    file = tmp_path / "two" / "a" / "00001.jpg"
    os.utime(file, (1, 1))
    (tmp_path / "two" / "a" / "notes.txt").write_text("no image")
    assert second.listing() == digest
    file.rename(file.with_name("x.jpg"))
    renamed = second.listing()
    assert renamed != digest
    file.with_name("x.jpg").write_bytes(b"shorter")
    assert second.listing() not in (digest, renamed)


@pytest.mark.parametrize("run", [Folder.listing, lambda mine: mine(Path(), 0)])
def test_loops_and_unreadable_folders_are_named(tmp_path, monkeypatch, run):
    write_folder(tmp_path / "mine")
    mine = Folder(path=str(tmp_path / "mine"), image_size=16)
    loop = tmp_path / "mine" / "a" / "loop"
    loop.symlink_to(tmp_path / "mine")
    with pytest.raises(ValueError, match="is a link back to a folder that it lies in"):
        run(mine)
    loop.unlink()
    loop.symlink_to(loop)
    with pytest.raises(ValueError, match="loop cannot be read: Too many levels"):
        run(mine)
    loop.unlink()
    (tmp_path / "mine" / "linked").symlink_to(tmp_path / "mine" / "a")  # no loop: a second name
    run(mine)
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("linked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ValueError, match="linked cannot be read: Permission denied"):
        run(mine)


def test_a_link_to_nothing_is_named(tmp_path):
    write_folder(tmp_path)
    (tmp_path / "a" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    mine = Folder(path=str(tmp_path))
    with pytest.raises(ValueError, match=r"gone\.jpg cannot be read: No such file"):
        mine.listing()
    with pytest.raises(ValueError, match=r"gone\.jpg cannot be read as an image"):
        mine(tmp_path, 0)


# All of them


def test_what_is_fetched_is_recorded_by_name_and_size(tmp_path):
    write(Pacs, tmp_path, layout="parquet", **FEW)
    (file,) = Pacs.fetch(tmp_path)
    record = fetch_files("weightscape.data.pacs", tmp_path)
    assert record == {"PACS/data/train-00000-of-00001.parquet": file.stat().st_size}
    write(Svhn, tmp_path)
    assert sorted(fetch_files("weightscape.data.svhn", str(tmp_path))) == [
        "svhn/test_32x32.mat",
        "svhn/train_32x32.mat",
    ]
    published.write_cifar10_1(tmp_path)
    assert len(fetch_files("weightscape.shifts.cifar10_1", tmp_path)) == 2


def test_plugins_are_light():
    """The planner imports them to validate their options."""
    plugins = {
        "source.Source": [name_of(source) for source in SOURCES],
        "shift.Shift": ["domain", "cifar10_1", "cifar10_c", "cifar100_c"],
    }
    assert heavy_imports(plugins) == []


def test_options_are_all_described():
    for source in SOURCES:
        for name, field in source.model_fields.items():
            assert field.description and field.description.endswith("."), name
