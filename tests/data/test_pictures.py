"""Contact sheets: what is taken of a dataset, and how it is drawn."""

import numpy as np

from tests.helpers.drawing import texts
from weightscape.data.examples import Examples
from weightscape.data.samples import take_pictures
from weightscape.figures.contact_sheet import ContactSheet
from weightscape.network.build import describe
from weightscape.network.saved import SavedNetwork, save_network
from weightscape.report.origins import read_origins
from weightscape.tables.pictures import SCHEMA
from weightscape.tables.table import from_rows

CLASSES = ("a", "b")


def images(n, value, domains=False, classes=CLASSES):
    labels = np.arange(n) % len(classes)
    pixels = np.full((n, 1, 4, 4), value, np.uint8)
    pixels[:, 0, 0, 0] = np.arange(n)
    if not domains:
        return Examples(pixels, labels, classes)
    return Examples(pixels, labels, classes, np.arange(n) // 6 % 2, ("day", "night"))


def table(**sets):
    shifts = {"fog": {5: images(40, 30), 1: images(40, 31), 3: images(40, 32)}}
    rows = take_pictures(
        sets.get("train", images(40, 10)), images(40, 20), sets.get("shifts", shifts)
    )
    return from_rows([{"dataset": "d"} | row for row in rows], SCHEMA).to_pandas()


def test_every_set_gives_its_first_images_class_by_class():
    pictures = table()
    counts = pictures.groupby(["set", "severity"], sort=False).size()
    assert counts.to_dict() == {("train", 0): 10, ("test", 0): 10, ("fog", 1): 10, ("fog", 5): 10}
    of_test = pictures[pictures["set"] == "test"]
    assert of_test["class"].value_counts().to_dict() == {"a": 5, "b": 5}
    # A corruption's image and the test image of one place are the same one.
    for name, severity in (("test", 0), ("fog", 1), ("fog", 5)):
        rows = pictures[(pictures["set"] == name) & (pictures["severity"] == severity)]
        places = rows.set_index(["class", "place"])["pixels"]
        assert places["b", 3][0] == 7
    assert set(pictures.loc[pictures["severity"] == 5, "pixels"].iloc[0][1:]) == {30}


def test_of_many_classes_the_first_ten_and_of_domains_each():
    pictures = table(
        train=images(60, 1, classes=tuple("abcdefghijkl")), shifts={"other": {1: images(3, 2)}}
    )
    assert pictures.loc[pictures["set"] == "train", "class"].tolist() == list("abcdefghij")
    assert (pictures["set"] == "other").sum() == 3
    split = table(train=images(40, 1, domains=True))
    assert split[split["set"] == "train"].groupby("domain").size().to_dict() == {
        "day": 10, "night": 10,
    }  # fmt: skip


def test_a_sheet_names_sets_classes_domains_and_severities():
    pictures = table(train=images(40, 1, domains=True))
    numbers = ContactSheet().numbers({"pictures": pictures})
    rows = list(dict.fromkeys(numbers["row"]))
    assert rows == [
        "training images (day)", "training images (night)", "test images", "fog, 1", "fog, 5",
    ]  # fmt: skip
    assert numbers["column"].max() == 9
    assert {"a", "b", "d", *rows} <= set(texts(ContactSheet().draw(numbers)))


def test_a_sheet_of_a_dataset_without_images_says_so():
    empty = {"pictures": table().iloc[:0]}
    sheet = ContactSheet(dataset="d")
    assert "there are no images" in texts(sheet.draw(sheet.numbers(empty)))


def test_where_weights_come_from_is_read_from_their_files(tmp_path):
    info = describe("resnet10t", in_chans=1, num_classes=3)
    known = info.model_copy(update={"source": "a package 1.0, sha256 f00", "license": "MIT"})
    files = [tmp_path / name for name in ("a", "b", "c")]
    for file, about in zip(files, (known, known, info), strict=True):
        save_network(file, SavedNetwork({}, about), {})
    assert read_origins(files) == [
        {"architecture": "resnet10t", "source": "a package 1.0, sha256 f00", "license": "MIT"},
        {"architecture": "resnet10t", "source": "", "license": ""},
    ]
