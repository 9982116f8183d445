"""Which conditions leave the same profile in the weights."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from weightscape.config.families import CONTROL, TWIN
from weightscape.figures import drawing, style
from weightscape.figures.cell import CellFigure, add_cell, each_row

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.axes import Axes

COLUMNS = ["r", "reliability", "reliability_other", "likeness", "low", "high", "explained"]
COLUMNS += ["raw_likeness", "n_seeds", "limitation"]

HATCHED: dict[str, Any] = {"fc": "#EDEDED", "ec": "#B5B5B5", "hatch": "/////"}
"""How a cell looks that says nothing."""

ROLES = {TWIN: " (noise floor)", CONTROL: " (control)"}
"""What is said of families that are no choice."""


class ConditionLikeness(CellFigure):
    """Which conditions leave the same profile in the weights."""

    tables = ("runs", "likeness")

    caption = (
        "Each cell says how alike two conditions are in where along the network they act beside"
        " what more or less training does: the correlation, over the layers without the classifier,"
        " of what is left of their effects when the amount of training is taken out (the span of"
        " the reference's own change and of the controls' effects). It is taken between different"
        " seeds, so that noise that one seed shares is not read as likeness, and corrected for"
        " noise; 1 is the same profile, 0 an unrelated one, −1 its mirror image, whatever their"
        " strengths. Chance can carry it beyond ±1. It is bold where its 95 % jackknife interval"
        " over the seeds leaves out 0, uncorrected for the number of cells. The framed diagonal is"
        " the reliability, how far what is left repeats itself from seed to seed, and beneath it"
        " the share of the condition's profile that the amount of training explains, where there"
        " is a profile that repeats itself. Where the reliability is below .5, nothing is left"
        " that repeats itself, and the condition's cells are hatched: no more is shown than what"
        " less training does. They are hatched too where a profile is mostly amount and goes"
        " further than the controls. Controls are hatched as a rule: of what is taken out, nothing"
        " is left. The twin is the noise floor: it has no effect, so its row should be hatched, and"
        " where it is not, likenesses of the size that it has are what chance brings about."
    )

    metric: str = Field(
        default="log_norm", description="Metric that the study compares, whose profiles are shown."
    )
    level: Literal["condition", "family"] = Field(
        default="condition", description="Whether conditions are compared, or means of families."
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the likeness of every two conditions, or families, in the order of the picture.

        At the level of families `condition` and `other` are names of families.
        """
        frame, runs = self.select(tables["likeness"]), self.select(tables["runs"])
        kept = (
            (frame["level"] == self.level)
            & (frame["metric"] == self.metric)
            & (frame["scope"] == "body")
            & (frame["stage"] == "finetuned")
        )
        about = runs[["condition", "family", "dose"]].drop_duplicates(self.level)
        if self.level == "family":
            about = about.assign(condition=about["family"], dose=float("nan"))
        cells = frame[kept].rename(columns={"one": "condition"}).merge(about, on="condition")
        order = list(style.list_conditions(cells)["condition"])
        place = cells[["condition", "other"]].map(order.index)
        cells = cells.loc[place.sort_values(["condition", "other"]).index]
        columns = ["metric", "condition", "family", "dose", "other", *COLUMNS]
        return add_cell(cells[columns].reset_index(drop=True), frame)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw the matrix of likeness, its diagonal replaced by the reliability."""
        from matplotlib.patches import Patch

        nothing = f"no likeness of {style.plain(self.metric)} to show"
        if numbers.empty:
            return drawing.draw_nothing(nothing)
        if numbers["reliability"].isna().all():
            why = numbers["limitation"].value_counts().index[0]
            said = wrap(f"{nothing}: {style.plain(why)}", 100)
            figure = drawing.draw_nothing("\n".join(said))
            drawing.name_cell(figure, numbers)
            return figure
        conditions = style.list_conditions(numbers)
        side = min(0.42 * len(conditions), style.WIDTH - 2.6)
        with drawing.open_figure(side + 1.9, side + 2.6) as figure:
            ax = figure.add_subplot()
            ax.set_title(f"profiles of {style.label(self.metric)} over the layers")
            size = min(style.FONT - 1, 0.35 * 72 * side / len(conditions))
            _matrix(ax, numbers, list(conditions["condition"]), size)
            names = [f"{c.label}{ROLES.get(c.family, '')}" for c in each_row(conditions)]
            ax.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
            ax.set_yticks(range(len(names)), names)
            for ticks in (ax.get_xticklabels(), ax.get_yticklabels()):
                for tick, family in zip(ticks, conditions["family"], strict=True):
                    tick.set_color(style.colour(family))
            ax.tick_params(length=0)
            ax.spines[:].set_visible(False)
            bar = figure.colorbar(ax.images[0], ax=ax, shrink=0.7, ticks=[-1, -0.5, 0, 0.5, 1])
            bar.set_label("likeness")
            bar.outline.set_visible(False)
            handles = [
                Patch(fc="white", ec=style.BLACK, label="reliability; share of the amount"),
                Patch(label="inconclusive", **HATCHED),
            ]
            drawing.put_legend(figure, handles)
            drawing.name_cell(figure, numbers)
        return figure


def _matrix(ax: Axes, numbers: pd.DataFrame, names: list[str], size: float) -> None:
    import numpy as np
    from matplotlib.patches import Rectangle

    shown, low, high = (
        numbers.pivot(index="condition", columns="other", values=column)
        .reindex(index=names, columns=names)
        .to_numpy(float, copy=True)
        for column in ("likeness", "low", "high")
    )
    itself = numbers[numbers["condition"] == numbers["other"]].set_index("condition")
    reliability = itself["reliability"]
    # A profile that does not repeat itself has no likeness to itself, and nothing to explain.
    explained = itself["explained"].where(itself["raw_likeness"].notna())
    np.fill_diagonal(shown, np.nan)  # a likeness of one to itself is 1 and says nothing
    ax.imshow(shown, cmap="RdBu_r", vmin=-1, vmax=1)
    for i, j in np.ndindex(shown.shape):
        value = reliability[names[i]] if i == j else shown[i, j]
        if i == j:
            frame = Rectangle((j - 0.46, i - 0.46), 0.92, 0.92, fill=False, lw=0.8, ec=style.BLACK)
            frame.set_zorder(3)
            ax.add_patch(frame)
        elif not np.isfinite(value):
            ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, lw=0, **HATCHED))
        words = [f"{value:.2f}".replace("-", "−")] if np.isfinite(value) else []
        if i == j and np.isfinite(explained[names[i]]):
            words.append(f"{100 * explained[names[i]]:.0f} %")
        if words:
            sure = i != j and (low[i, j] > 0 or high[i, j] < 0)
            ax.text(
                *(j, i, "\n".join(words)),
                ha="center",
                va="center",
                fontsize=size if len(words) < 2 else 0.8 * size,
                linespacing=1.0,
                fontweight="bold" if sure else "normal",
                color="white" if i != j and abs(value) > 0.6 else style.BLACK,
            )
