"""Accuracy on shifted images against accuracy on images like those of training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from weightscape.comparison.quantities import MEAN, find_accuracies, find_score
from weightscape.figures import drawing, style
from weightscape.figures.cell import CellFigure, add_cell, each_row
from weightscape.figures.floors import effects_on, floors

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = [
    "shift",
    "kind",
    "condition",
    "family",
    "dose",
    "seed",
    "score",
    "iid",
    "shifted",
    "iid_low",
    "iid_high",
    "shifted_low",
    "shifted_high",
]


class AccuracyShift(CellFigure):
    """Accuracy on shifted images against accuracy on images like those of training."""

    tables = ("runs", "scores", "comparisons")

    caption = (
        "Further right is more accurate on images like those of training, further up is more"
        " accurate on shifted ones; on the dashed line nothing is lost to the shift. A small mark"
        " is one seed, a large one the mean of a condition, one colour per family. Compare"
        " conditions at the same horizontal place: only one that lies higher there is more robust"
        " rather than just more accurate. The grey box around the baseline is the noise floor, the"
        " 95 % t interval, over seeds and test images, of the twin's difference from it. The large"
        " panel has the mean over all shifts, the small ones each shift, averaged over its"
        " severities, on scales of their own."
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return three kinds of rows per shift: every run, every condition's mean, the noise floor.

        The noise floor of a twin is its reference's mean accuracy and, in iid_low to shifted_high,
        that mean plus the ends of the t interval of the twin's paired difference.
        """
        import pandas as pd

        runs = self.select(tables["runs"])
        score = find_score(runs)
        effects = effects_on(score, self.select(tables["comparisons"]))
        each = find_accuracies(tables["scores"], runs).dropna(subset=["iid", "shifted"])
        mean = (
            each.groupby(["shift", "condition", "family", "dose"], dropna=False, sort=False)[
                ["iid", "shifted"]
            ]
            .mean()
            .reset_index()
        )
        kinds = {"run": each, "mean": mean, "floor": floors(each, effects)}
        parts = [part.assign(kind=kind) for kind, part in kinds.items() if len(part)]
        if not parts:
            return add_cell(pd.DataFrame(columns=COLUMNS), runs)
        together = pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)
        together["score"] = score
        return add_cell(together.astype({"seed": "Int32", "dose": float}), runs)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw the mean over the shifts large and every shift small."""
        from matplotlib.lines import Line2D

        if numbers.empty:
            return drawing.draw_nothing("no run has been tested on shifted images")
        conditions = style.list_conditions(numbers)
        shifts = [name for name in numbers["shift"].unique() if name != MEAN]
        small = shifts if len(shifts) > 1 else []
        columns = 2 if len(small) <= 4 else 3
        rows = max(2, drawing.count_rows(len(small), columns))
        with drawing.open_figure(
            0.9 + 1.5 * rows, style.WIDTH if small else style.WIDTH / 2
        ) as figure:
            grid = figure.add_gridspec(rows, 2 + columns if small else 2)
            large = figure.add_subplot(grid[:2, :2])
            _points(large, numbers[numbers["shift"] == MEAN], conditions, size=6.5)
            large.set_title(MEAN if small else style.plain(shifts[0]))
            score = numbers["score"].iloc[0]
            large.set(xlabel=style.label(score), ylabel=style.label(f"shifted_{score}"))
            for i, shift in enumerate(small):
                ax = figure.add_subplot(grid[i // columns, 2 + i % columns])
                _points(ax, numbers[numbers["shift"] == shift], conditions, size=4)
                ax.set_title(style.words(shift))
            handles = drawing.make_marks(conditions)
            handles.append(Line2D([], [], ls="--", lw=0.8, color=style.INK, label="nothing lost"))
            handles.append(drawing.make_floor_mark("noise floor"))
            drawing.put_legend(figure, handles)
            drawing.name_cell(figure, numbers)
        return figure


def _points(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame, size: float) -> None:
    ax.grid()
    ax.locator_params(axis="y", nbins=5)
    ax.locator_params(axis="x", nbins=5 if size > 5 else 3)
    floors = numbers[numbers["kind"] == "floor"].dropna(subset=["iid_low", "shifted_low"])
    for box in each_row(floors):
        drawing.draw_floor_box(ax, (box.iid_low, box.iid_high), (box.shifted_low, box.shifted_high))
    for c in each_row(conditions):
        for kind, scale, opacity in (("run", 0.45, 0.6), ("mean", 1.0, 1.0)):
            chosen = (numbers["condition"] == c.condition) & (numbers["kind"] == kind)
            ax.plot(
                numbers.loc[chosen, "iid"],
                numbers.loc[chosen, "shifted"],
                ls="",
                marker=c.marker,
                ms=size * scale,
                color=c.shade,
                alpha=opacity,
                mec="white" if kind == "mean" else "none",
                mew=0.5,
                label=c.condition,
                zorder=3 if kind == "run" else 4,
            )
    left, right = ax.get_xlim()
    bottom, top = ax.get_ylim()
    ax.axline((0, 0), slope=1, ls="--", lw=0.8, color=style.INK, zorder=1)
    ax.set(xlim=(left, right), ylim=(bottom, max(top, min(right, 1))))
