"""Accuracy on shifted images against accuracy on images like those of training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from weightscape.figures.cell import Cell, each_row, named, only
from weightscape.figures.shifted import MEAN, accuracies, paired_interval, score_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TABLES: tuple[str, ...] = ("runs", "scores")

CAPTION = (
    "Further right is more accurate on images like those of training, further up is more accurate"
    " on shifted ones; on the dashed line nothing is lost to the shift. A small mark is one seed, a"
    " large one the mean of a condition, one colour per family. Compare conditions at the same"
    " horizontal place: only one that lies higher there is more robust rather than just more"
    " accurate. The grey box around the baseline is the noise floor, the 95 % t interval of the"
    " twin's difference from it. The large panel has the mean over all shifts, the small ones each"
    " shift, averaged over its severities, on scales of their own."
)

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


class Options(Cell):
    """What the figure shows."""


def numbers(tables: Mapping[str, pd.DataFrame], options: Options) -> pd.DataFrame:
    """Return three kinds of rows per shift: every run, every condition's mean, the noise floor.

    The noise floor of a twin is its reference's mean accuracy and, in iid_low to shifted_high, that
    mean plus the ends of the t interval of the twin's paired difference.
    """
    import pandas as pd

    runs = only(tables["runs"], options)
    each = accuracies(tables["scores"], runs).dropna(subset=["iid", "shifted"])
    mean = (
        each.groupby(["shift", "condition", "family", "dose"], dropna=False, sort=False)[
            ["iid", "shifted"]
        ]
        .mean()
        .reset_index()
    )
    floors = []
    twins = each.loc[each["family"] == "null", ["condition", "dose", "reference"]]
    for shift, values in each.groupby("shift", sort=False):
        for twin in each_row(twins.drop_duplicates("condition")):
            row = {"shift": shift, "condition": twin.condition, "family": "null", "dose": twin.dose}
            for axis in ("iid", "shifted"):
                middle = values.loc[values["condition"] == twin.reference, axis].mean()
                _, low, high = paired_interval(values, axis, twin.condition, twin.reference)
                row |= {axis: middle, f"{axis}_low": middle + low, f"{axis}_high": middle + high}
            floors.append(row)
    kinds = {"run": each, "mean": mean, "floor": pd.DataFrame(floors)}
    parts = [part.assign(kind=kind) for kind, part in kinds.items() if len(part)]
    if not parts:
        return named(pd.DataFrame(columns=COLUMNS), runs)
    together = pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)
    together["score"] = score_of(runs)
    return named(together.astype({"seed": "Int32", "dose": float}), runs)


def draw(numbers: pd.DataFrame, options: Options) -> Figure:
    """Draw the mean over the shifts large and every shift small."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from weightscape.figures import style

    if numbers.empty:
        return style.nothing("no run has been tested on shifted images")
    conditions = style.conditions(numbers)
    shifts = [name for name in numbers["shift"].unique() if name != MEAN]
    small = shifts if len(shifts) > 1 else []
    columns = 2 if len(small) <= 4 else 3
    rows = max(2, -(-len(small) // columns))
    with style.styled():
        figure = style.blank(0.9 + 1.5 * rows, style.WIDTH if small else style.WIDTH / 2)
        grid = figure.add_gridspec(rows, 2 + columns if small else 2)
        large = figure.add_subplot(grid[:2, :2])
        _points(large, numbers[numbers["shift"] == MEAN], conditions, size=6.5)
        large.set_title(MEAN if small else style.plain(shifts[0]))
        score = numbers["score"].iloc[0]
        large.set(xlabel=style.label(score), ylabel=style.label(f"shifted_{score}"))
        for i, shift in enumerate(small):
            ax = figure.add_subplot(grid[i // columns, 2 + i % columns])
            _points(ax, numbers[numbers["shift"] == shift], conditions, size=4)
            ax.set_title(style.label(shift))
        handles: list[Line2D | Patch] = [
            Line2D([], [], ls="", marker=style.marker(c.family), color=c.shade, label=c.label)
            for c in each_row(conditions)
        ]
        handles.append(Line2D([], [], ls="--", lw=0.8, color="#444444", label="nothing lost"))
        handles.append(Patch(color=style.FLOOR, label="noise floor"))
        style.legend_below(figure, handles)
        style.name_cell(figure, numbers)
    return figure


def _points(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame, size: float) -> None:
    from matplotlib.patches import Rectangle

    from weightscape.figures import style

    ax.grid()
    ax.locator_params(axis="y", nbins=5)
    ax.locator_params(axis="x", nbins=5 if size > 5 else 3)
    floors = numbers[numbers["kind"] == "floor"].dropna(subset=["iid_low", "shifted_low"])
    for box in each_row(floors):
        corner = (box.iid_low, box.shifted_low)
        width, height = box.iid_high - box.iid_low, box.shifted_high - box.shifted_low
        ax.add_patch(Rectangle(corner, width, height, color=style.FLOOR, alpha=0.7, lw=0, zorder=0))
    for c in each_row(conditions):
        for kind, scale, opacity in (("run", 0.45, 0.6), ("mean", 1.0, 1.0)):
            chosen = (numbers["condition"] == c.condition) & (numbers["kind"] == kind)
            ax.plot(
                numbers.loc[chosen, "iid"],
                numbers.loc[chosen, "shifted"],
                ls="",
                marker=style.marker(c.family),
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
    ax.axline((0, 0), slope=1, ls="--", lw=0.8, color="#444444", zorder=1)
    ax.set(xlim=(left, right), ylim=(bottom, max(top, min(right, 1))))
