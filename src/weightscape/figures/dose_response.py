"""Effects against the dose of what is varied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from weightscape.comparison.quantities import MEAN, find_noise_floor, find_score
from weightscape.figures import drawing, style
from weightscape.figures.cell import CellFigure, add_cell
from weightscape.figures.floors import IID, effects_on

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = [
    *("quantity", "condition", "family", "dose", "reference", "is_twin"),
    *("effect", "low", "high"),
]


class DoseResponse(CellFigure):
    """Effects against the dose of what is varied."""

    tables = ("runs", "comparisons")

    caption = (
        "Each row is a family of conditions that differ in the dose of one factor, each column a"
        " quantity. The open mark is the reference, whose effect is zero by definition; the others"
        " are the effect at each dose with its 95 % t interval over the seeds, of accuracies over"
        " seeds and test images. Doses are evenly spaced, whatever lies between them, so read the"
        " direction and not the slope. The grey"
        " band is the noise floor, the interval of the twin: inside it, a dose does what chance"
        " does. All panels of a column share their scale. Weights are averaged over the layers"
        " without the classifier, as in the table `comparisons`: those that have a value in every"
        " seed and, for alpha and other metrics of the tail, a tail of 50 eigenvalues or more"
        " before training."
    )

    metrics: tuple[str, ...] = Field(
        default=("log_norm", "stable_rank"),
        description="Columns of the spectra table, one column of panels each, before the"
        " accuracies.",
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the effect per quantity and condition of the twin and of families with a dose."""
        import pandas as pd

        frame = self.select(tables["comparisons"])
        score = find_score(self.select(tables["runs"]))
        weights = (
            (frame["scope"] == "body")
            & (frame["stage"] == "finetuned")
            & frame["metric"].isin(self.metrics)
        )
        on_score = effects_on(score, frame)
        parts = [frame[weights].rename(columns={"metric": "quantity"})[COLUMNS]]
        for shift, quantity in ((IID, score), (MEAN, f"shifted_{score}")):
            parts.append(on_score[on_score["shift"] == shift].assign(quantity=quantity)[COLUMNS])
        together = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
        kept = (
            (together["dose"].notna() | together["is_twin"])
            & (together["condition"] != together["reference"])
            & together["effect"].notna()
        )
        return add_cell(together[kept].astype({"dose": float}).reset_index(drop=True), frame)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw one row of panels per family with a dose and one column per quantity."""
        from matplotlib.lines import Line2D

        dosed = numbers[~numbers["is_twin"].astype(bool)]
        if dosed.empty:
            return drawing.draw_nothing("no family of conditions varies a dose")
        families = list(dict.fromkeys(style.list_conditions(dosed)["family"]))
        found = dict.fromkeys(numbers["quantity"])
        quantities = [*self.metrics, *(name for name in found if name not in self.metrics)]
        with drawing.open_figure(0.75 + 1.15 * len(families)) as figure:
            grid = figure.subplots(len(families), len(quantities), sharey="col", squeeze=False)
            for row, family in zip(grid, families, strict=True):
                for ax, quantity in zip(row, quantities, strict=True):
                    drawing.draw_floor_band(ax, *find_noise_floor(numbers, quantity=quantity))
                    of_family = dosed[dosed["family"] == family]
                    _series(ax, of_family, quantity, style.colour(family), style.marker(family))
                    if ax in grid[0]:
                        ax.set_title(style.label(quantity), loc="center")
                row[0].set_ylabel(style.words(family), color=style.colour(family))
            for ax in grid[-1]:
                ax.set_xlabel("dose")
            open_mark: Any = {"ls": "", "mfc": "white", "mec": style.INK}
            handles = [
                Line2D([], [], marker="o", label="reference", **open_mark),
                Line2D([], [], marker="o", color=style.INK, label="effect, 95 % t interval"),
                drawing.make_floor_mark(),
            ]
            drawing.put_legend(figure, handles)
            drawing.name_cell(figure, numbers)
        return figure


def _series(ax: Axes, family: pd.DataFrame, quantity: str, colour: str, marker: str) -> None:
    doses = sorted(family["dose"].unique())
    place = {dose: i + 1 for i, dose in enumerate(doses)}
    ax.axhline(0, color=style.INK, lw=0.6, zorder=1)
    ax.locator_params(axis="y", nbins=4)
    ax.grid(axis="y")
    for reference, rows in family[family["quantity"] == quantity].groupby("reference"):
        ordered = rows.sort_values("dose")
        x = [place[dose] for dose in ordered["dose"]]
        ax.plot([0, x[0]], [0, ordered["effect"].iloc[0]], color=colour, lw=0.9, ls=":", zorder=2)
        ax.vlines(x, ordered["low"], ordered["high"], color=colour, lw=1.1, zorder=3)
        ax.plot(x, ordered["effect"], color=colour, marker=marker, zorder=4, label=str(reference))
    ax.plot([0], [0], ls="", marker="o", mfc="white", mec=style.INK, zorder=5)
    ax.set_xticks([0, *place.values()], ["ref.", *(f"{dose:g}" for dose in doses)])
    ax.set_xlim(-0.5, len(doses) + 0.5)
