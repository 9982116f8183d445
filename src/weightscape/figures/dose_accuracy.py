"""Accuracy against the dose of one factor, on i.i.d. and on shifted images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from weightscape.comparison.quantities import GROUP, find_mean_accuracies
from weightscape.config.figure import Figure
from weightscape.config.section import Name
from weightscape.figures import drawing, style

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ["dose", "quantity", "score", "mean", "low", "high", "floor_low", "floor_high"]

QUANTITIES = {"iid": "", "shifted": "shifted_"}
"""Accuracy on usual and on shifted images, and what stands before the score's name."""


class DoseAccuracy(Figure):
    """Accuracy against the dose of one factor, on i.i.d. and on shifted images."""

    tables = ("runs", "scores")

    caption = (
        "Accuracy on images like those of training (left) and on shifted ones (right) against the"
        " dose, one row per data set. A mark is the mean over the settings and held-out domains of"
        " the data set, with its 95 % t interval over the seeds; the open mark has none of the"
        " factor. Doses are evenly spaced. The grey band is the noise floor: the interval of the"
        " twin's difference from the open mark, around it. Compare the place of the highest mark on"
        " the left and on the right: what is best on shifted images need not be so on the others."
    )

    family: Name = Field("dropout", description="Family whose doses are shown.")

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return mean accuracy and interval for every data set, backbone and dose.

        A dose of 0 is the reference of the family's conditions; its rows have the noise floor in
        floor_low and floor_high, where there is a twin.
        """
        import pandas as pd

        from weightscape.comparison.paired import estimate_paired

        each = find_mean_accuracies(tables["scores"], tables["runs"])
        of_family = each[(each["family"] == self.family) & each["dose"].notna()]
        zero = each[
            each["condition"].isin(of_family["reference"]) & (each["family"] != self.family)
        ].assign(dose=0.0)
        chosen = pd.concat([zero, of_family], ignore_index=True)
        rows = []
        for key, of_dose in chosen.groupby([*GROUP, "dose"], sort=True):
            for quantity in QUANTITIES:
                of_seed = of_dose.groupby("seed")[quantity].mean()
                found = estimate_paired(of_seed.to_numpy())
                floor = (float("nan"),) * 2 if key[-1] else _floor(each, key, quantity, of_seed)
                score = of_dose["score"].iloc[0]
                ends = float(found.low), float(found.high)
                rows.append((*key, quantity, score, float(found.effect), *ends, *floor))
        return pd.DataFrame(rows, columns=[*GROUP, *COLUMNS])

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw a row of two panels per data set and backbone."""
        if numbers.empty:
            return drawing.draw_nothing(f"no condition of the family {self.family} has a dose")
        rows = [*numbers.groupby(GROUP, sort=False)]
        several = numbers["backbone"].nunique() > 1
        with drawing.open_figure(0.5 + 1.5 * len(rows)) as figure:
            grid = figure.subplots(len(rows), 2, squeeze=False)
            for axes, ((group, backbone), of_row) in zip(grid, rows, strict=True):
                for ax, quantity in zip(axes, QUANTITIES, strict=True):
                    _series(ax, of_row[of_row["quantity"] == quantity], self.family)
                axes[0].set_ylabel(style.plain(f"{group}\n{backbone}" if several else str(group)))
            for ax, start in zip(grid[0], QUANTITIES.values(), strict=True):
                ax.set_title(style.label(f"{start}{numbers['score'].iloc[0]}"))
            for ax in grid[-1]:
                ax.set_xlabel(style.words(self.family))
        return figure


def _floor(
    each: pd.DataFrame, key: Sequence[Any], quantity: str, of_seed: pd.Series[float]
) -> tuple[float, float]:
    """Return the interval of the twins' differences from their references, around `of_seed`."""
    from weightscape.comparison.paired import estimate_paired

    here = each[(each["dataset"] == key[0]) & (each["backbone"] == key[1])]
    of_chance = here[here["is_twin"].astype(bool)]
    references = here[here["condition"].isin(of_chance["reference"])]
    one, other = (rows.groupby("seed")[quantity].mean() for rows in (of_chance, references))
    found = estimate_paired((one - other).to_numpy())
    return float(of_seed.mean() + found.low), float(of_seed.mean() + found.high)


def _series(ax: Axes, rows: pd.DataFrame, family: str) -> None:
    colour, marker = style.colour(family), style.marker(family)
    x = range(len(rows))
    drawing.draw_floor_band(ax, rows["floor_low"].min(), rows["floor_high"].max())
    ax.vlines(x, rows["low"], rows["high"], color=colour, lw=1.1)
    ax.plot(x, rows["mean"], color=colour, marker=marker)
    if len(rows) and rows["dose"].iloc[0] == 0:
        ax.plot([0], rows["mean"].iloc[:1], ls="", marker="o", mfc="white", mec=style.INK, zorder=5)
    ax.set_xticks([*x], [f"{dose:g}" for dose in rows["dose"]])
    ax.grid(axis="y")
    ax.locator_params(axis="y", nbins=4)
