"""What training changes in every layer, role by role from the input to the classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.figures import drawing, style
from weightscape.figures.cell import CellFigure, add_cell, each_row
from weightscape.figures.profiles import LayerMetric, changes
from weightscape.spectra.metrics import METRICS, SINCE_START

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.axes import Axes


class MetricByDepth(CellFigure):
    """What training changes in every layer, role by role from the input to the classifier."""

    tables = ("runs", "spectra")

    caption = (
        "Each line follows one condition through the network and shows how far fine-tuning moved a"
        " metric from its value in the initial weights; 0 means untouched. Layers of one role stand"
        " together, within a role from the input (left) to the output (right). A line is the mean"
        " over the seeds and its band runs from the lowest seed to the highest; it breaks where no"
        " seed has a value. Grey is the twin, the baseline trained once more with another data"
        " order: the noise floor. A condition that stays as near to the black line as the grey one"
        " does has done nothing that chance does not do. An alpha of few eigenvalues jumps from"
        " seed to seed, as its band shows. The classifier starts from random weights and moves on a"
        " scale of its own, in the narrow panel. A dotted line is what chance alone gives where"
        " that is known: a rotation there has left nothing of the initial direction; it is not in"
        " the picture where all conditions are far from it. Runs that start from other weights than"
        " their reference are left out."
    )

    metrics: tuple[LayerMetric, ...] = Field(
        default=("alpha", "log_norm", "entropy", "stable_rank"),
        min_length=1,
        description="Columns of the spectra table, one panel each.",
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the mean change and its range over the seeds per condition, layer and metric.

        Beside them stands the `chance` of the layer and metric; missing where nothing says it.
        """
        runs = self.select(tables["runs"])
        change = changes(tables["spectra"], runs, self.metrics).dropna(subset="change")
        key = ["metric", "condition", "family", "dose", "position", "layer", "role", "block"]
        over_seeds = (
            change.groupby(key, dropna=False, sort=False)["change"]
            .agg(n_seeds="count", mean="mean", low="min", high="max")
            .reset_index()
            .sort_values(["metric", "condition", "position"], ignore_index=True)
        )
        chances = _find_chances(over_seeds, tables["spectra"], runs)
        return add_cell(over_seeds.assign(chance=chances), runs)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw one panel per metric, the classifier beside it on a scale of its own."""
        if numbers.empty:
            return drawing.draw_nothing(
                "no run whose weights are comparable with their reference's"
            )
        body = numbers[numbers["role"] != "classifier"]
        head = numbers[numbers["role"] == "classifier"]
        conditions = style.list_conditions(numbers)
        layers = _places(body)
        columns = min(2, len(self.metrics))
        rows = drawing.count_rows(len(self.metrics), columns)
        with drawing.open_figure(1.15 + 1.75 * rows) as figure:
            ratios = [8, 1.3] * columns
            grid = figure.subplots(rows, len(ratios), squeeze=False, width_ratios=ratios)
            for ax in grid.flat[2 * len(self.metrics) :]:
                ax.set_axis_off()
            for i, metric in enumerate(self.metrics):
                wide, narrow = grid.flat[2 * i], grid.flat[2 * i + 1]
                _lines(wide, body[body["metric"] == metric], conditions, layers)
                of_head = head[(head["metric"] == metric) & head["mean"].notna()]
                if of_head.empty:  # a head of few classes has not ten directions
                    narrow.set_axis_off()
                else:
                    _points(narrow, of_head, conditions)
                word = "" if metric in SINCE_START else "change of "
                wide.set_title(f"{word}{style.label(metric)}")
                last_row = i // columns == rows - 1
                _name_layers(wide, layers, shown=last_row)
            drawing.put_legend(figure, drawing.make_line_marks(conditions))
            drawing.name_cell(figure, numbers)
        return figure


def _find_chances(numbers: pd.DataFrame, spectra: pd.DataFrame, runs: pd.DataFrame) -> list[float]:
    """Return for every row what its metric is in its layer by chance; NaN where nothing says it.

    It follows from the shape of a layer: any row of the layer that has it says it.
    """
    of_layer = spectra.merge(runs[["dataset", "backbone"]].drop_duplicates()).groupby("layer")
    asked = (m for m in METRICS if m.chance and m.name in set(numbers["metric"]))
    chances = {m.name: of_layer[m.chance].first().astype(float) for m in asked}
    return [
        float(chances[metric].get(layer, float("nan"))) if metric in chances else float("nan")
        for metric, layer in zip(numbers["metric"], numbers["layer"], strict=True)
    ]


def _places(body: pd.DataFrame) -> pd.DataFrame:
    """Return the layers with their place x from left to right, a gap of one between two roles."""
    layers = body[["position", "layer", "role"]].drop_duplicates("layer").sort_values("position")
    rank = layers["role"].map({role: i for i, role in enumerate(dict.fromkeys(layers["role"]))})
    layers = layers.assign(rank=rank).sort_values("rank", kind="stable", ignore_index=True)
    return layers.assign(x=layers.index + layers["rank"]).set_index("layer")


def _lines(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame, layers: pd.DataFrame) -> None:
    ax.axhline(0, color=style.INK, lw=0.6, zorder=1)
    ax.grid(axis="y")
    for c in each_row(conditions):
        rows = numbers[numbers["condition"] == c.condition]
        # A place without a row is missing, so that the line breaks there.
        rows = rows.set_index(rows["layer"].map(layers["x"])).reindex(range(layers["x"].max() + 1))
        ax.plot(
            rows.index,
            rows["mean"],
            color=c.shade,
            label=c.condition,
            marker="o",
            ms=1.8,
            lw=1.6 if c.family == "baseline" else 1.1,
            zorder=4 if c.family == "baseline" else 3,
        )
        ax.fill_between(
            rows.index,
            rows["low"],
            rows["high"],
            color=c.shade,
            lw=0,
            alpha=0.45 if c.is_twin else 0.14,
            zorder=2,
        )
    # The limits are those of the conditions: what they differ in is small beside some chances.
    ax.autoscale(enable=False)
    chance = numbers.drop_duplicates("layer").set_index("layer")["chance"].reindex(layers.index)
    ax.plot(layers["x"], chance.astype(float), color=style.INK, lw=0.8, ls=":", label="chance")


def _points(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame) -> None:
    ax.axhline(0, color=style.INK, lw=0.6, zorder=1)
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
    ax.set_xticks([])
    ax.set_xlabel("classifier", size="x-small")


def _name_layers(ax: Axes, layers: pd.DataFrame, *, shown: bool) -> None:
    """Name every layer, or where that is too many only the roles."""
    roles = layers.groupby("role", sort=False)["x"]
    for last in roles.max().iloc[:-1]:
        ax.axvline(last + 1, color="#BBBBBB", lw=0.5, ls=":", zorder=1)
    ticks = layers["x"] if len(layers) <= 24 else roles.mean()
    names = [style.plain(name) for name in ticks.index]
    ax.set_xticks(list(ticks), names if shown else [""] * len(names), rotation=90)
    ax.margins(x=0.02)
