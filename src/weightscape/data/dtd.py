"""Describable Textures: 5,640 images of 47 kinds of textures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.data._options import CHECKSUMS, ReadOptions
from weightscape.data._published import RECORD, lacking

if TYPE_CHECKING:
    from weightscape.data._torchvision import Listed
    from weightscape.data.labelled import Labelled

URL = "https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz"
MD5 = "fff73e5086ae6bdbea199a49dfb8a4c1"
CLASSES, PER_CLASS = 47, 40
"""Published numbers of classes, and of images of a class in each of the official parts."""

PARTITIONS = 10
REMEDY = f"remove {RECORD.format(source='dtd')}, and the next run fetches it"


class Options(ReadOptions):
    """Which of the official partitions is used, and how images are read."""

    partition: int = Field(
        default=1, ge=1, le=PARTITIONS, description="Which of the ten official partitions."
    )
    checksums: bool = Field(default=True, description=CHECKSUMS)


def fetch(data_root: Path) -> list[Path]:
    """Return the files below ``dtd/dtd``, downloaded where one is missing.

    Raises
    ------
    FileNotFoundError
        If files are missing and cannot be downloaded.
    ValueError
        If the archive is not the published one, or a list of images cannot be read.
    """
    from weightscape.data._published import from_archive

    archive = data_root / "dtd" / URL.rpartition("/")[2]
    lists = from_archive(_lists(data_root), URL, archive, f"md5:{MD5}")
    listed = _listed(1, data_root)  # the partitions have the same images
    images = [file for samples in listed.parts.values() for file, _ in samples]
    return [*lists, *from_archive(images, URL, archive, f"md5:{MD5}")]


def load(options: Options, data_root: Path, seed: int) -> dict[str, Labelled]:
    """Return the images of one of the official partitions.

    Parameters
    ----------
    options : Options
        The partition, the image size, and what to check.
    data_root : Path
        The folder of downloads.
    seed : int
        Not used: nothing is random.

    Returns
    -------
    dict of str to Labelled
        The part ``train``, with the official training images and after them those for validation,
        80 of each class, and ``test``, 40 of each; in the order of the published lists, in RGB.

    Raises
    ------
    FileNotFoundError
        If files are missing.
    ValueError
        If a file cannot be read, or there are not as many images or classes as are published.

    References
    ----------
    Cimpoi et al. (2014), Describing Textures in the Wild, arXiv:1311.3618; read through
    ``torchvision.datasets.DTD``.
    """
    import numpy as np

    from weightscape.data._torchvision import files_of, read_listed

    folder = data_root / "dtd" / "dtd"
    for file in _lists(data_root):
        if not file.is_file():
            raise lacking(str(file), REMEDY)
    listed = _listed(options.partition, data_root)
    files_of(listed, REMEDY)
    counts = {
        part: np.bincount([label for _, label in samples], minlength=CLASSES).tolist()
        for part, samples in listed.parts.items()
    }
    expected = {"train": [2 * PER_CLASS] * CLASSES, "test": [PER_CLASS] * CLASSES}
    if options.checksums and counts != expected:
        raise ValueError(
            f"{folder} lists {len(listed.classes)} classes with {counts['train'][:3]} … images to"
            f" train on and {counts['test'][:3]} … to test on, and {CLASSES} with 80 and 40 each"
            " are published; set the option checksums to false if it is meant to be another set"
        )
    return read_listed(listed, folder, options)


def _listed(partition: int, data_root: Path) -> Listed:
    from torchvision.datasets import DTD

    from weightscape.data._torchvision import Listed, itself, samples_of

    try:
        train, val, test = (
            DTD(data_root, split, partition, loader=itself) for split in ("train", "val", "test")
        )
        samples = {"train": samples_of(train, val), "test": samples_of(test)}
        if not train.classes == val.classes == test.classes:
            raise ValueError("the three lists have not the same classes")
    except ValueError as error:  # such as a line that is no class and file
        raise ValueError(f"{data_root / 'dtd'}: its lists cannot be read: {error}") from error
    return Listed(tuple(train.classes), samples)


def _lists(data_root: Path) -> list[Path]:
    labels = data_root / "dtd" / "dtd" / "labels"
    parts = ("train", "val", "test")
    return [labels / f"{part}{k}.txt" for k in range(1, PARTITIONS + 1) for part in parts]
