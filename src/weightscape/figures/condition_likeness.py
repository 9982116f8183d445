"""Which conditions leave the same profile in the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.figures.cell import Cell, each_row, only
from weightscape.figures.profiles import changes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

TABLES: tuple[str, ...] = ("runs", "spectra")

CAPTION = (
    "Each cell says how alike two conditions are in where along the network they act: the"
    " correlation of their effects over the layers without the classifier, taken between different"
    " seeds, so that noise that one seed shares is not read as likeness, and corrected for noise;"
    " 1 is the same profile, 0 an unrelated one, −1 its mirror image, whatever their strengths. The"
    " framed diagonal is the reliability, how far a condition repeats itself from seed to seed."
    " Where it is below .5 the profile is mostly noise, and the condition's cells are hatched:"
    " inconclusive. The twin has no effect, so its row should be."
)


class Options(Cell):
    """What the figure shows."""

    metric: str = Field(
        default="log_norm", description="Column of the spectra table whose profiles are compared."
    )


def numbers(tables: Mapping[str, pd.DataFrame], options: Options) -> pd.DataFrame:
    """Return the likeness of every pair of conditions with the r and reliabilities behind it."""
    import pandas as pd

    from weightscape.comparison.likeness import likeness
    from weightscape.figures.style import conditions

    change = changes(tables["spectra"], only(tables["runs"], options), [options.metric])
    body = change[change["role"] != "classifier"]
    effect = body.merge(
        body[["condition", "seed", "layer", "change"]],
        left_on=["reference", "seed", "layer"],
        right_on=["condition", "seed", "layer"],
        suffixes=("", "_reference"),
    )
    effect = effect[effect["condition"] != effect["reference"]]
    seeds, layers = sorted(effect["seed"].unique()), effect["layer"].unique()
    order = conditions(effect)
    profiles = {
        condition: rows.assign(effect=rows["change"] - rows["change_reference"])
        .pivot(index="seed", columns="layer", values="effect")
        .reindex(index=seeds, columns=layers)
        .to_numpy()
        for condition, rows in effect.groupby("condition")
    }
    r, reliability, corrected = likeness({name: profiles[name] for name in order["condition"]})
    rows = [
        {
            "metric": options.metric,
            "condition": one.condition,
            "family": one.family,
            "dose": one.dose,
            "other": other.condition,
            "r": r[i, j],
            "reliability": reliability[i],
            "reliability_other": reliability[j],
            "likeness": corrected[i, j],
        }
        for i, one in enumerate(each_row(order))
        for j, other in enumerate(each_row(order))
    ]
    columns = [
        "metric",
        "condition",
        "family",
        "dose",
        "other",
        "r",
        "reliability",
        "reliability_other",
        "likeness",
    ]
    return pd.DataFrame(rows, columns=columns)


def draw(numbers: pd.DataFrame, options: Options) -> Figure:
    """Draw the matrix of likeness, its diagonal replaced by the reliability."""
    import numpy as np
    from matplotlib.patches import Patch, Rectangle

    from weightscape.figures import style

    if numbers.empty:
        return style.nothing("no conditions whose weights are comparable")
    conditions = style.conditions(numbers)
    names = list(conditions["condition"])
    cells = numbers.pivot(index="condition", columns="other", values="likeness")
    shown = cells.reindex(index=names, columns=names).to_numpy(float, copy=True)
    reliability = numbers.drop_duplicates("condition").set_index("condition")["reliability"]
    np.fill_diagonal(shown, np.nan)  # a likeness of one to itself is 1 and says nothing
    with style.styled():
        side = 0.42 * len(names)
        figure = style.blank(side + 1.7, min(style.WIDTH, side + 2.3))
        ax = figure.add_subplot()
        image = ax.imshow(shown, cmap="RdBu_r", vmin=-1, vmax=1)
        for i, j in np.ndindex(shown.shape):
            value = reliability[names[i]] if i == j else shown[i, j]
            if i == j:
                ax.add_patch(
                    Rectangle(
                        (j - 0.46, i - 0.46), 0.92, 0.92, fill=False, lw=0.8, ec="#222222", zorder=3
                    )
                )
            elif not np.isfinite(value):
                ax.add_patch(
                    Rectangle(
                        (j - 0.5, i - 0.5), 1, 1, fc="#EDEDED", ec="#B5B5B5", hatch="/////", lw=0
                    )
                )
            if np.isfinite(value):
                dark = i != j and abs(value) > 0.6
                ax.text(
                    j,
                    i,
                    f"{value:.2f}".replace("-", "−"),
                    ha="center",
                    va="center",
                    fontsize=style.FONT - 1,
                    color="white" if dark else "#222222",
                )
        ax.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
        ax.set_yticks(range(len(names)), names)
        for ticks in (ax.get_xticklabels(), ax.get_yticklabels()):
            for tick, family in zip(ticks, conditions["family"], strict=True):
                tick.set_color(style.colour(family))
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_title(f"profiles of {style.label(options.metric)} over the layers")
        bar = figure.colorbar(image, ax=ax, shrink=0.7, ticks=[-1, -0.5, 0, 0.5, 1])
        bar.set_label("likeness")
        bar.outline.set_visible(False)
        figure.legend(
            handles=[
                Patch(fc="white", ec="#222222", label="reliability"),
                Patch(fc="#EDEDED", ec="#B5B5B5", hatch="/////", label="inconclusive"),
            ],
            loc="outside lower center",
            ncols=2,
        )
    return figure
