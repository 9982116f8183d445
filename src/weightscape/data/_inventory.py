"""What image files there are, before any is decoded, and which of them make up a part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from weightscape.config.source import Source

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data.examples import Examples

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


class ImageFiles(Source):
    """A source of image files, of any sizes and formats, which are read as RGB of one size."""

    image_size: int = Field(
        default=224,
        ge=8,
        le=1024,
        description="Height and width that images are brought to, in pixels, bilinearly.",
    )
    skip_unreadable: bool = Field(
        default=False,
        description="Leave out images that cannot be read, and say so in the log; they are an error"
        " otherwise.",
    )

    def read_part(
        self,
        inventory: Inventory,
        wanted: npt.NDArray[np.bool_],
        domain_names: tuple[str, ...] = ("",),
        complete: str = "",
    ) -> Examples:
        """Return the images of the files that are `wanted` and of one of the inventory's classes.

        Parameters
        ----------
        inventory : Inventory
            The files.
        wanted : ndarray of bool, shape (n,)
            Which of them.
        domain_names : tuple of str, optional
            Names of the inventory's domains; a single one leaves domains out.
        complete : str, optional
            What to call the part where it needs images of every class.

        Raises
        ------
        ValueError
            If a file cannot be read and is not to be left out, or a class that needs images has
            none.
        """
        import numpy as np

        from weightscape.data._pixels import decode_all
        from weightscape.data.examples import Examples

        rows = np.flatnonzero(wanted & (inventory.labels < len(inventory.classes)))
        if complete:  # before hours of decoding, too
            _check_classes(inventory.labels[rows], inventory.classes, complete)
        files = inventory.images(rows)
        images, read = decode_all(files, len(rows), self.image_size, self.skip_unreadable)
        rows = rows[read]
        if complete:
            _check_classes(inventory.labels[rows], inventory.classes, complete)
        one = len(domain_names) == 1
        domains = np.zeros(len(rows), np.int64) if one else inventory.domains[rows]
        return Examples(images, inventory.labels[rows], inventory.classes, domains, domain_names)


def keep_first_classes(inventory: Inventory, classes: int | None, where: Path) -> Inventory:
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


def _check_classes(labels: Indices, classes: tuple[str, ...], part: str) -> None:
    import numpy as np

    counts = np.bincount(labels, minlength=len(classes))
    empty = [name for name, count in zip(classes, counts, strict=True) if not count]
    if empty:
        names = ", ".join(empty[:5]) + (" …" if len(empty) > 5 else "")
        raise ValueError(f"{part}: no images of {len(empty)} of {len(classes)} classes: {names}")
