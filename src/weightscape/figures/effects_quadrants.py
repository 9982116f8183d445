"""Effects on one metric of the weights against those on another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from weightscape.config.families import CONTROL
from weightscape.figures import drawing, style
from weightscape.figures.cell import CellFigure, add_cell, each_row

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.axes import Axes

AXES: tuple[Literal["x"], Literal["y"]] = ("x", "y")

FAR = 10
"""So many times the noise floor is too far for a linear axis to show both."""


class EffectsQuadrants(CellFigure):
    """Effects on one metric of the weights against those on another."""

    tables = ("comparisons",)

    caption = (
        "Each mark is a condition: to the right it moved the first metric further up than its"
        " reference did, above it the second. The bars are 95 % t intervals over the seeds, and the"
        " grey box is the noise floor, the twin's intervals: a mark whose bars reach into it does"
        " what chance does. Where an effect is more than ten times the noise floor, its axis is"
        " linear inside the floor and logarithmic outside, so that weak and strong effects are seen"
        " at once. Two conditions in the same quadrant move both metrics the same way. That is no"
        " sign of a shared mechanism: more or less training alone puts conditions there, as those"
        " called control show, which differ from their reference in nothing else; and of four"
        " quadrants two conditions share one by chance every fourth time, and metrics that follow"
        " each other, as norms do, leave only two to share. What conditions do beside the amount of"
        " training is in the figure of likeness. Weights are averaged over the layers without the"
        " classifier, as in the table `comparisons`."
    )

    pairs: tuple[tuple[str, str], ...] = Field(
        default=(
            ("log_norm", "alpha"),
            ("log_norm", "entropy"),
            ("log_spectral_norm", "stable_rank"),
        ),
        min_length=1,
        description="Two metrics that the study compares, one panel for each pair: across, up.",
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the effects on both metrics per pair and condition, with their intervals."""
        import pandas as pd

        frame = self.select(tables["comparisons"])
        kept = (
            (frame["scope"] == "body")
            & (frame["stage"] == "finetuned")
            & (frame["condition"] != frame["reference"])
            & frame["effect"].notna()
        )
        about = ["condition", "family", "dose", "reference", "is_twin"]
        values = frame.loc[kept, [*about, "metric", "effect", "low", "high"]]
        sides = {
            axis: values.rename(
                columns={"effect": axis, "low": f"{axis}_low", "high": f"{axis}_high"}
            ).rename(columns={"metric": f"{axis}_metric"})
            for axis in AXES
        }
        parts = [
            sides["x"][sides["x"]["x_metric"] == x].merge(
                sides["y"][sides["y"]["y_metric"] == y].drop(columns=about[1:]), on="condition"
            )
            for x, y in self.pairs
        ]
        return add_cell(pd.concat(parts, ignore_index=True), frame)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw one panel per pair of metrics."""
        if numbers.empty:
            return drawing.draw_nothing("no effects on the weights to compare")
        conditions = style.list_conditions(numbers)
        columns = min(3, len(self.pairs))
        rows = drawing.count_rows(len(self.pairs), columns)
        with drawing.open_figure(0.7 + 2.3 * rows + 0.16 * (len(conditions) / 4 + 1)) as figure:
            panels = drawing.make_panels(figure, len(self.pairs), columns)
            for ax, (x, y) in zip(panels, self.pairs, strict=True):
                chosen = (numbers["x_metric"] == x) & (numbers["y_metric"] == y)
                _panel(ax, numbers[chosen], conditions)
                ax.set_xlabel(f"effect on {style.label(x)}")
                ax.set_ylabel(f"effect on {style.label(y)}")
            handles = drawing.make_marks(conditions.assign(label=_label(conditions)))
            handles.append(drawing.make_floor_mark("noise floor: the twin's intervals"))
            drawing.put_legend(figure, handles)
            drawing.name_cell(figure, numbers)
        return figure


def _label(conditions: pd.DataFrame) -> pd.Series[str]:
    """Return how conditions are called, the controls as such."""
    is_control = conditions["family"] == CONTROL
    return conditions["label"].mask(is_control, conditions["label"] + " (control)")


def _panel(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame) -> None:
    if numbers.empty:
        drawing.say_unavailable(ax)
        ax.set(xticks=[], yticks=[])
        return
    floor = numbers[numbers["is_twin"].astype(bool)]
    for axis in AXES:
        _scale(ax, axis, numbers, floor)
    ax.axhline(0, color=style.INK, lw=0.6, zorder=1)
    ax.axvline(0, color=style.INK, lw=0.6, zorder=1)
    for twin in each_row(floor.dropna(subset=["x_low", "y_low"])):
        drawing.draw_floor_box(ax, (twin.x_low, twin.x_high), (twin.y_low, twin.y_high))
    for c in each_row(conditions):
        bar: Any = {"color": c.shade, "lw": 0.9, "solid_capstyle": "butt", "zorder": 3}
        for row in each_row(numbers[numbers["condition"] == c.condition]):
            ax.plot([row.x_low, row.x_high], [row.y, row.y], **bar)
            ax.plot([row.x, row.x], [row.y_low, row.y_high], **bar)
            ax.plot(
                row.x,
                row.y,
                marker=c.marker,
                ms=5,
                color=c.shade,
                mec="white",
                mew=0.5,
                label=c.condition,
                zorder=4,
            )


def _scale(ax: Axes, axis: Literal["x", "y"], numbers: pd.DataFrame, floor: pd.DataFrame) -> None:
    """Make an axis logarithmic outside the noise floor where effects go far beyond it."""
    import math

    noise = float(floor[[f"{axis}_low", f"{axis}_high"]].abs().max().max())
    least, most = float(numbers[axis].min()), float(numbers[axis].max())
    if not (noise > 0 and max(-least, most) > FAR * noise):  # also false for NaN
        ax.locator_params(axis=axis, nbins=5)
        return
    ticks = [0.0]
    for sign, end in ((-1, -least), (1, most)):
        above = math.ceil(math.log10(noise))
        decades = range(above, math.floor(math.log10(end)) + 1) if end > 0 else range(0)
        ticks += [sign * 10.0**decade for decade in decades[:: -(-len(decades) // 2) or 1]]
    getattr(ax, f"set_{axis}scale")("symlog", linthresh=noise)
    getattr(ax, f"set_{axis}ticks")(sorted(ticks), minor=False)
    getattr(ax, f"set_{axis}ticks")([], minor=True)
