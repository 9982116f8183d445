"""The base of figures that show one part of a study: one dataset and one backbone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from weightscape.config.figure import Figure

if TYPE_CHECKING:
    import pandas as pd


class CellFigure(Figure):
    """A figure of one dataset and backbone."""

    dataset: str | None = Field(
        default=None, description="Dataset to show; the first of the study if not given."
    )
    backbone: str | None = Field(
        default=None, description="Backbone to show; the first of the study if not given."
    )

    def select(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the figure's dataset and backbone, of a table that names both.

        Raises
        ------
        ValueError
            If the figure names a dataset or backbone that the table lacks.
        """
        for column, wanted in (("dataset", self.dataset), ("backbone", self.backbone)):
            known = frame[column].unique()
            if wanted is not None and wanted not in known:
                there = ", ".join(known)
                raise ValueError(f"no {column} {wanted!r} in the table; there are {there}")
            if len(known):
                frame = frame[frame[column] == (wanted or known[0])]
        return frame.reset_index(drop=True)


def add_cell(numbers: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return `numbers` with the dataset and backbone of `rows`, which have one each, in front."""
    columns = ["dataset", "backbone"]
    about = {name: rows[name].iloc[0] if len(rows) else "" for name in columns}
    return numbers.assign(**about)[[*columns, *numbers.columns]]


def each_row(frame: pd.DataFrame) -> Iterator[Any]:
    """Give the rows one by one, with the columns as attributes."""
    yield from frame.itertuples(index=False)
