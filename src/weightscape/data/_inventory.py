"""What image files there are, before any is decoded, and which of them make up a part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from weightscape.data._pixels import decode_all
from weightscape.data.labelled import Labelled

Indices = npt.NDArray[np.int64]


class Inventory(NamedTuple):
    """Image files with a class and a domain each.

    Attributes
    ----------
    classes : tuple of str
        Names of the classes.
    labels, domains : ndarray of int64, shape (n,)
        Index of each file's class and of its domain.
    images : callable
        For ascending indices of files, what to call each and the file or what it holds.
    """

    classes: tuple[str, ...]
    labels: Indices
    domains: Indices
    images: Callable[[Indices], Iterator[tuple[str, Path | bytes]]]


def first_classes(inventory: Inventory, classes: int | None, where: Path) -> Inventory:
    """Return the inventory with the first `classes` classes only; with all of them for None.

    Raises
    ------
    ValueError
        If there are fewer; `where` is what the message names.
    """
    there = len(inventory.classes)
    if classes is not None and classes > there:
        raise ValueError(f"{where} has {there} classes; the option classes asks for {classes}")
    return inventory._replace(classes=inventory.classes[:classes])


def read_part(
    inventory: Inventory,
    wanted: npt.NDArray[np.bool_],
    size: int,
    skip_unreadable: bool,
    domain_names: tuple[str, ...] = ("",),
    complete: str = "",
) -> Labelled:
    """Return the images of the files that are `wanted` and of one of the inventory's classes.

    Parameters
    ----------
    inventory : Inventory
        The files.
    wanted : ndarray of bool, shape (n,)
        Which of them.
    size : int
        Height and width of the images.
    skip_unreadable : bool
        Whether files that cannot be read are left out.
    domain_names : tuple of str, optional
        Names of the inventory's domains; a single one leaves domains out.
    complete : str, optional
        What to call the part where it needs images of every class.

    Raises
    ------
    ValueError
        If a file cannot be read and is not to be left out, or a class that needs images has none.
    """
    rows = np.flatnonzero(wanted & (inventory.labels < len(inventory.classes)))
    if complete:  # before hours of decoding, too
        _check_classes(inventory.labels[rows], inventory.classes, complete)
    images, read = decode_all(inventory.images(rows), len(rows), size, skip_unreadable)
    rows = rows[read]
    if complete:
        _check_classes(inventory.labels[rows], inventory.classes, complete)
    domains = inventory.domains[rows] if len(domain_names) > 1 else np.zeros(len(rows), np.int64)
    return Labelled(images, inventory.labels[rows], inventory.classes, domains, domain_names)


def _check_classes(labels: Indices, classes: tuple[str, ...], part: str) -> None:
    counts = np.bincount(labels, minlength=len(classes))
    empty = [name for name, count in zip(classes, counts, strict=True) if not count]
    if empty:
        names = ", ".join(empty[:5]) + (" …" if len(empty) > 5 else "")
        raise ValueError(f"{part}: no images of {len(empty)} of {len(classes)} classes: {names}")
