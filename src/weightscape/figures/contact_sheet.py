"""What the network sees: classes, domains and shifts of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.config.figure import Figure
from weightscape.figures import drawing, style
from weightscape.figures._sheet import add_columns, draw_sheet

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd

COLUMNS = ["row", "set", "class", "column", "place", "channels", "height", "width", "pixels"]

SETS = {"train": "training images", "test": "test images"}
"""The sets that are no shift, and what they are called."""


class ContactSheet(Figure):
    """What the network sees: classes, domains and shifts of a dataset."""

    tables = ("pictures",)

    caption = (
        "What the network sees: each row is a set of images, each column a class, or several"
        " columns where there are few classes; of many, the first ten. Training images and test"
        " images come first, by domain where there are several; below them every shift, at its"
        " mildest and its strongest. A corruption and the test images show the same image in one"
        " column, so read down a column to see what it does, and whether the class can still be"
        " told; images of another domain are other images. They are the first of their class, not"
        " chosen ones."
    )

    dataset: str | None = Field(
        default=None, description="Dataset to show; the first of the study if not given."
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the images of a dataset with the row and the column of each."""
        pictures = tables["pictures"]
        dataset = self.dataset or (pictures["dataset"].iloc[0] if len(pictures) else "")
        shown = pictures[pictures["dataset"] == dataset]
        several = shown["domain"].nunique() > 1
        two = shown[shown["severity"] > 0].groupby("set")["severity"].nunique()
        rows = [
            SETS.get(name, name.replace("_", " "))
            + (f", {severity}" if two.get(name, 1) > 1 else "")
            + (f" ({domain})" if several and domain else "")
            for name, severity, domain in zip(
                shown["set"], shown["severity"], shown["domain"], strict=True
            )
        ]
        found = add_columns(shown.assign(row=rows))[COLUMNS]
        found.insert(0, "dataset", dataset)
        return found

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw a row of images per set."""
        if numbers.empty:
            return drawing.draw_nothing("there are no images")
        rows = list(dict.fromkeys(numbers["row"]))
        with style.hold_style():
            figure, ax = draw_sheet(numbers, rows, "row")
            shifts = numbers.drop_duplicates("row")["set"].isin(list(SETS))
            ax.axhline(int(shifts.sum()), color=style.INK, lw=0.8)
            drawing.say_above(figure, str(numbers["dataset"].iloc[0]))
        return figure
