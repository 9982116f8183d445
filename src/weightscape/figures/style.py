"""How every figure looks: sizes, one colour per family, words for the metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from weightscape.seeds import seed_for

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.0
"""Inches: the text width of a page, two columns of a paper."""

FONT = 8.0
"""Points: still readable where the figure is shrunk to three quarters."""

RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": FONT,
    "axes.titlesize": FONT,
    "axes.labelsize": FONT,
    "xtick.labelsize": FONT - 1,
    "ytick.labelsize": FONT - 1,
    "legend.fontsize": FONT - 0.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "#444444",
    "axes.axisbelow": True,
    "axes.formatter.limits": (-3, 4),
    "axes.formatter.use_mathtext": True,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.columnspacing": 1.4,
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
}

# Okabe & Ito's colours, apart under every common colour blindness. The order is the one in which
# families are listed everywhere.
FAMILIES = {
    "baseline": ("#000000", "o"),
    "null": ("#8C8C8C", "o"),
    "dropout": ("#0072B2", "s"),
    "control": ("#5C5C5C", "p"),
    "weight_decay": ("#D55E00", "v"),
    "noise": ("#56B4E9", "D"),
    "augmentation": ("#009E73", "^"),
    "synthetic": ("#CC79A7", "P"),
    "synthetic_replaced": ("#AA4499", "*"),
    "synthetic_filtered": ("#332288", "H"),
    "chain": ("#117733", "<"),
    "ensemble": ("#882255", "d"),
    "weight_average": ("#999933", "h"),
    "scratch": ("#E69F00", "X"),
}
"""Colour and marker of the families that the studies at hand know."""

# Tol's muted scheme, less what resembles the colours above.
OTHERS = ("#44AA99", "#661100", "#6699CC", "#AA4466", "#4477AA", "#228833")

INITIAL = "#5D4FC4"
"""Colour of the initial weights, which belong to no family."""

FLOOR = "#D9D9D9"
"""Colour of the noise floor, the interval of the twin condition."""

LABELS = {
    "alpha": r"$\alpha$",
    "alpha_weighted": r"$\hat\alpha$",
    "norm": r"$\|W\|_F^2$",
    "log_norm": r"$\log_{10}\|W\|_F^2$",
    "spectral_norm": r"$\|W\|_2^2$",
    "log_spectral_norm": r"$\log_{10}\|W\|_2^2$",
    "log_alpha_norm": r"$\log_{10}\|W\|_\alpha^\alpha$",
    "mp_softrank": "MP soft rank",
    "nll": "NLL",
    "ece": "ECE",
    "accuracy": "test accuracy",
    "shifted_accuracy": "shifted accuracy",
    "balanced_accuracy": "test balanced accuracy",
    "shifted_balanced_accuracy": "shifted balanced accuracy",
    "auroc": "test AUROC",
    "shifted_auroc": "shifted AUROC",
}


def label(name: str) -> str:
    """Return the words or symbols for a metric; its name with spaces where it has none."""
    return LABELS.get(name) or plain(name.replace("_", " "))


def plain(name: str) -> str:
    """Return `name` as it is to be drawn: matplotlib takes what stands between two $ for math."""
    return name.replace("$", r"\$")


def colour(family: str) -> str:
    """Return the colour of a family; one not in `FAMILIES` gets a stable one by its name."""
    if family in FAMILIES:
        return FAMILIES[family][0]
    return OTHERS[seed_for("colour", family) % len(OTHERS)]


def marker(family: str) -> str:
    """Return the marker of a family, so that colour is never the only difference."""
    return FAMILIES[family][1] if family in FAMILIES else "p"


def conditions(numbers: pd.DataFrame) -> pd.DataFrame:
    """Return the conditions in `numbers` in the order in which every figure lists them.

    Parameters
    ----------
    numbers : pandas.DataFrame
        With the columns condition, family and dose.

    Returns
    -------
    pandas.DataFrame
        One row per condition, by family, dose and name, with the columns condition, family, dose,
        label (the name as it is to be drawn) and shade: the family's colour, paler for its weaker
        doses.
    """
    families = list(FAMILIES)
    unique = numbers[["condition", "family", "dose"]].drop_duplicates("condition")
    rank = unique["family"].map(
        lambda name: families.index(name) if name in families else len(families)
    )
    unique = (
        unique.assign(rank=rank)
        .sort_values(["rank", "family", "dose", "condition"], na_position="first")
        .drop(columns="rank")
        .reset_index(drop=True)
    )
    size = unique.groupby("family")["condition"].transform("size")
    place = unique.groupby("family").cumcount()
    shades = [
        _paler(colour(family), 0.5 * (1 - (i + 1) / n) if n > 1 else 0.0)
        for family, i, n in zip(unique["family"], place, size, strict=True)
    ]
    return unique.assign(shade=shades, label=[plain(name) for name in unique["condition"]])


def _paler(name: str, share: float) -> str:
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = (channel + (1 - channel) * share for channel in to_rgb(name))
    return to_hex((red, green, blue))


@contextmanager
def styled() -> Iterator[None]:
    """Hold the style while a figure is drawn or saved; both read it."""
    from matplotlib import rc_context

    with rc_context(RC):  # type: ignore[arg-type]
        yield


def blank(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure of so many inches that draws to memory and lays itself out."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def nothing(reason: str) -> Figure:
    """Return a figure that only says why there is nothing to draw."""
    with styled():
        figure = blank(1.2)
        figure.text(0.5, 0.5, reason, ha="center", va="center", color="#444444")
    return figure


def name_cell(figure: Figure, numbers: pd.DataFrame, more: str = "") -> None:
    """Write above the picture which dataset and backbone it shows, and what else is to be said."""
    first = numbers.iloc[0]
    words = plain(f"{first['backbone']} on {first['dataset']}{more}")
    figure.suptitle(words, x=0.01, ha="left", fontsize=FONT - 1, color="#6B6B6B")


def legend_below(figure: Figure, handles: Sequence[Artist]) -> None:
    """Put a legend below the panels, in as many columns as the width holds, 5 at most."""
    for columns in range(5, 0, -1):
        legend = figure.legend(handles=handles, loc="outside lower center", ncols=columns)
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


def floor_band(axes: Axes, low: float, high: float, *, vertical: bool = False) -> None:
    """Draw the noise floor from `low` to `high`; nothing where either is missing."""
    if low <= high:  # false for NaN
        span = axes.axvspan if vertical else axes.axhspan
        span(low, high, color=FLOOR, alpha=0.7, linewidth=0, zorder=0, gid="noise floor")
