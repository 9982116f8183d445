"""Accuracy against the dose of one factor, on i.i.d. and on shifted images."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from weightscape.comparison.quantities import GROUP, complete_runs, find_score
from weightscape.config.figure import Figure
from weightscape.config.section import Name
from weightscape.figures import drawing, style

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.axes import Axes

    from weightscape.comparison.crossed import Crossed

COLUMNS = ["dose", "quantity", "score", "mean", "low", "high", "floor_low", "floor_high"]

QUANTITIES = {"iid": "", "shifted": "shifted_"}
"""Accuracy on usual and on shifted images, and what stands before the score's name."""


class DoseAccuracy(Figure):
    """Accuracy against the dose of one factor, on i.i.d. and on shifted images."""

    tables = ("runs", "scores", "influences")

    caption = (
        "Accuracy on images like those of training (left) and on shifted ones (right) against the"
        " dose, one row per data set. A mark is the mean over the settings and held-out domains of"
        " the data set, with its 95 % t interval over seeds and test images; the open mark has none"
        " of the factor. Doses are evenly spaced. The grey band is the noise floor: the interval of"
        " the twin's difference from the open mark, around it. Compare the place of the highest"
        " mark on the left and on the right: what is best on shifted images need not be so on the"
        " others."
    )

    family: Name = Field("dropout", description="Family whose doses are shown.")

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return mean accuracy and interval for every data set, backbone and dose.

        A dose of 0 is the reference of the family's conditions; its rows have the noise floor in
        floor_low and floor_high, where there is a twin. The images of held-out domains are taken
        for different ones.
        """
        import pandas as pd

        rows = [
            (*group, *row)
            for group, cells in sorted(_find_cells(tables).items())
            for row in _list_doses(cells, self.family)
        ]
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


class Cell(NamedTuple):
    """The conditions of one dataset and backbone.

    Attributes
    ----------
    score : str
        What is meant by accuracy.
    conditions : pandas.DataFrame
        A row per condition: condition, family, dose, reference, is_twin.
    accuracies : dict of str to Crossed
        By quantity, over the conditions and seeds.
    """

    score: str
    conditions: pd.DataFrame
    accuracies: dict[str, Crossed]


def _find_cells(tables: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], list[Cell]]:
    """Return by data set and backbone what its datasets have; each may hold out another domain.

    Runs without pre-training are left out where there are others: they answer another question.
    """
    from weightscape.comparison.arrays import Axes
    from weightscape.comparison.scored import crossed_accuracies

    runs = complete_runs(tables["runs"])
    scratch = runs["from_scratch"].astype(bool)
    runs = runs if scratch.all() else runs[~scratch]
    seeds = sorted(set(runs["seed"]))
    found: dict[tuple[str, str], list[Cell]] = {}
    for (dataset, backbone), part in runs.groupby(["dataset", "backbone"], sort=False):
        scores, influences = (
            table[(table["dataset"] == dataset) & (table["backbone"] == backbone)]
            if len(table)
            else table
            for table in (tables["scores"], tables["influences"])
        )
        conditions = part.drop_duplicates("condition").reset_index(drop=True)
        axes, score = Axes(list(conditions["condition"]), seeds), find_score(part)
        accuracies = crossed_accuracies(scores, influences, axes, score)
        group = (str(part["dataset_group"].iloc[0]), str(backbone))
        found.setdefault(group, []).append(Cell(score, conditions, accuracies))
    return found


def _list_doses(cells: Sequence[Cell], family: str) -> Iterator[tuple[float | str, ...]]:
    """Yield the rows of one data set and backbone, by dose; none where no condition has one."""
    from weightscape.comparison.crossed import estimate_crossed

    of_family = [cell.conditions["family"] == family for cell in cells]
    doses = {d for c, of in zip(cells, of_family, strict=True) for d in c.conditions["dose"][of]}
    known = sorted(dose for dose in doses if dose > 0)
    for dose in [0.0, *known] if known else []:
        chosen = [
            of & (cell.conditions["dose"] == dose)
            if dose
            else cell.conditions["condition"].isin(
                cell.conditions["reference"][of & cell.conditions["dose"].notna()]
            )
            & ~of
            for cell, of in zip(cells, of_family, strict=True)
        ]
        for quantity in QUANTITIES:
            mean = _average(cells, chosen, quantity)
            if mean is None:
                continue
            found = estimate_crossed(mean)
            effect, low, high = map(float, (found.effect, found.low, found.high))
            floor = (math.nan, math.nan) if dose else _find_floor(cells, quantity)
            around = (effect + end for end in floor)
            yield (dose, quantity, cells[0].score, effect, low, high, *around)


def _average(
    cells: Sequence[Cell], chosen: Sequence[pd.Series[bool]], quantity: str
) -> Crossed | None:
    """Return the mean over the chosen conditions that have values; None where none has."""
    import numpy as np

    from weightscape.comparison.crossed import average_apart

    parts = []
    for cell, of in zip(cells, chosen, strict=True):
        values = cell.accuracies[quantity]
        there = of.to_numpy(bool) & np.isfinite(values.values).any(axis=1)
        parts += [values[there].mean()] if there.any() else []
    return average_apart(parts) if parts else None


def _find_floor(cells: Sequence[Cell], quantity: str) -> tuple[float, float]:
    """Return the ends of the interval of the twins' differences from their references."""
    from weightscape.comparison.crossed import estimate_crossed

    twins = [cell.conditions["is_twin"].astype(bool) for cell in cells]
    references = [
        cell.conditions["condition"].isin(cell.conditions["reference"][of])
        for cell, of in zip(cells, twins, strict=True)
    ]
    one, other = (_average(cells, chosen, quantity) for chosen in (twins, references))
    if one is None or other is None:
        return math.nan, math.nan
    found = estimate_crossed(one - other)
    return float(found.low), float(found.high)


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
