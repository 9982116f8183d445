"""Describable Textures: 5,640 images of 47 kinds of textures."""

from pathlib import Path

from pydantic import Field

from weightscape.config.fetched import RECORD
from weightscape.data._published import explain_lack, fetch_archive
from weightscape.data._torchvision import Listed, ListedImages, itself, samples_of

URL = "https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz"
MD5 = "fff73e5086ae6bdbea199a49dfb8a4c1"
CLASSES, PER_CLASS = 47, 40
"""Published numbers of classes, and of images of a class in each of the official parts."""

PARTITIONS = 10


class Dtd(ListedImages):
    """One of the official partitions.

    Of each class, 80 images train, the official ones to train on and after them those for
    validation, and 40 test.

    References
    ----------
    Cimpoi et al. (2014), Describing Textures in the Wild, arXiv:1311.3618; read through
    ``torchvision.datasets.DTD``.
    """

    partition: int = Field(
        default=1, ge=1, le=PARTITIONS, description="Which of the ten official partitions."
    )

    @classmethod
    def fetch(cls, data_root: Path) -> list[Path]:
        """Return the files below ``dtd/dtd``, downloaded where one is missing."""
        archive = data_root / "dtd" / URL.rpartition("/")[2]
        lists = fetch_archive(_lists(data_root), URL, archive, f"md5:{MD5}")
        listed = _read_lists(1, data_root)  # the partitions have the same images
        images = [file for samples in listed.parts.values() for file, _ in samples]
        return [*lists, *fetch_archive(images, URL, archive, f"md5:{MD5}")]

    @classmethod
    def place(cls, data_root: Path) -> Path:
        """Return where images and lists lie."""
        return data_root / "dtd" / "dtd"

    @classmethod
    def remedy(cls, data_root: Path) -> str:
        """Return what to do where files are missing."""
        return f"remove {RECORD.format(source='dtd')}, and the next run fetches it"

    def listed(self, data_root: Path) -> Listed:
        """Return the lists of the partition.

        Raises
        ------
        FileNotFoundError, ValueError
            If a list is missing or cannot be read.
        """
        for file in _lists(data_root):
            if not file.is_file():
                raise explain_lack(str(file), self.remedy(data_root))
        return _read_lists(self.partition, data_root)

    def differs(self, listed: Listed) -> str:
        """Return in what the lists are not those that are published; empty where they are."""
        counts = {
            part: [sum(k == label for _, label in samples) for k in range(len(listed.classes))]
            for part, samples in listed.parts.items()
        }
        if counts == {"train": [2 * PER_CLASS] * CLASSES, "test": [PER_CLASS] * CLASSES}:
            return ""
        return (
            f"{len(listed.classes)} classes with {counts['train'][:3]} … images to train on and"
            f" {counts['test'][:3]} … to test on, and {CLASSES} with 80 and 40 each"
        )


def _read_lists(partition: int, data_root: Path) -> Listed:
    from torchvision.datasets import DTD

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
