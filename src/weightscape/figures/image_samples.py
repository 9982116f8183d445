"""A contact sheet: what the images look like that networks learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from weightscape.figures.cell import Cell, each_row, named, only

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from matplotlib.figure import Figure

TABLES: tuple[str, ...] = ("samples",)

CAPTION = (
    "Each row is a set of images, named on the left; on the right stands what it is: the real"
    " training images, the same ones passed once through the augmentations of a condition, and what"
    " each generator makes. Each column is a class, or several columns where there are few classes."
    " Real and augmented images in one column have the same original, so read down a column to see"
    " what an augmentation does, and whether the class can still be recognised; a generated image"
    " has no original. These are the first images of their class, not chosen ones."
)

COLUMNS = ["set", "kind", "family", "class", "place", "channels", "height", "width", "pixels"]

KINDS = {
    "real": "real",
    "augmented": "augmented",
    "mixed": "mixed and\naugmented",
    "synthetic": "generated",
}
"""The kinds of sets that are shown, in order, and what is written beside them."""


MARGIN = 2.0
"""Inches for the words on both sides of the images."""


class Options(Cell):
    """What the figure shows."""

    columns: int = Field(
        default=10, ge=1, le=40, description="Images in a row, where a set has so many samples."
    )


def numbers(tables: Mapping[str, pd.DataFrame], options: Options) -> pd.DataFrame:
    """Return the images to show with the column of each, set by set from the upper row down."""
    samples = only(tables["samples"], options)
    shown = samples[samples["kind"].isin(list(KINDS))]
    ordered = shown.sort_values(
        "kind", key=lambda kinds: kinds.map(list(KINDS).index), kind="stable"
    )
    chosen = ordered.groupby("set", sort=False).head(options.columns)
    # One column for the n-th image of a class in all sets; those of a class beside one another.
    classes = {name: k for k, name in enumerate(dict.fromkeys(chosen["class"]))}
    cells = [(classes[name], n) for name, n in zip(chosen["class"], chosen["place"], strict=True)]
    column = {cell: i for i, cell in enumerate(sorted(set(cells)))}
    numbered = chosen[COLUMNS].assign(column=[column[cell] for cell in cells])
    return named(numbered.reset_index(drop=True), samples)


def draw(numbers: pd.DataFrame, options: Options) -> Figure:
    """Draw a row of images per set."""
    from weightscape.figures import style

    if numbers.empty:
        return style.nothing("there are no samples of images")
    sets = numbers.drop_duplicates("set").reset_index(drop=True)
    columns = int(numbers["column"].max()) + 1
    side = min(0.6, (style.WIDTH - MARGIN) / columns)
    with style.styled():
        figure = style.blank(0.6 + side * len(sets), MARGIN + side * columns)
        ax = figure.add_subplot()
        rows = {name: row for row, name in enumerate(sets["set"])}
        for image in each_row(numbers):
            x, y = image.column, rows[image.set]
            ax.imshow(_picture(image), "gray", vmin=0, vmax=255, extent=(x, x + 1, y + 1, y))
        ax.set(xlim=(0, columns), ylim=(len(sets), 0), aspect="equal")
        ax.spines[:].set_visible(False)
        # White lines between the images, whatever their size in pixels.
        ax.hlines(range(len(sets) + 1), 0, columns, color="white", lw=1.5)
        ax.vlines(range(columns + 1), 0, len(sets), color="white", lw=1.5)
        heads = numbers.groupby("class", sort=False)["column"].agg(["min", "max"])
        ax.set_xticks(heads.mean(axis=1) + 0.5, [style.plain(name) for name in heads.index])
        ax.set_yticks([row + 0.5 for row in rows.values()], [style.plain(name) for name in rows])
        ax.tick_params(length=0, labeltop=True, labelbottom=False)
        families = sets["family"].where(sets["kind"] != "synthetic", "synthetic")
        for label, family in zip(ax.get_yticklabels(), families.fillna("baseline"), strict=True):
            label.set_color(style.colour(family))
        for kind, members in sets.groupby("kind", sort=False).groups.items():
            middle = (members.min() + members.max() + 1) / 2
            ax.text(columns + 0.15, middle, KINDS[str(kind)], va="center", color="#6B6B6B")
            if members.min() > 0:
                ax.axhline(members.min(), color="#444444", lw=0.8)
        style.name_cell(figure, numbers)
    return figure


def _picture(image: Any) -> npt.NDArray[np.uint8]:
    """Return an image as matplotlib takes it: grey (height, width) or coloured (…, 3)."""
    import numpy as np

    pixels = np.asarray(image.pixels, np.uint8)
    planes = pixels.reshape(image.channels, image.height, image.width)
    return np.moveaxis(planes[:3], 0, 2) if image.channels > 2 else planes[0]
