"""Sets of image files whose official parts ``torchvision.datasets`` lists."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from weightscape.data._inventory import Inventory, read_part

if TYPE_CHECKING:
    from weightscape.data._options import ReadOptions
    from weightscape.data.labelled import Labelled

Sample = tuple[Path, int]
"""An image file and the index of its class."""


class Listed(NamedTuple):
    """Names of the classes, and the image files of each part."""

    classes: tuple[str, ...]
    parts: dict[str, list[Sample]]


def itself(path: Any) -> Path:
    """Return the path of an image: a loader for torchvision that reads nothing."""
    return Path(path)


def samples_of(*datasets: Any) -> list[Sample]:
    """Return the samples of torchvision datasets whose loader is `itself`, one after the other."""
    return [dataset[k] for dataset in datasets for k in range(len(dataset))]


def files_of(listed: Listed, remedy: str) -> list[Path]:
    """Return the image files of all parts.

    Raises
    ------
    FileNotFoundError
        If one is missing; the message ends in `remedy`.
    """
    files = [file for samples in listed.parts.values() for file, _ in samples]
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{missing[0]} is missing, one of {len(missing)} of {len(files)} images; {remedy}"
        )
    return files


def read_listed(listed: Listed, folder: Path, options: ReadOptions) -> dict[str, Labelled]:
    """Return the images of every part.

    Raises
    ------
    ValueError
        If an image cannot be read, or a class is without images to train on.
    """
    parts = {}
    for part, samples in listed.parts.items():
        labels = np.array([label for _, label in samples], np.int64)
        files = [file for file, _ in samples]
        inventory = Inventory(listed.classes, labels, labels * 0, partial(_named, files))
        parts[part] = read_part(
            inventory,
            labels >= 0,
            options.image_size,
            options.skip_unreadable,
            complete=f"{folder}, images to train on" if part == "train" else "",
        )
    return parts


def _named(files: Sequence[Path], rows: Any) -> Any:
    return ((str(files[row]), files[row]) for row in rows)
