"""Rows of images beside one another: what contact sheets share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from weightscape.figures import drawing, style
from weightscape.figures.cell import each_row

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN = 2.0
"""Inches for the words on both sides of the images."""


def add_columns(images: pd.DataFrame) -> pd.DataFrame:
    """Return `images` with a column each: the n-th image of a class has the same in all rows."""
    classes = {name: k for k, name in enumerate(dict.fromkeys(images["class"]))}
    cells = [(classes[name], n) for name, n in zip(images["class"], images["place"], strict=True)]
    column = {cell: i for i, cell in enumerate(sorted(set(cells)))}
    return images.assign(column=[column[cell] for cell in cells]).reset_index(drop=True)


def draw_sheet(numbers: pd.DataFrame, rows: Sequence[str], key: str) -> tuple[Figure, Axes]:
    """Draw a row of images for each of `rows`, the classes named above.

    Parameters
    ----------
    numbers : pandas.DataFrame
        The images, with `column`, class, channels, height, width, pixels and the row's `key`.
    rows : sequence of str
        The rows from above, as they stand in the column `key`.
    key : str
        The column that says in which row an image is.
    """
    columns = int(numbers["column"].max()) + 1
    side = min(0.6, (style.WIDTH - MARGIN) / columns)
    figure = drawing.make_figure(0.6 + side * len(rows), MARGIN + side * columns)
    ax = figure.add_subplot()
    place = {name: row for row, name in enumerate(rows)}
    for image in each_row(numbers):
        x, y = image.column, place[getattr(image, key)]
        ax.imshow(_picture(image), "gray", vmin=0, vmax=255, extent=(x, x + 1, y + 1, y))
    ax.set(xlim=(0, columns), ylim=(len(rows), 0), aspect="equal")
    ax.spines[:].set_visible(False)
    # White lines between the images, whatever their size in pixels.
    ax.hlines(range(len(rows) + 1), 0, columns, color="white", lw=1.5)
    ax.vlines(range(columns + 1), 0, len(rows), color="white", lw=1.5)
    heads = numbers.groupby("class", sort=False)["column"].agg(["min", "max"])
    ax.set_xticks(heads.mean(axis=1) + 0.5, [style.plain(name) for name in heads.index])
    ax.set_yticks([row + 0.5 for row in place.values()], [style.plain(name) for name in rows])
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    return figure, ax


def _picture(image: Any) -> npt.NDArray[np.uint8]:
    """Return an image as matplotlib takes it: grey (height, width) or coloured (…, 3)."""
    import numpy as np

    pixels = np.asarray(image.pixels, np.uint8)
    planes = pixels.reshape(image.channels, image.height, image.width)
    return np.moveaxis(planes[:3], 0, 2) if image.channels > 2 else planes[0]
