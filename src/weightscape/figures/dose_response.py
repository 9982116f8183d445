"""Effects against the dose of what is varied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.figures.cell import Cell, each_row, named, only
from weightscape.figures.shifted import MEAN, accuracies, paired_interval

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TABLES: tuple[str, ...] = ("runs", "comparisons", "scores")

CAPTION = (
    "Each row is a family of conditions that differ in the dose of one factor, each column a"
    " quantity. The open mark is the reference, whose effect is zero by definition; the others are"
    " the effect at each dose with its 95 % t interval over the seeds. Doses are evenly spaced,"
    " whatever lies between them, so read the direction and not the slope. The grey band is the"
    " noise floor, the interval of the twin: inside it, a dose does what chance does. All panels of"
    " a column share their scale. Weights are averaged over the layers without the classifier, as"
    " in the table `comparisons`: those that have a value in every seed and, for alpha and other"
    " metrics of the tail, a tail of 50 eigenvalues or more before training."
)

COLUMNS = ["quantity", "condition", "family", "dose", "reference", "effect", "low", "high"]

PLACES = {"": "iid", "shifted_": "shifted"}
"""What stands before a score's name, by the images that it is measured on."""


class Options(Cell):
    """What the figure shows."""

    metrics: tuple[str, ...] = Field(
        default=("log_norm", "stable_rank"),
        description="Columns of the spectra table, one column of panels each, before the"
        " accuracies.",
    )


def numbers(tables: Mapping[str, pd.DataFrame], options: Options) -> pd.DataFrame:
    """Return the effect per quantity and condition of the twin and of families with a dose."""
    import pandas as pd

    frame = only(tables["comparisons"], options)
    weights = (
        (frame["scope"] == "body")
        & (frame["stage"] == "finetuned")
        & frame["metric"].isin(options.metrics)
    )
    each = accuracies(tables["scores"], only(tables["runs"], options))
    mean = each[each["shift"] == MEAN]
    tested = [
        (
            *(f"{start}{c.score}", c.condition, c.family, c.dose, c.reference),
            *paired_interval(mean, column, c.condition, c.reference),
        )
        for start, column in PLACES.items()
        for c in each_row(mean.drop_duplicates("condition"))
    ]
    parts = [
        frame[weights].rename(columns={"metric": "quantity"})[COLUMNS],
        pd.DataFrame(tested, columns=COLUMNS),
    ]
    together = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    kept = (
        (together["dose"].notna() | (together["family"] == "null"))
        & (together["condition"] != together["reference"])
        & together["effect"].notna()
    )
    return named(together[kept].astype({"dose": float}).reset_index(drop=True), frame)


def draw(numbers: pd.DataFrame, options: Options) -> Figure:
    """Draw one row of panels per family with a dose and one column per quantity."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from weightscape.figures import style

    dosed = numbers[numbers["family"] != "null"]
    if dosed.empty:
        return style.nothing("no family of conditions varies a dose")
    twin = numbers[numbers["family"] == "null"]
    families = list(dict.fromkeys(style.conditions(dosed)["family"]))
    found = dict.fromkeys(numbers["quantity"])
    quantities = [*options.metrics, *(name for name in found if name not in options.metrics)]
    with style.styled():
        figure = style.blank(0.75 + 1.15 * len(families))
        grid = figure.subplots(len(families), len(quantities), sharey="col", squeeze=False)
        for row, family in zip(grid, families, strict=True):
            for ax, quantity in zip(row, quantities, strict=True):
                floor = twin[twin["quantity"] == quantity]
                style.floor_band(ax, floor["low"].min(), floor["high"].max())
                of_family = dosed[dosed["family"] == family]
                _series(ax, of_family, quantity, style.colour(family), style.marker(family))
                if ax in grid[0]:
                    ax.set_title(style.label(quantity), loc="center")
            row[0].set_ylabel(style.label(family), color=style.colour(family))
        for ax in grid[-1]:
            ax.set_xlabel("dose")
        figure.legend(
            handles=[
                Line2D([], [], ls="", marker="o", mfc="white", mec="#444444", label="reference"),
                Line2D([], [], marker="o", color="#444444", label="effect, 95 % t interval"),
                Patch(color=style.FLOOR, label="noise floor: the twin's interval"),
            ],
            loc="outside lower center",
            ncols=3,
        )
        style.name_cell(figure, numbers)
    return figure


def _series(ax: Axes, family: pd.DataFrame, quantity: str, colour: str, marker: str) -> None:
    doses = sorted(family["dose"].unique())
    place = {dose: i + 1 for i, dose in enumerate(doses)}
    ax.axhline(0, color="#444444", lw=0.6, zorder=1)
    ax.locator_params(axis="y", nbins=4)
    ax.grid(axis="y")
    for reference, rows in family[family["quantity"] == quantity].groupby("reference"):
        ordered = rows.sort_values("dose")
        x = [place[dose] for dose in ordered["dose"]]
        ax.plot([0, x[0]], [0, ordered["effect"].iloc[0]], color=colour, lw=0.9, ls=":", zorder=2)
        ax.vlines(x, ordered["low"], ordered["high"], color=colour, lw=1.1, zorder=3)
        ax.plot(x, ordered["effect"], color=colour, marker=marker, zorder=4, label=str(reference))
    ax.plot([0], [0], ls="", marker="o", mfc="white", mec="#444444", zorder=5)
    ax.set_xticks([0, *place.values()], ["ref.", *(f"{dose:g}" for dose in doses)])
    ax.set_xlim(-0.5, len(doses) + 0.5)
