"""How far the analysis is, and how long it will still take: bars on a terminal."""

from collections.abc import Iterable, Iterator
from typing import NoReturn

from tqdm import tqdm

from weightscape.files.journal import Row
from weightscape.files.terminal import printable

_FORMAT = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left"
_WIDE = 40  # characters of a name


def work_of(slices: int, rows: int, cols: int) -> float:
    """Return what the analysis of a layer matrix takes, in operations of its eigenvalues.

    A small matrix takes some time too, which counts as a matrix of side 100.
    """
    less, more = sorted((rows, cols))
    return slices * more * less**2 + 1e6


def show(
    name: str,
    work: float,
    rows: Iterable[Row],
    whole: "tqdm[NoReturn] | None" = None,
    size: float = 0,
) -> Iterator[Row]:
    """Give `rows` as they come, with a bar on a terminal that is gone at the end.

    Parameters
    ----------
    name : str
        What the rows are of; empty for no bar.
    work : float
        The sum of `work_of` over the rows of layers.
    rows : iterable of dict
        Rows of `checkpoint_spectra`.
    whole : tqdm, optional
        A bar of all parts, which moves on by `size` over these rows.
    size : float, optional
        The share of these rows in that bar.
    """
    hidden = None if name else True  # None is: where no terminal is
    short = printable(name, _WIDE)
    with tqdm(total=work, desc=short, bar_format=_FORMAT, leave=False, disable=hidden) as bar:
        for row in rows:
            yield row
            if row["role"] and row["N"]:
                step = work_of(row["rf"], row["M"], row["N"])
                bar.update(step)
                if whole is not None:
                    whole.update(size * step / work)


def show_whole(size: float, count: int) -> "tqdm[NoReturn]":
    """Return a bar of all parts, of `size` bytes together, to be closed; shown of several."""
    hidden = None if count > 1 else True
    return tqdm(total=size, desc="all", bar_format=_FORMAT, leave=False, disable=hidden)
