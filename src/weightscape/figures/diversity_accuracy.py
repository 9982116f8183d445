"""Accuracy on shifted images against the diversity of the images that are trained on."""

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
    "space",
    "kind",
    "condition",
    "family",
    "dose",
    "reference",
    "seed",
    "score",
    "n",
    "vendi",
    "vendi_low",
    "vendi_high",
    "shifted",
    "shifted_low",
    "shifted_high",
]

SPACES = {"pixels": "pixels", "embedding": "features of the backbone"}
"""The panels and what they are called."""


class DiversityAccuracy(CellFigure):
    """Accuracy on shifted images against the diversity of the images that are trained on."""

    tables = ("diversity", "runs", "scores", "comparisons")

    caption = (
        "Each mark is a condition that changes the images that are trained on, and the baseline,"
        " which has the plain ones. Further right these are more diverse: the Vendi score, the"
        " number of clearly different images that so many of them are worth, between pixels on the"
        " left and between features of the backbone before fine-tuning on the right. Further up the"
        " networks are more accurate on shifted images, as the mean over all shifts. A small mark"
        " is one seed, a large one the mean, the horizontal bar the 95 % interval of the score; a"
        " line joins the doses of a family, dotted from the reference to the lowest one. The grey"
        " band is the noise floor, the 95 % t interval, over seeds and test images, of the twin's"
        " difference from the baseline: a mark inside it is no more accurate than chance makes it."
        " The dotted vertical line is"
        " the score of the real test images. Marks that rise to the right in one panel but not in"
        " the other say that it is not diversity as such that helps."
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return four kinds of rows per space: runs, conditions' means, noise floors, test images.

        A noise floor has its reference's mean accuracy and, in shifted_low and shifted_high, that
        mean plus the ends of the t interval of the twin's paired difference. Rows of the test
        images have a score and no accuracy.
        """
        import pandas as pd

        runs = self.select(tables["runs"])
        score = find_score(runs)
        effects = effects_on(score, self.select(tables["comparisons"]))
        each = find_accuracies(tables["scores"], runs)
        each = each[each["shift"] == MEAN].dropna(subset="shifted")
        key = ["condition", "family", "dose", "reference"]
        mean = each.groupby(key, dropna=False, sort=False)["shifted"].mean().reset_index()
        scores = _scores(self.select(tables["diversity"]))
        trained = scores.drop(columns="kind").dropna(subset="condition")
        parts = [
            part.merge(trained, on="condition").assign(kind=kind)
            for kind, part in {"run": each, "mean": mean}.items()
        ]
        test = scores[scores["kind"] == "test"].drop(columns="condition")
        parts += [floors(each, effects).assign(kind="floor"), test]
        kept = [part.reindex(columns=COLUMNS) for part in parts if len(part)]
        if len(trained) == 0 or len(each) == 0:
            return add_cell(pd.DataFrame(columns=COLUMNS), runs)
        together = pd.concat([part.astype(object) for part in kept], ignore_index=True)
        together["score"] = score
        real = dict.fromkeys(["dose", *COLUMNS[COLUMNS.index("vendi") :]], float)
        return add_cell(together.astype({"seed": "Int32", "n": "Int32", **real}), runs)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw one panel per space."""
        from matplotlib.lines import Line2D

        marked = numbers[numbers["kind"].isin(["run", "mean"])]
        if marked.empty:
            return drawing.draw_nothing(
                "no condition with measured images is tested on shifted ones"
            )
        conditions = style.list_conditions(marked)
        spaces = [space for space in SPACES if space in set(marked["space"])]
        with drawing.open_figure(
            3.4, style.WIDTH if len(spaces) > 1 else style.WIDTH / 2
        ) as figure:
            panels = figure.subplots(1, len(spaces), sharey=True, squeeze=False)[0]
            for ax, space in zip(panels, spaces, strict=True):
                floor = numbers[numbers["kind"] == "floor"]
                drawing.draw_floor_band(ax, floor["shifted_low"].min(), floor["shifted_high"].max())
                shown = numbers[numbers["space"] == space]
                _points(ax, shown, conditions)
                for score in shown.loc[shown["kind"] == "test", "vendi"]:
                    ax.axvline(
                        score, color=style.INK, lw=0.8, ls=":", zorder=1, label="test images"
                    )
                ax.set_title(SPACES[space])
                ax.set_xlabel(f"Vendi score of {shown['n'].max()} images")
            panels[0].set_ylabel(style.label(f"shifted_{marked['score'].iloc[0]}"))
            handles = drawing.make_marks(conditions)
            if (numbers["kind"] == "test").any():
                handles.append(Line2D([], [], ls=":", lw=0.8, color=style.INK, label="test images"))
            if (numbers["kind"] == "floor").any():
                handles.append(drawing.make_floor_mark("noise floor"))
            drawing.put_legend(figure, handles)
            drawing.name_cell(figure, numbers)
        return figure


def _scores(diversity: pd.DataFrame) -> pd.DataFrame:
    """Return the score of every set as a whole, at the one number of images."""
    whole = diversity[diversity["class"] == ""].dropna(subset="vendi_subsampled")
    columns = {"vendi_subsampled": "vendi", "n_subsample": "n"}
    return whole.drop(columns=["vendi", "n"]).rename(columns=columns)[
        ["space", "kind", "condition", "n", "vendi", "vendi_low", "vendi_high"]
    ]


def _points(ax: Axes, shown: pd.DataFrame, conditions: pd.DataFrame) -> None:
    ax.grid()
    ax.locator_params(nbins=6)
    means = shown[shown["kind"] == "mean"]
    for family, rows in means.dropna(subset="dose").groupby("family", sort=False):
        _line(ax, means, rows.sort_values("dose"), style.colour(str(family)))
    for c in each_row(conditions):
        look = {"ls": "", "marker": c.marker, "color": c.shade}
        runs = shown[(shown["condition"] == c.condition) & (shown["kind"] == "run")]
        ax.plot(runs["vendi"], runs["shifted"], ms=2.8, alpha=0.6, mec="none", zorder=3, **look)
        for mean in each_row(means[means["condition"] == c.condition]):
            ax.hlines(mean.shifted, mean.vendi_low, mean.vendi_high, color=c.shade, lw=1.0)
            place = [mean.vendi], [mean.shifted]
            ax.plot(*place, ms=6, mec="white", mew=0.5, zorder=4, label=c.condition, **look)


def _line(ax: Axes, means: pd.DataFrame, doses: pd.DataFrame, colour: str) -> None:
    """Join the doses of a family, and the lowest to the reference where that is shown."""
    columns = ["vendi", "shifted"]
    path = doses[columns].to_numpy(float)
    ax.plot(*path.T, color=colour, lw=0.9, alpha=0.8, zorder=2)
    reference = means.loc[means["condition"] == doses["reference"].iloc[0], columns]
    for start in reference.to_numpy(float):
        ax.plot(*zip(start, path[0], strict=True), color=colour, lw=0.9, ls=":", zorder=2)
