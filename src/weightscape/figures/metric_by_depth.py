"""What training changes in every layer, from the input to the classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.figures.cell import Cell, each_row, only
from weightscape.figures.profiles import changes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TABLES: tuple[str, ...] = ("runs", "spectra")

CAPTION = (
    "Each line follows one condition through the network, from the input (left) to the last layer"
    " before the classifier (right), and shows how far fine-tuning moved a metric from its value in"
    " the initial weights; 0 means untouched. A line is the mean over the seeds and its band runs"
    " from the lowest seed to the highest. Grey is the twin, the baseline trained once more with"
    " another data order: a condition that stays as near to the black line as the grey one does has"
    " done nothing that chance does not do. The classifier starts from random weights and moves on"
    " a scale of its own, in the narrow panel. Runs trained from scratch are left out: they start"
    " from other weights."
)


class Options(Cell):
    """What the figure shows."""

    metrics: tuple[str, ...] = Field(
        default=("alpha", "log_norm", "log_spectral_norm", "entropy"),
        min_length=1,
        description="Columns of the spectra table, one panel each.",
    )


def numbers(tables: Mapping[str, pd.DataFrame], options: Options) -> pd.DataFrame:
    """Return the mean change and its range over the seeds per condition, layer and metric."""
    runs = only(tables["runs"], options)
    change = changes(tables["spectra"], runs, options.metrics).dropna(subset="change")
    key = ["metric", "condition", "family", "dose", "position", "layer", "role", "block"]
    return (
        change.groupby(key, dropna=False, sort=False)["change"]
        .agg(n_seeds="count", mean="mean", low="min", high="max")
        .reset_index()
        .sort_values(["metric", "condition", "position"], ignore_index=True)
    )


def draw(numbers: pd.DataFrame, options: Options) -> Figure:
    """Draw one panel per metric, the classifier beside it on a scale of its own."""
    from matplotlib.lines import Line2D

    from weightscape.figures import style

    if numbers.empty:
        return style.nothing("no run whose weights are comparable with their reference's")
    body = numbers[numbers["role"] != "classifier"]
    head = numbers[numbers["role"] == "classifier"]
    conditions = style.conditions(numbers)
    columns = min(2, len(options.metrics))
    rows = -(-len(options.metrics) // columns)
    with style.styled():
        figure = style.blank(1.15 + 1.75 * rows)
        grid = figure.subplots(
            rows,
            2 * columns,
            squeeze=False,
            width_ratios=[8, 1.3] * columns,
        )
        for ax in grid.flat[2 * len(options.metrics) :]:
            ax.set_axis_off()
        for i, metric in enumerate(options.metrics):
            wide, narrow = grid.flat[2 * i], grid.flat[2 * i + 1]
            _lines(wide, body[body["metric"] == metric], conditions)
            _points(narrow, head[head["metric"] == metric], conditions)
            wide.set_title(f"change of {style.label(metric)}")
            last_row = i // columns == rows - 1
            _name_layers(wide, body, shown=last_row)
            narrow.set_xticks([0], ["classifier" if last_row else ""], rotation=90)
        handles = [
            Line2D(
                [],
                [],
                color=c.shade,
                lw=5 if c.family == "null" else 1.4,
                label=c.condition,
                alpha=0.5 if c.family == "null" else 1,
            )
            for c in each_row(conditions)
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=min(5, len(handles)))
    return figure


def _lines(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame) -> None:
    ax.axhline(0, color="#444444", lw=0.6, zorder=1)
    ax.grid(axis="y")
    for c in each_row(conditions):
        rows = numbers[numbers["condition"] == c.condition]
        twin = c.family == "null"
        ax.plot(
            rows["position"],
            rows["mean"],
            color=c.shade,
            label=c.condition,
            lw=1.6 if c.family == "baseline" else 1.1,
            zorder=4 if c.family == "baseline" else 3,
        )
        ax.fill_between(
            rows["position"],
            rows["low"],
            rows["high"],
            color=c.shade,
            lw=0,
            alpha=0.45 if twin else 0.14,
            zorder=2,
        )


def _points(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame) -> None:
    ax.axhline(0, color="#444444", lw=0.6, zorder=1)
    ax.set_facecolor("#F6F6F6")
    ax.spines[["right", "left"]].set_visible(True)
    ax.spines["left"].set_visible(False)
    ax.yaxis.tick_right()
    count = len(conditions)
    for i, c in enumerate(each_row(conditions)):
        rows = numbers[numbers["condition"] == c.condition]
        x = [(i + 0.5) / count - 0.5] * len(rows)
        ax.vlines(x, rows["low"], rows["high"], color=c.shade, lw=1.4)
        ax.plot(x, rows["mean"], ls="", marker="o", ms=2.4, color=c.shade, label=c.condition)
    ax.set_xlim(-0.65, 0.65)


def _name_layers(ax: Axes, body: pd.DataFrame, *, shown: bool) -> None:
    """Name every layer, or where that is too many only the first of every block."""
    layers = body[["position", "layer", "block"]].drop_duplicates("layer").sort_values("position")
    if len(layers) > 24:
        layers = layers.drop_duplicates("block")
        names = [f"block {block}" for block in layers["block"]]
    else:
        names = list(layers["layer"])
    ax.set_xticks(list(layers["position"]), names if shown else [""] * len(names), rotation=90)
    ax.margins(x=0.02)
