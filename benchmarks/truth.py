"""The tables of the simulation: the words `heavy` and `trusted` against the truth."""

import math
from typing import Any, NamedTuple

import pandas as pd

from benchmarks.report import Table
from weightscape.spectra.trust import MIN_P

CELL = ["design", "eigenvalues"]
LARGE, MIDDLE = 1024, 512
"""Numbers of eigenvalues at which words about the law of a tail are judged."""
HALF = 0.5
"""Smallest share of the eigenvalues at which a power law has to be seen."""
FEWEST = 50
"""Fewest trusted matrices of a cell whose coverage is judged."""
LEVEL = 0.05
"""Of tests, and the share of matrices of which a false word may be said."""


class Bar(NamedTuple):
    """What a share has to be: at most, or at least, this; at most with twice its standard error."""

    limit: float
    most: bool

    def met(self, share: float, matrices: int) -> bool:
        """Say whether a share of so many matrices is within it."""
        if not self.most:
            return share >= self.limit
        return share <= self.limit + 2 * math.sqrt(self.limit * (1 - self.limit) / matrices)

    def __str__(self) -> str:
        return f"{'≤' if self.most else '≥'} {self.limit:.0%}" + (" + 2 s.e." if self.most else "")


def in_short(frame: pd.DataFrame, title: str) -> Table:
    """Return the shares that have a bar, over all cells and in the worst one."""
    rows = [
        judge(what, cells, hits, bar, fewest)
        for what, cells, hits, bar, fewest in _judged(frame)
        if len(cells)
    ]
    return Table(title, rows, _IN_SHORT)


def false_words(frame: pd.DataFrame, title: str) -> Table:
    """Return what is said of designs that follow no power law, a row for each."""
    shown = frame[~frame.kind.isin(["power law", "one spike"])]
    sizes = sorted(shown.eigenvalues.unique())
    rows = []
    for (kind, design), of in shown.groupby(["kind", "design"], sort=False):
        fewest = int(of.groupby("eigenvalues").size().min())
        row: dict[str, Any] = {"design": design, "kind": kind, "matrices of a size": fewest}
        for word, hits in (
            ("heavy", says(of, "heavy")),
            ("trusted", says(of, "trusted")),
            (f"p < {MIN_P:g}", of.pl_p_value < MIN_P),
        ):
            for size in sizes:
                row[f"{word}, {size}"] = percent(hits[of.eigenvalues == size])
        rows.append(row)
    return Table(title, rows, _FALSE)


def judge(
    what: str, cells: pd.DataFrame, hits: "pd.Series[bool]", bar: Bar | None, fewest: int = 1
) -> dict[str, Any]:
    """Return a share over all matrices and in the worst cell of at least `fewest` of them."""
    row = {"share": what, "bar": str(bar or ""), "found": share(hits), "matrices": len(hits)}
    by_cell = hits.groupby([cells[name] for name in CELL]).agg(["mean", "count"])
    by_cell = by_cell[by_cell["count"] >= fewest]
    if bar is None or by_cell.empty:
        return row | dict.fromkeys(("worst cell", "there", "met"))
    worst: Any = by_cell["mean"].idxmax() if bar.most else by_cell["mean"].idxmin()
    there = hits[(cells.design == worst[0]) & (cells.eigenvalues == worst[1])]
    return row | {
        "worst cell": f"{worst[0]}; {worst[1]}",
        "there": share(there),
        "met": "yes" if bar.met(float(there.mean()), len(there)) else "no",
    }


def says(frame: pd.DataFrame, word: str) -> "pd.Series[bool]":
    """Say of each matrix whether the word is said of it; a missing one is not."""
    return frame[word].eq(True)


def covered(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Say of each matrix whether its interval holds the true alpha; a missing one does not."""
    return (frame.alpha_low <= frame.true_alpha) & (frame.true_alpha <= frame.alpha_high)


def percent(hits: "pd.Series[bool]") -> float | None:
    """Return the share in percent; None of nothing."""
    return 100 * float(hits.mean()) if len(hits) else None


def share(hits: "pd.Series[bool]") -> str:
    """Return the share in percent with its 95 % interval (Wilson)."""
    from scipy.stats import binomtest

    if not len(hits):
        return "none"
    low, high = binomtest(int(hits.sum()), len(hits)).proportion_ci(method="wilson")
    return f"{100 * hits.mean():.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def _judged(
    frame: pd.DataFrame,
) -> list[tuple[str, pd.DataFrame, "pd.Series[bool]", Bar | None, int]]:
    """Return what a share is of, its matrices, which of them count, and its bar."""
    noise, above = frame[frame.kind == "noise"], frame[frame.kind.isin(["noise", "structure"])]
    entries = frame[frame.kind == "heavy entries"]
    no_law = frame[(frame.kind == "no law") & (frame.eigenvalues == LARGE)]
    tails = frame[frame.kind == "power law"]
    long = tails[tails.true_share >= HALF]
    middle, large = (long[long.eigenvalues == size] for size in (MIDDLE, LARGE))
    trusted, tested = tails[says(tails, "trusted")], tails.dropna(subset=["pl_p_value"])
    false = Bar(LEVEL, most=True)
    return [
        ("heavy: noise", noise, says(noise, "heavy"), false, 1),
        ("heavy: independent heavy entries", entries, says(entries, "heavy"), false, 1),
        ("trusted: noise, with directions or without", above, says(above, "trusted"), false, 1),
        (f"trusted: other laws, {LARGE}", no_law, says(no_law, "trusted"), false, 1),
        (
            f"trusted: power laws on half or all of {MIDDLE}",
            middle,
            says(middle, "trusted"),
            Bar(0.6, most=False),
            1,
        ),
        (
            f"trusted: power laws on half or all of {LARGE}",
            large,
            says(large, "trusted"),
            Bar(0.8, most=False),
            1,
        ),
        (
            "interval covers alpha, where trusted",
            trusted,
            covered(trusted),
            Bar(0.9, most=False),
            FEWEST,
        ),
        ("interval covers alpha, everywhere", tails, covered(tails), None, 1),
        ("pl_p_value ≤ 5 % though true", tested, tested.pl_p_value <= LEVEL, None, 1),
    ]


_IN_SHORT = f"""\
In brackets: the 95 % interval of the share (Wilson). *found* is over all matrices; a bar is of the
worst cell, a design and a number of eigenvalues, of coverage among cells with {FEWEST} trusted
matrices or more. A missing word counts as not said, a missing interval as one that covers nothing.
Of the p-values, which are multiples of 1/50, two are at most 5 %: 4 % is right."""
_FALSE = f"""\
Shares in percent, by the number of eigenvalues. *noise*: neither word is true. *structure*: not
trusted; heavy is right where there are many directions. *heavy entries*: not heavy; of trust
nothing is judged, for the largest entries make a tail near a power law. *no law*: a tail of another
law, heavy where it is long; not trusted, judged at {LARGE}. *p < {MIN_P:g}*: what the p-value of
the power law alone rules out."""
