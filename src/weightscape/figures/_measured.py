"""What figures of measurements share: which metrics they show, and on which images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.figures import style
from weightscape.figures.cell import CellFigure

if TYPE_CHECKING:
    import pandas as pd

IMAGES = ("", "test", "shifted")
"""What a number is measured on: no images, those of the test set, or those of all shifts."""


class MeasuredFigure(CellFigure):
    """A figure of what is measured of the networks."""

    measured: tuple[str, ...] = Field(
        default=(), description="Metrics of measurements to show; all when empty."
    )

    def choose(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the figure's dataset, backbone and metrics."""
        rows = self.select(frame)
        return rows[rows["metric"].isin(self.measured)] if self.measured else rows


def split_panels(numbers: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give what each panel is called and its rows: a panel for every metric and kind of images."""
    for metric in numbers["metric"].unique():
        of_metric = numbers[numbers["metric"] == metric]
        for images in IMAGES:
            rows = of_metric[of_metric["images"] == images]
            if len(rows):
                yield style.label(f"shifted_{metric}" if images == "shifted" else metric), rows


def unit_of(metric: str) -> str:
    """Return the unit of a metric in brackets, after a space; nothing for a pure number."""
    from weightscape.comparison.metrics import find_metric

    found = find_metric(metric)
    return f" ({style.plain(found.unit)})" if found and found.unit else ""
