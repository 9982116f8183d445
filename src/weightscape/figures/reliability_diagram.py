"""Whether predictions are as often right as they are confident."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from weightscape.figures import drawing, style
from weightscape.figures.cell import CellFigure, add_cell, each_row

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.axes import Axes

PANELS = {"test": "test images", "shifted": "shifted images"}

LEAST = 10
"""Predictions that a bin needs to be drawn: fewer say little about how often they are right."""


class ReliabilityDiagram(CellFigure):
    """Whether predictions are as often right as they are confident."""

    tables = ("runs", "calibration")

    caption = (
        "Predictions are sorted by their confidence into 15 bins of equal width; each point says"
        " how often those of a bin are right. On the dashed diagonal a network is as often right as"
        " it believes; below it, it is too sure of itself. Left are images like those of training,"
        " right those of all shifts and severities together, each image counting the same. A line"
        " is a condition, its seeds pooled; bins with fewer than ten predictions are not drawn. The"
        " strip below shows where the predictions are: the share of them in each bin, on a"
        " logarithmic scale. Beside it stands the expected calibration error (ECE), the mean over"
        " the bins of the distance to the diagonal, weighted by their counts, for each seed and"
        " then averaged; small is good. The twin, broad and grey, is the noise floor: conditions"
        " that differ from the baseline by no more than it does have not changed calibration."
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return every condition's bins, its seeds pooled, on test images and on all shifted ones.

        `share` is the bin's share of the condition's predictions. `ece` is the mean over the seeds
        of the calibration error over the bins of one seed, the same in all rows of a panel and
        condition.
        """
        import pandas as pd

        frame, runs = self.select(tables["calibration"]), self.select(tables["runs"])
        plain = frame["shift"] == "none"
        panel = pd.Series("shifted", frame.index).mask(plain, frame["test_set"])
        about = runs[["condition", "family", "dose"]].drop_duplicates("condition")
        bins = frame.assign(panel=panel)[panel.isin(list(PANELS))].merge(about, on="condition")
        for mean in ("confidence", "accuracy"):
            bins[mean] = (bins[mean] * bins["n"]).fillna(0.0)  # sums, to be pooled
        sums = ["n", "confidence", "accuracy"]
        key = ["panel", "condition", "family", "dose"]
        one_seed = bins.groupby([*key, "seed", "bin"], dropna=False, sort=False)[sums].sum()
        gaps = (one_seed["accuracy"] - one_seed["confidence"]).abs()
        per_seed = pd.DataFrame({"gap": gaps, "n": one_seed["n"]}).groupby(
            ["panel", "condition", "seed"], sort=False
        )
        totals = per_seed.sum()
        ece = (totals["gap"] / totals["n"]).groupby(["panel", "condition"], sort=False).mean()
        pooled = one_seed.groupby([*key, "bin"], dropna=False, sort=False).sum().reset_index()
        for mean in ("confidence", "accuracy"):
            pooled[mean] = pooled[mean] / pooled["n"].where(pooled["n"] > 0)
        pooled["share"] = pooled["n"] / pooled.groupby(["panel", "condition"])["n"].transform("sum")
        pooled = pooled.merge(ece.rename("ece").reset_index(), on=["panel", "condition"])
        return add_cell(pooled.sort_values([*key, "bin"], ignore_index=True), runs)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw a diagram, its counts and the ranking of the errors for test and shifted images."""
        panels = [panel for panel in PANELS if panel in set(numbers["panel"])]
        if not panels:
            return drawing.draw_nothing("no run has been tested")
        conditions = style.list_conditions(numbers)
        with drawing.open_figure(max(3.4, 0.9 + 0.17 * len(conditions))) as figure:
            grid = figure.subplots(
                2,
                2 * len(panels),
                squeeze=False,
                sharex="col",
                width_ratios=[2.1, 1.4] * len(panels),
                height_ratios=[4, 1],
            )
            for i, panel in enumerate(panels):
                of_panel = numbers[numbers["panel"] == panel]
                diagram, counts = grid[:, 2 * i]
                _lines(diagram, of_panel, conditions)
                _counts(counts, of_panel, conditions)
                diagram.set_title(PANELS[panel])
                for ax in grid[:, 2 * i + 1]:
                    ax.remove()
                _ranking(
                    figure.add_subplot(grid[0, 0].get_gridspec()[:, 2 * i + 1]),
                    of_panel,
                    conditions,
                )
            drawing.name_cell(figure, numbers)
        return figure


def _lines(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame) -> None:
    ax.axline((0, 0), slope=1, color=style.INK, ls="--", lw=0.8, zorder=1)
    ax.grid()
    for c in each_row(conditions):
        rows = numbers[(numbers["condition"] == c.condition) & (numbers["n"] >= LEAST)]
        ax.plot(
            rows["confidence"],
            rows["accuracy"],
            color=c.shade,
            marker="" if c.is_twin else c.marker,
            ms=2.5,
            lw=4 if c.is_twin else 0.9,
            alpha=0.5 if c.is_twin else 1,
            zorder=2 if c.is_twin else 3,
            label=c.condition,
        )
    ax.set(xlim=(0, 1.02), ylim=(0, 1.02), ylabel="accuracy")


def _counts(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame) -> None:
    import numpy as np

    ax.set(xlabel="confidence", ylabel="share", yscale="log")
    ax.set_yticks([1e-3, 1e-2, 1e-1, 1], ["", "1 %", "", "100 %"])
    ax.minorticks_off()
    ax.set_ylim(1e-3, 1.2)
    for c in each_row(conditions):
        shares = numbers.loc[numbers["condition"] == c.condition, "share"].to_numpy(float)
        edges = np.linspace(0, 1, len(shares) + 1)
        ax.stairs(shares, edges, baseline=None, color=c.shade, lw=0.8, label=c.condition)


def _ranking(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame) -> None:
    """List the conditions from the smallest error to the largest; this is the legend, too."""
    ax.set_axis_off()
    ax.set(xlim=(0, 1), ylim=(max(len(conditions), 12) + 0.5, -0.8))
    ax.text(0, -0.5, "ECE", fontsize=style.FONT - 1, color=style.INK)
    ranked = numbers.drop_duplicates("condition").merge(
        conditions[["condition", "label", "marker", "shade"]]
    )
    for y, c in enumerate(each_row(ranked.dropna(subset="ece").sort_values("ece")), start=1):
        about: Any = {"va": "center", "fontsize": style.FONT - 1}
        ax.text(0, y, f"{c.ece:.3f}", **about)
        ax.plot(0.4, y, marker=c.marker, color=c.shade, ms=4, label=c.condition)
        ax.text(0.48, y, c.label, color=style.colour(c.family), **about)
