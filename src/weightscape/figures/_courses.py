"""Lines over the steps of a training, one for each condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.figures.cell import each_row

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def average_seeds(values: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return number, mean and range of the column `value` over the seeds, by what `key` names."""
    by = values.groupby(key, sort=False)["value"]
    return by.agg(n_seeds="count", mean="mean", low="min", high="max").reset_index()


def draw_courses(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame) -> None:
    """Draw the mean of each condition over the steps, and its range as a band."""
    ax.grid()
    ax.locator_params(nbins=5)
    for c in each_row(conditions):
        rows = numbers[numbers["condition"] == c.condition].sort_values("step")
        band = {"color": c.shade, "lw": 0, "alpha": 0.45 if c.is_twin else 0.14, "zorder": 2}
        ax.fill_between(rows["step"], rows["low"], rows["high"], **band)
        ax.plot(
            rows["step"],
            rows["mean"],
            color=c.shade,
            label=c.condition,
            marker=c.marker,
            ms=2.5,
            lw=1.1,
            zorder=4 if c.family == "baseline" else 3,
        )
    ax.set_xlabel("optimiser steps")
