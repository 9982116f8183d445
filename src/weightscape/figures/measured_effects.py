"""What every condition does to what is measured of the networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from weightscape.comparison.quantities import find_noise_floor
from weightscape.figures import drawing, style
from weightscape.figures._measured import MeasuredFigure, split_panels, unit_of
from weightscape.figures.cell import add_cell, each_row

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = [
    *("metric", "images", "layer", "condition", "family", "dose", "reference", "is_twin"),
    *("effect", "low", "high", "n_seeds"),
]


class MeasuredEffects(MeasuredFigure):
    """What every condition does to what is measured of the networks."""

    tables = ("comparisons",)

    caption = (
        "Each panel is a number that is measured of every trained network, and each mark the effect"
        " of a condition on it: how far it lies from its reference's, seed by seed, with the 95 % t"
        " interval over the seeds; where that crosses zero, these seeds do not settle the sign. A"
        " number that is measured on images has two panels, one of the test images and one of the"
        " mean over all shifts. One that is measured layer by layer has a small mark for every"
        " layer, without an interval. The grey band is the noise floor, the interval of the twin,"
        " the widest of its layers': a mark within it is what chance does. Panels have scales of"
        " their own. A condition of which a run failed is not judged and has no mark."
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the effects per metric, images (none, test or shifted) and condition."""
        from weightscape.comparison.arrays import ALL

        frame = self.select(tables["comparisons"])
        rows = self.choose(tables["comparisons"])
        rows = rows[(rows["scope"] == "measurements") & rows["effect"].notna()]
        images = rows["test_set"].mask(rows["shift"] == ALL, "shifted")
        whole = (rows["shift"] == "") | (rows["shift"] == ALL)
        whole |= (rows["shift"] == "none") & (rows["test_set"] == "test")
        kept = rows.assign(images=images)[whole]
        return add_cell(kept[COLUMNS].astype({"dose": float}).reset_index(drop=True), frame)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw a panel per metric and images, a row of it per condition."""
        from matplotlib.lines import Line2D

        if numbers.empty:
            return drawing.draw_nothing("no effects on what is measured")
        conditions = style.list_conditions(numbers)
        panels = [*split_panels(numbers)]
        columns = min(3, len(panels))
        height = 0.55 + 0.17 * len(conditions)
        with drawing.open_figure(0.6 + height * drawing.count_rows(len(panels), columns)) as figure:
            axes = drawing.make_panels(figure, len(panels), columns)
            for i, (ax, (title, rows)) in enumerate(zip(axes, panels, strict=True)):
                _dots(ax, rows, conditions)
                ax.set_title(title)
                ax.set_xlabel(f"effect{unit_of(rows['metric'].iloc[0])}")
                names = conditions["label"] if i % columns == 0 else [""] * len(conditions)
                ax.set_yticks(range(len(conditions)), list(names))
            interval = Line2D([], [], color=style.INK, marker="o", ms=3.5, lw=1.1)
            interval.set_label("effect, 95 % t interval")
            drawing.put_legend(figure, [interval, drawing.make_floor_mark()])
            drawing.name_cell(figure, numbers)
        return figure


def _dots(ax: Axes, rows: pd.DataFrame, conditions: pd.DataFrame) -> None:
    drawing.prepare_effects(ax, find_noise_floor(rows), zorder=1)
    for y, c in enumerate(each_row(conditions)):
        of_condition = rows[rows["condition"] == c.condition]
        for row in each_row(of_condition[of_condition["layer"] == ""]):
            ax.plot([row.low, row.high], [y, y], color=c.shade, lw=1.1, zorder=3)
            ax.plot(row.effect, y, marker=c.marker, color=c.shade, label=c.condition, zorder=4)
        layers = of_condition.loc[of_condition["layer"] != "", "effect"]
        small: Any = {"ls": "", "marker": c.marker, "ms": 3, "alpha": 0.7, "mec": "none"}
        ax.plot(layers, [y] * len(layers), color=c.shade, zorder=3, **small)
    ax.set_ylim(len(conditions) - 0.4, -0.6)
