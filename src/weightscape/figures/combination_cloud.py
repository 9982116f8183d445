"""A cloud for every method: each point one choice of settings, domain by domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from weightscape.config.score import WORDS
from weightscape.figures.cell import each_row
from weightscape.figures.groups import GROUP, mean_accuracies
from weightscape.section import Section
from weightscape.seeds import seed_for

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TABLES: tuple[str, ...] = ("runs", "scores")

CAPTION = (
    "One panel per data set. A small point is one choice of a setting of the grid for every"
    " held-out domain: its accuracy on images like those of training, and on the held-out domains,"
    " is the mean over the domains, each averaged over the seeds. So a cloud shows all results that"
    " tuning could give, without choosing by the held-out images; a method is better where its"
    " whole cloud lies higher. A large mark is the mean of a cloud. Methods that join all settings"
    " have a single point."
)

COLUMNS = [*GROUP, "condition", "family", "dose", "score", "iid", "shifted"]


class Options(Section):
    """What the figure shows."""

    most: int = Field(
        2000, ge=1, description="Points of a cloud at most; of more, so many are drawn at random."
    )


def numbers(tables: Mapping[str, pd.DataFrame], options: Options) -> pd.DataFrame:
    """Return the points of every cloud: data set, backbone, method, iid and shifted accuracy.

    The column `condition` names the method: a family and its dose.
    """
    import pandas as pd

    each = mean_accuracies(tables["scores"], tables["runs"])
    each = each[each["family"] != "null"].reset_index(drop=True)
    if each.empty:
        return pd.DataFrame(columns=COLUMNS)
    each["condition"] = [
        row.family if pd.isna(row.dose) else f"{row.family} {row.dose:g}" for row in each_row(each)
    ]
    method = [*GROUP, "condition", "family", "dose", "score"]
    parts = []
    for _, of_method in each.groupby(method, sort=False, dropna=False):
        points = pd.DataFrame(_points(of_method, options.most), columns=["iid", "shifted"])
        parts.append(points.merge(of_method[method].head(1), how="cross"))
    return pd.concat(parts, ignore_index=True)[COLUMNS].astype({"dose": float})


def _points(of_method: pd.DataFrame, most: int) -> Any:
    """Return the mean accuracies (points, 2) of the combinations of cells over the datasets."""
    import numpy as np

    cells = of_method.groupby(["held_out", "cell"], sort=False)[["iid", "shifted"]].mean()
    found = [of_dataset.to_numpy() for _, of_dataset in cells.groupby("held_out", sort=False)]
    sizes = [len(values) for values in found]
    total = int(np.prod(sizes, dtype=np.int64))
    rng = np.random.default_rng(seed_for("cloud", *of_method["condition"].unique()))
    chosen = np.arange(total) if total <= most else rng.choice(total, most, replace=False)
    places = np.unravel_index(chosen, sizes)
    return np.mean([values[place] for values, place in zip(found, places, strict=True)], axis=0)


def draw(numbers: pd.DataFrame, options: Options) -> Figure:
    """Draw a panel per data set and backbone."""
    from matplotlib.lines import Line2D

    from weightscape.figures import style

    if numbers.empty:
        return style.nothing("no run has been tested on shifted images")
    panels = [*_panels(numbers)]
    conditions = style.conditions(numbers)
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    with style.styled():
        figure = style.blank(0.8 + 2.6 * rows, style.WIDTH if columns > 1 else style.WIDTH / 2)
        grid = figure.subplots(rows, columns, squeeze=False)
        for ax, (name, of_panel) in zip(grid.flat, panels, strict=False):
            _cloud(ax, of_panel, conditions)
            score = of_panel["score"].iloc[0]
            words = f"{WORDS[score]} on held-out domains"
            ax.set(title=name, xlabel=style.label(score), ylabel=words)
        for ax in grid.flat[len(panels) :]:
            ax.set_axis_off()
        handles = [
            Line2D([], [], ls="", marker=style.marker(c.family), color=c.shade, label=c.label)
            for c in each_row(conditions)
        ]
        style.legend_below(figure, handles)
    return figure


def _panels(numbers: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    from weightscape.figures import style

    several = numbers["backbone"].nunique() > 1
    for (group, backbone), rows in numbers.groupby(GROUP, sort=False):
        yield style.plain(f"{group}, {backbone}" if several else str(group)), rows


def _cloud(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame) -> None:
    from weightscape.figures import style

    ax.grid()
    ax.locator_params(nbins=5)
    for c in each_row(conditions):
        rows = numbers[numbers["condition"] == c.condition]
        if rows.empty:
            continue
        ax.plot(rows["iid"], rows["shifted"], ls="", marker=".", ms=2, mec="none", color=c.shade,
                alpha=0.35, rasterized=True)  # fmt: skip
        ax.plot(rows["iid"].mean(), rows["shifted"].mean(), ls="", marker=style.marker(c.family),
                ms=6, color=c.shade, mec="white", mew=0.6, zorder=4)  # fmt: skip
