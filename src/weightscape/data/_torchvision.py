"""Sets of image files whose official parts ``torchvision.datasets`` lists."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pydantic import Field

from weightscape.data._inventory import ImageFiles, Inventory
from weightscape.data._published import CHECKSUMS

if TYPE_CHECKING:
    from weightscape.data.examples import Examples

Sample = tuple[Path, int]
"""An image file and the index of its class."""


class Listed(NamedTuple):
    """Names of the classes, and the image files of each part."""

    classes: tuple[str, ...]
    parts: dict[str, list[Sample]]

    def files(self, remedy: str) -> list[Path]:
        """Return the image files of all parts.

        Raises
        ------
        FileNotFoundError
            If one is missing; the message ends in `remedy`.
        """
        files = [file for samples in self.parts.values() for file, _ in samples]
        missing = [file for file in files if not file.is_file()]
        if missing:
            raise FileNotFoundError(
                f"{missing[0]} is missing, one of {len(missing)} of {len(files)} images; {remedy}"
            )
        return files


class ListedImages(ImageFiles):
    """Image files in official parts ``train`` and ``test``, in the order of published lists."""

    is_fetched: ClassVar[bool] = True

    checksums: bool = Field(default=True, description=CHECKSUMS)

    @classmethod
    @abstractmethod
    def place(cls, data_root: Path) -> Path:
        """Return where the set lies, for messages."""

    @classmethod
    @abstractmethod
    def remedy(cls, data_root: Path) -> str:
        """Return what to do where files are missing."""

    @abstractmethod
    def listed(self, data_root: Path) -> Listed:
        """Return what the lists have.

        Raises
        ------
        FileNotFoundError, ValueError
            If a list is missing or cannot be read.
        """

    @abstractmethod
    def differs(self, listed: Listed) -> str:
        """Return in what the lists are not those that are published; empty where they are."""

    def __call__(self, data_root: Path, seed: int) -> dict[str, Examples]:
        """Return the official parts in RGB; nothing is random.

        Raises
        ------
        FileNotFoundError
            If files are missing.
        ValueError
            If a file cannot be read, a class is without images to train on, or there are not as
            many images or classes as are published.
        """
        import numpy as np

        folder, listed = self.place(data_root), self.listed(data_root)
        listed.files(self.remedy(data_root))
        if self.checksums and (difference := self.differs(listed)):
            raise ValueError(
                f"{folder} lists {difference} are published; set the option checksums to false if"
                " it is meant to be another set"
            )
        parts = {}
        for part, samples in listed.parts.items():
            labels = np.array([label for _, label in samples], np.int64)
            files = [file for file, _ in samples]
            inventory = Inventory(listed.classes, labels, labels * 0, partial(_named, files))
            complete = f"{folder}, images to train on" if part == "train" else ""
            parts[part] = self.read_part(inventory, labels >= 0, complete=complete)
        return parts


def itself(path: Any) -> Path:
    """Return the path of an image: a loader for torchvision that reads nothing."""
    return Path(path)


def samples_of(*datasets: Any) -> list[Sample]:
    """Return the samples of torchvision datasets whose loader is `itself`, one after the other."""
    return [dataset[k] for dataset in datasets for k in range(len(dataset))]


def _named(files: Sequence[Path], rows: Any) -> Any:
    return ((str(files[row]), files[row]) for row in rows)
