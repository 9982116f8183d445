"""How every figure looks: sizes, one colour per family, words for the metrics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from weightscape.config.families import TWIN
from weightscape.seeds import seed_for

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 7.0
"""Inches: the text width of a page, two columns of a paper."""

FONT = 8.0
"""Points: still readable where the figure is shrunk to three quarters."""

INK = "#444444"
"""Colour of axes, words and lines that are no data."""

BLACK = "#222222"
"""Colour of intervals and fitted curves."""

QUIET = "#6B6B6B"
"""Colour of words that stand back."""

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
    "axes.edgecolor": INK,
    "axes.axisbelow": True,
    "axes.formatter.limits": (-3, 4),
    "axes.formatter.use_mathtext": True,
    "xtick.color": INK,
    "ytick.color": INK,
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

DECADES = 12
"""Below that many decades under the largest, an eigenvalue is rounding and not drawn."""

FLOOR = "#D9D9D9"
"""Colour of the noise floor, the interval of the twin condition."""


def label(name: str) -> str:
    """Return the words or symbols for a metric, ready to be drawn."""
    from weightscape.comparison.metrics import find_metric, label_of, split_name

    # A label that is declared may be mathtext; another name may hold a $ that is none.
    found = label_of(name)
    return found if find_metric(split_name(name)[0]) else plain(found)


def words(name: str) -> str:
    """Return the name of a family or shift with spaces, ready to be drawn."""
    return plain(name.replace("_", " "))


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


def list_conditions(numbers: pd.DataFrame) -> pd.DataFrame:
    """Return the conditions in `numbers` in the order in which every figure lists them.

    Parameters
    ----------
    numbers : pandas.DataFrame
        With the columns condition, family and dose.

    Returns
    -------
    pandas.DataFrame
        One row per condition, by family, dose and name, with the columns condition, family, dose,
        is_twin, label (the name as it is to be drawn), marker and shade: the family's colour, paler
        for its weaker doses.
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
    return unique.assign(
        is_twin=unique["family"] == TWIN,
        label=unique["condition"].map(plain),
        marker=unique["family"].map(marker),
        shade=shades,
    )


def _paler(name: str, share: float) -> str:
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = (channel + (1 - channel) * share for channel in to_rgb(name))
    return to_hex((red, green, blue))


@contextmanager
def hold_style() -> Iterator[None]:
    """Hold the style while a figure is drawn or saved; both read it."""
    from matplotlib import rc_context

    with rc_context(RC):  # type: ignore[arg-type]
        yield
