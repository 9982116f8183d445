"""What every condition does to the weights, with and without the classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.figures.cell import Cell, each_row, named, only

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TABLES: tuple[str, ...] = ("comparisons",)

CAPTION = (
    "Each bar is the effect of a condition on a metric averaged over layers: how much further it"
    " moved the metric than its reference did, seed by seed. The average takes the layers that have"
    " a value in every seed and, for alpha and other metrics of the tail, a tail of 50 eigenvalues"
    " or more before training. The whisker is the 95 % t interval over the seeds; where it crosses"
    " zero, these seeds do not settle the sign. The grey band is the interval of the twin, the"
    " baseline trained once more with another data order: what chance alone does. The upper row"
    " leaves the classifier out, the lower row has it; a bar that differs between the two lives in"
    " the classifier. Both rows of a column share their scale. Conditions that start from other"
    " weights than their reference are left out."
)

SCOPES = {"body": "without classifier", "all": "with classifier"}


class Options(Cell):
    """What the figure shows."""

    metrics: tuple[str, ...] = Field(
        default=("alpha", "log_norm", "log_spectral_norm", "entropy"),
        min_length=1,
        description="Columns of the spectra table, one column of panels each.",
    )


def numbers(tables: Mapping[str, pd.DataFrame], options: Options) -> pd.DataFrame:
    """Return the effects on the fine-tuned weights per scope, metric and condition."""
    frame = only(tables["comparisons"], options)
    kept = (
        (frame["stage"] == "finetuned")
        & frame["scope"].isin(list(SCOPES))
        & frame["metric"].isin(options.metrics)
        & (frame["condition"] != frame["reference"])
        & frame["effect"].notna()
    )
    columns = [
        "scope",
        "metric",
        "condition",
        "family",
        "dose",
        "reference",
        "effect",
        "low",
        "high",
        "n_seeds",
    ]
    return named(frame.loc[kept, columns].reset_index(drop=True), frame)


def draw(numbers: pd.DataFrame, options: Options) -> Figure:
    """Draw one column of panels per metric and one row per scope."""
    from weightscape.figures import style

    if numbers.empty:
        return style.nothing("no effects on the weights to compare")
    conditions = style.conditions(numbers)
    with style.styled():
        figure = style.blank(0.9 + 2 * (0.25 + 0.17 * len(conditions)))
        grid = figure.subplots(
            len(SCOPES), len(options.metrics), sharex="col", sharey=True, squeeze=False
        )
        for row, (scope, words) in zip(grid, SCOPES.items(), strict=True):
            for ax, metric in zip(row, options.metrics, strict=True):
                chosen = (numbers["scope"] == scope) & (numbers["metric"] == metric)
                _bars(ax, numbers[chosen], conditions)
            row[0].set_ylabel(words)
        for ax, metric in zip(grid[0], options.metrics, strict=True):
            ax.set_title(style.label(metric), loc="center")
        grid[0, 0].set_yticks(range(len(conditions)), list(conditions["label"]))
        grid[0, 0].set_ylim(len(conditions) - 0.4, -0.6)
        for ax in grid[-1]:
            ax.set_xlabel("effect")
        _legend(figure)
        style.name_cell(figure, numbers)
    return figure


def _bars(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame) -> None:
    from weightscape.figures import style

    ax.axvline(0, color="#444444", lw=0.6, zorder=3)
    ax.locator_params(axis="x", nbins=4)
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)
    twin = numbers[numbers["family"] == "null"]
    style.floor_band(ax, twin["low"].min(), twin["high"].max(), vertical=True)
    before = None
    for y, c in enumerate(each_row(conditions)):
        if before not in (None, c.family):
            ax.axhline(y - 0.5, color="#BBBBBB", lw=0.4, zorder=1)
        before = c.family
        for row in each_row(numbers[numbers["condition"] == c.condition]):
            ax.barh(y, row.effect, height=0.66, color=c.shade, label=c.condition, zorder=2)
            ax.plot([row.low, row.high], [y, y], color="#222222", lw=0.9, zorder=4)


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from weightscape.figures import style

    figure.legend(
        handles=[
            Line2D([], [], color="#222222", lw=0.9, label="95 % t interval over seeds"),
            Patch(color=style.FLOOR, label="noise floor: the twin's interval"),
        ],
        loc="outside lower center",
        ncols=2,
    )
