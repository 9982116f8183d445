"""The part of a study that one figure shows: one dataset and one backbone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from weightscape.section import Section

if TYPE_CHECKING:
    import pandas as pd


class Cell(Section):
    """Which dataset and backbone a figure shows."""

    dataset: str | None = Field(
        default=None, description="Dataset to show; the first of the study if not given."
    )
    backbone: str | None = Field(
        default=None, description="Backbone to show; the first of the study if not given."
    )


def only(frame: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """Return the rows of one dataset and backbone of a table that names both.

    Raises
    ------
    ValueError
        If `cell` names a dataset or backbone that the table lacks.
    """
    for column, wanted in (("dataset", cell.dataset), ("backbone", cell.backbone)):
        known = frame[column].unique()
        if wanted is not None and wanted not in known:
            raise ValueError(f"no {column} {wanted!r} in the table; there are {', '.join(known)}")
        if len(known):
            frame = frame[frame[column] == (wanted or known[0])]
    return frame.reset_index(drop=True)


def named(numbers: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return `numbers` with the dataset and backbone of `rows`, which have one each, in front."""
    columns = ["dataset", "backbone"]
    about = {name: rows[name].iloc[0] if len(rows) else "" for name in columns}
    return numbers.assign(**about)[[*columns, *numbers.columns]]


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """Give the rows one by one, with the columns as attributes."""
    yield from frame.itertuples(index=False)
