"""Trees of image files: a folder per class, for one or several domains."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weightscape.data._inventory import Inventory

IMAGES = (
    *(".jpg", ".jpeg", ".png", ".ppm", ".pgm", ".pnm", ".bmp", ".gif"),
    *(".tif", ".tiff", ".webp"),
)
"""How the names of image files end; other files are passed over, and so is what is hidden."""


def plain(name: str) -> str:
    """Return the letters and digits of a name in lower case: names are ordered and compared so."""
    return re.sub(r"[\W_]", "", name.casefold())


def find_subfolders(folder: Path) -> list[Path]:
    """Return the folders in `folder`, in the order of their plain names.

    Raises
    ------
    ValueError
        If it cannot be read.
    """
    found = [Path(entry.path) for entry in _entries(folder) if _is_folder(entry)]
    return sorted(found, key=lambda path: (plain(path.name), path.name))


def find_images(
    folder: str | Path,
    above: frozenset[tuple[int, int]] = frozenset(),
    endings: tuple[str, ...] = IMAGES,
) -> Iterator[os.DirEntry[str]]:
    """Yield the image files in `folder` and the folders below it, by name, links followed.

    With other `endings`, the files whose names end so.

    Raises
    ------
    ValueError
        If a folder cannot be read, or a link leads back to a folder that it lies in.
    """
    about = os.stat(folder)
    this = (about.st_dev, about.st_ino)
    if this in above:
        raise ValueError(f"{folder} is a link back to a folder that it lies in; remove it")
    for entry in _entries(folder):
        if _is_folder(entry):
            yield from find_images(entry.path, above | {this}, endings)
        elif entry.name.lower().endswith(endings):
            yield entry


def list_tree(folder: Path, endings: tuple[str, ...] = IMAGES) -> str:
    """Return a digest of the image files below `folder`: names and sizes, and nothing is read.

    With other `endings`, of the files whose names end so.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If a folder cannot be read, or a link leads back to a folder that it lies in.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder")
    digest = hashlib.sha256()
    start = len(str(folder))
    for entry in find_images(folder, endings=endings):
        digest.update(f"{entry.path[start:]}\n{_size(entry)}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:16]


def read_tree(domains: Sequence[Path]) -> Inventory:
    """Return what there is in folders, one per domain, that have a folder per class.

    Classes are in the order of their plain names, images in that of domains, classes and names.

    Raises
    ------
    ValueError
        If a folder cannot be read, or a link leads back to a folder that it lies in.
    """
    import numpy as np

    from weightscape.data._inventory import Inventory

    found = [(k, folder) for k, domain in enumerate(domains) for folder in find_subfolders(domain)]
    names = {folder.name for _, folder in found}
    classes = tuple(sorted(names, key=lambda name: (plain(name), name)))
    if not classes:
        raise ValueError(f"{', '.join(map(str, domains))}: there are no folders of classes")
    files: list[str] = []
    labels: list[int] = []
    of_domain: list[int] = []
    for domain, folder in found:
        here = [entry.path for entry in find_images(folder)]
        files += here
        labels += [classes.index(folder.name)] * len(here)
        of_domain += [domain] * len(here)
    return Inventory(
        classes,
        np.array(labels, np.int64),
        np.array(of_domain, np.int64),
        lambda rows: ((files[row], Path(files[row])) for row in rows),
    )


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)
    except OSError as error:
        raise ValueError(f"{folder} cannot be read: {error.strerror}") from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError as error:  # such as a link to itself
        raise ValueError(f"{entry.path} cannot be read: {error.strerror}") from error


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except OSError as error:  # such as a link to nothing
        raise ValueError(f"{entry.path} cannot be read: {error.strerror}") from error
