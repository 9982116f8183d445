"""What every condition does to the weights, with and without the classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.comparison.quantities import find_noise_floor
from weightscape.figures import drawing, style
from weightscape.figures.cell import CellFigure, add_cell, each_row

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = [
    *("scope", "metric", "condition", "family", "dose", "reference", "is_twin"),
    *("effect", "low", "high", "n_seeds"),
]

SCOPES = {"body": "without classifier", "all": "with classifier"}


class FamilyBars(CellFigure):
    """What every condition does to the weights, with and without the classifier."""

    tables = ("comparisons",)

    caption = (
        "Each bar is the effect of a condition on a metric averaged over layers: how much further"
        " it moved the metric than its reference did, seed by seed. The average takes the layers"
        " that have a value in every seed and, for alpha and other metrics of the tail, a tail of"
        " 50 eigenvalues or more before training. The whisker is the 95 % t interval over the"
        " seeds; where it crosses zero, these seeds do not settle the sign. The grey band is the"
        " interval of the twin, the baseline trained once more with another data order: what chance"
        " alone does. The upper row leaves the classifier out, the lower row has it; a bar that"
        " differs between the two lives in the classifier. Both rows of a column share their scale."
        " Conditions that start from other weights than their reference are left out."
    )

    metrics: tuple[str, ...] = Field(
        default=("alpha", "log_norm", "log_spectral_norm", "entropy"),
        min_length=1,
        description="Columns of the spectra table, one column of panels each.",
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the effects on the fine-tuned weights per scope, metric and condition."""
        frame = self.select(tables["comparisons"])
        kept = (
            (frame["stage"] == "finetuned")
            & frame["scope"].isin(list(SCOPES))
            & frame["metric"].isin(self.metrics)
            & (frame["condition"] != frame["reference"])
            & frame["effect"].notna()
        )
        return add_cell(frame.loc[kept, COLUMNS].reset_index(drop=True), frame)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw one column of panels per metric and one row per scope."""
        from matplotlib.lines import Line2D

        if numbers.empty:
            return drawing.draw_nothing("no effects on the weights to compare")
        conditions = style.list_conditions(numbers)
        with drawing.open_figure(0.9 + 2 * (0.25 + 0.17 * len(conditions))) as figure:
            grid = figure.subplots(
                len(SCOPES), len(self.metrics), sharex="col", sharey=True, squeeze=False
            )
            for row, (scope, words) in zip(grid, SCOPES.items(), strict=True):
                for ax, metric in zip(row, self.metrics, strict=True):
                    chosen = (numbers["scope"] == scope) & (numbers["metric"] == metric)
                    _bars(ax, numbers[chosen], conditions)
                row[0].set_ylabel(words)
            for ax, metric in zip(grid[0], self.metrics, strict=True):
                ax.set_title(style.label(metric), loc="center")
            grid[0, 0].set_yticks(range(len(conditions)), list(conditions["label"]))
            grid[0, 0].set_ylim(len(conditions) - 0.4, -0.6)
            for ax in grid[-1]:
                ax.set_xlabel("effect")
            seeds = Line2D([], [], color=style.BLACK, lw=0.9, label="95 % t interval over seeds")
            drawing.put_legend(figure, [seeds, drawing.make_floor_mark()])
            drawing.name_cell(figure, numbers)
        return figure


def _bars(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame) -> None:
    drawing.prepare_effects(ax, find_noise_floor(numbers), zorder=3)
    before = None
    for y, c in enumerate(each_row(conditions)):
        if before not in (None, c.family):
            ax.axhline(y - 0.5, color="#BBBBBB", lw=0.4, zorder=1)
        before = c.family
        for row in each_row(numbers[numbers["condition"] == c.condition]):
            ax.barh(y, row.effect, height=0.66, color=c.shade, label=c.condition, zorder=2)
            ax.plot([row.low, row.high], [y, y], color=style.BLACK, lw=0.9, zorder=4)
