"""What figures are put together from: an empty sheet, panels, legends, the noise floor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from weightscape.figures import style
from weightscape.figures.cell import each_row

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def make_figure(height: float, width: float = style.WIDTH) -> Figure:
    """Return an empty figure of so many inches that draws to memory and lays itself out."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def draw_nothing(reason: str) -> Figure:
    """Return a figure that only says why there is nothing to draw."""
    with style.hold_style():
        figure = make_figure(1.2)
        figure.text(0.5, 0.5, reason, ha="center", va="center", color=style.INK)
    return figure


@contextmanager
def open_figure(height: float, width: float = style.WIDTH) -> Iterator[Figure]:
    """Give an empty figure of so many inches and hold the style while it is drawn."""
    with style.hold_style():
        yield make_figure(height, width)


def count_rows(count: int, columns: int) -> int:
    """Return how many rows hold so many panels."""
    return -(-count // columns)


def make_panels(figure: Figure, count: int, columns: int) -> list[Axes]:
    """Return so many panels of a figure, row by row."""
    grid = figure.subplots(count_rows(count, columns), columns, squeeze=False)
    for ax in grid.flat[count:]:
        ax.set_axis_off()
    return list(grid.flat[:count])


def say_unavailable(axes: Axes) -> None:
    """Say in an empty panel that there is nothing to draw in it."""
    axes.text(0.5, 0.5, "not available", ha="center", va="center", transform=axes.transAxes)


def name_cell(figure: Figure, numbers: pd.DataFrame, more: str = "") -> None:
    """Write above the picture which dataset and backbone it shows, and what else is to be said."""
    first = numbers.iloc[0]
    say_above(figure, f"{first['backbone']} on {first['dataset']}{more}")


def say_above(figure: Figure, words: str) -> None:
    """Write `words` above the picture."""
    size, plain = style.FONT - 1, style.plain(words)
    figure.suptitle(plain, x=0.01, ha="left", fontsize=size, color=style.QUIET)


def make_marks(conditions: pd.DataFrame) -> list[Artist]:
    """Return the legend of conditions: their marks, see `style.list_conditions`."""
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], ls="", marker=row.marker, color=row.shade, label=row.label)
        for row in each_row(conditions)
    ]


def make_line_marks(conditions: pd.DataFrame) -> list[Artist]:
    """Return the legend of conditions that are drawn as lines: the twin broad and pale."""
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=row.shade, lw=width, alpha=opacity, label=row.label)
        for row in each_row(conditions)
        for width, opacity in [(5, 0.5) if row.is_twin else (1.4, 1)]
    ]


def make_floor_mark(words: str = "noise floor: the twin's interval") -> Artist:
    """Return the legend of the noise floor."""
    from matplotlib.patches import Patch

    return Patch(color=style.FLOOR, label=words)


def put_legend(figure: Figure, handles: Sequence[Artist]) -> None:
    """Put a legend below the panels, in as many columns as the width holds, 5 at most."""
    for columns in range(5, 0, -1):
        legend = figure.legend(handles=handles, loc="outside lower center", ncols=columns)
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


def draw_floor_band(axes: Axes, low: float, high: float, *, vertical: bool = False) -> None:
    """Draw the noise floor from `low` to `high`; nothing where either is missing."""
    if low <= high:  # false for NaN
        span = axes.axvspan if vertical else axes.axhspan
        span(low, high, color=style.FLOOR, alpha=0.7, linewidth=0, zorder=0, gid="noise floor")


def prepare_effects(axes: Axes, floor: tuple[float, float], *, zorder: int) -> None:
    """Make a panel ready for effects along its width: the line of none, and the noise floor."""
    axes.axvline(0, color=style.INK, lw=0.6, zorder=zorder)
    axes.locator_params(axis="x", nbins=4)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    draw_floor_band(axes, *floor, vertical=True)


def draw_floor_box(axes: Axes, x: tuple[float, float], y: tuple[float, float]) -> None:
    """Draw the noise floor of two quantities as a box, from the ends of either."""
    from matplotlib.patches import Rectangle

    corner, width, height = (x[0], y[0]), x[1] - x[0], y[1] - y[0]
    box = Rectangle(corner, width, height, color=style.FLOOR, alpha=0.7, lw=0, zorder=0)
    box.set_gid("noise floor")
    axes.add_patch(box)
