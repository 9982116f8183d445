"""A contact sheet: what the images look like that networks learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.figures import drawing, style
from weightscape.figures._sheet import add_columns, draw_sheet
from weightscape.figures.cell import CellFigure, add_cell

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd

COLUMNS = ["set", "kind", "family", "class", "place", "channels", "height", "width", "pixels"]

KINDS = {
    "real": "real",
    "augmented": "augmented",
    "mixed": "mixed and\naugmented",
    "synthetic": "generated",
}
"""The kinds of sets that are shown, in order, and what is written beside them."""


class ImageSamples(CellFigure):
    """A contact sheet: what the images look like that networks learn from."""

    tables = ("samples",)

    caption = (
        "Each row is a set of images, named on the left; on the right stands what it is: the real"
        " training images, the same ones passed once through the augmentations of a condition, and"
        " what each generator makes. Each column is a class, or several columns where there are few"
        " classes. Real and augmented images in one column have the same original, so read down a"
        " column to see what an augmentation does, and whether the class can still be recognised; a"
        " generated image has no original. These are the first images of their class, not chosen"
        " ones."
    )

    columns: int = Field(
        default=10, ge=1, le=40, description="Images in a row, where a set has so many samples."
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the images to show with the column of each, set by set from the upper row down."""
        samples = self.select(tables["samples"])
        shown = samples[samples["kind"].isin(list(KINDS))]
        ordered = shown.sort_values(
            "kind", key=lambda kinds: kinds.map(list(KINDS).index), kind="stable"
        )
        chosen = ordered.groupby("set", sort=False).head(self.columns)
        return add_cell(add_columns(chosen)[[*COLUMNS, "column"]], samples)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw a row of images per set."""
        if numbers.empty:
            return drawing.draw_nothing("there are no samples of images")
        sets = numbers.drop_duplicates("set").reset_index(drop=True)
        with style.hold_style():
            figure, ax = draw_sheet(numbers, list(sets["set"]), "set")
            columns = ax.get_xlim()[1]
            families = sets["family"].where(sets["kind"] != "synthetic", "synthetic")
            for label, family in zip(
                ax.get_yticklabels(), families.fillna("baseline"), strict=True
            ):
                label.set_color(style.colour(family))
            for kind, members in sets.groupby("kind", sort=False).groups.items():
                middle = (members.min() + members.max() + 1) / 2
                ax.text(columns + 0.15, middle, KINDS[str(kind)], va="center", color=style.QUIET)
                if members.min() > 0:
                    ax.axhline(members.min(), color=style.INK, lw=0.8)
            drawing.name_cell(figure, numbers)
        return figure
