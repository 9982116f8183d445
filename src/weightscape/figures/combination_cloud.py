"""A cloud for every method: each point one choice of settings, domain by domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from weightscape.comparison.quantities import GROUP, find_mean_accuracies
from weightscape.config.figure import Figure
from weightscape.config.score import WORDS
from weightscape.figures import drawing, style
from weightscape.figures.cell import each_row
from weightscape.seeds import seed_for

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = [*GROUP, "condition", "family", "dose", "score", "iid", "shifted"]


class CombinationCloud(Figure):
    """A cloud for every method: each point one choice of settings, domain by domain."""

    tables = ("runs", "scores")

    caption = (
        "One panel per data set. A small point is one choice of a setting of the grid for every"
        " held-out domain: its accuracy on images like those of training, and on the held-out"
        " domains, is the mean over the domains, each averaged over the seeds. So a cloud shows all"
        " results that tuning could give, without choosing by the held-out images; a method is"
        " better where its whole cloud lies higher. A large mark is the mean of a cloud. Methods"
        " that join all settings have a single point."
    )

    most: int = Field(
        2000, ge=1, description="Points of a cloud at most; of more, so many are drawn at random."
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the points of every cloud: data set, backbone, method, iid and shifted accuracy.

        The column `condition` names the method: a family and its dose.
        """
        import pandas as pd

        each = find_mean_accuracies(tables["scores"], tables["runs"])
        each = each[~each["is_twin"].astype(bool)].reset_index(drop=True)
        if each.empty:
            return pd.DataFrame(columns=COLUMNS)
        each["condition"] = [
            row.family if pd.isna(row.dose) else f"{row.family} {row.dose:g}"
            for row in each_row(each)
        ]
        method = [*GROUP, "condition", "family", "dose", "score"]
        parts = []
        for _, of_method in each.groupby(method, sort=False, dropna=False):
            points = pd.DataFrame(_points(of_method, self.most), columns=["iid", "shifted"])
            parts.append(points.merge(of_method[method].head(1), how="cross"))
        return pd.concat(parts, ignore_index=True)[COLUMNS].astype({"dose": float})

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw a panel per data set and backbone."""
        if numbers.empty:
            return drawing.draw_nothing("no run has been tested on shifted images")
        panels = [*_panels(numbers)]
        conditions = style.list_conditions(numbers)
        columns = min(2, len(panels))
        rows = drawing.count_rows(len(panels), columns)
        width = style.WIDTH if columns > 1 else style.WIDTH / 2
        with drawing.open_figure(0.8 + 2.6 * rows, width) as figure:
            axes = drawing.make_panels(figure, len(panels), columns)
            for ax, (name, of_panel) in zip(axes, panels, strict=True):
                _cloud(ax, of_panel, conditions)
                score = of_panel["score"].iloc[0]
                words = f"{WORDS[score]} on held-out domains"
                ax.set(title=name, xlabel=style.label(score), ylabel=words)
            drawing.put_legend(figure, drawing.make_marks(conditions))
        return figure


def _points(of_method: pd.DataFrame, most: int) -> Any:
    """Return the mean accuracies (points, 2) of the combinations of settings over the datasets."""
    import numpy as np

    means = of_method.groupby(["held_out", "setting"], sort=False)[["iid", "shifted"]].mean()
    found = [of_dataset.to_numpy() for _, of_dataset in means.groupby("held_out", sort=False)]
    sizes = [len(values) for values in found]
    total = int(np.prod(sizes, dtype=np.int64))
    rng = np.random.default_rng(seed_for("cloud", *of_method["condition"].unique()))
    chosen = np.arange(total) if total <= most else rng.choice(total, most, replace=False)
    places = np.unravel_index(chosen, sizes)
    return np.mean([values[place] for values, place in zip(found, places, strict=True)], axis=0)


def _panels(numbers: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    several = numbers["backbone"].nunique() > 1
    for (group, backbone), rows in numbers.groupby(GROUP, sort=False):
        yield style.plain(f"{group}, {backbone}" if several else str(group)), rows


def _cloud(ax: Axes, numbers: pd.DataFrame, conditions: pd.DataFrame) -> None:
    ax.grid()
    ax.locator_params(nbins=5)
    for c in each_row(conditions):
        rows = numbers[numbers["condition"] == c.condition]
        if rows.empty:
            continue
        ax.plot(rows["iid"], rows["shifted"], ls="", marker=".", ms=2, mec="none", color=c.shade,
                alpha=0.35, rasterized=True)  # fmt: skip
        ax.plot(rows["iid"].mean(), rows["shifted"].mean(), ls="", marker=c.marker,
                ms=6, color=c.shade, mec="white", mew=0.6, zorder=4)  # fmt: skip
