"""The tables of the simulation about power laws of known exponent, and what is taken for them."""

from typing import Any

import pandas as pd

from benchmarks.report import Table
from benchmarks.truth import CELL, HALF, LARGE, LEVEL, MIDDLE, covered, percent, says
from weightscape.spectra.trust import CV_HIGH, CV_LOW, trust

LIMITS = (0.80, 0.82, 0.84, 0.86, 0.88, 0.90, 0.92)
"""Lower limits of the coefficient of variation that are compared."""


def power_laws(frame: pd.DataFrame, title: str) -> Table:
    """Return bias, spread and coverage of alpha for every cell of true power laws."""
    rows = []
    for (design, size), cell in frame[frame.kind == "power law"].groupby(CELL, sort=False):
        trusted = cell[says(cell, "trusted")]
        rows.append(
            {
                "design": design,
                "M": size,
                "matrices": len(cell),
                "bias": (cell.alpha - cell.true_alpha).mean(),
                "spread": (cell.alpha - cell.true_alpha).std(),
                "width": (cell.alpha_high - cell.alpha_low).median(),
                "covers": percent(covered(cell)),
                "p ≤ 5 %": percent(cell.pl_p_value <= LEVEL),
                "heavy": percent(says(cell, "heavy")),
                "trusted": percent(says(cell, "trusted")),
                "covers where trusted": percent(covered(trusted)),
            }
        )
    return Table(title, rows, _POWER_LAWS)


def nested_ratio(frame: pd.DataFrame) -> Table:
    """Return how often the two tests against a log-normal tail reject a power law."""
    frame = frame.dropna(subset=["lr_nested_p", "lr_lognormal_p"])
    tails = frame[frame.kind == "power law"]
    rivals = frame[frame.design.str.startswith("log-normal")]
    named = [
        *((f"power laws on {of:.0%}", cell) for of, cell in tails.groupby("true_share")),
        *rivals.groupby("design", sort=False),
    ]
    rows = []
    for name, group in named:
        for size, cell in group.groupby("eigenvalues"):
            vuong = (cell.lr_lognormal < 0) & (cell.lr_lognormal_p <= LEVEL)
            rows.append(
                {
                    "design": name,
                    "M": size,
                    "matrices": len(cell),
                    "tail, median": cell.num_pl_spikes.median(),
                    "lr_nested_p ≤ 5 %": percent(cell.lr_nested_p <= LEVEL),
                    "lr_lognormal_p ≤ 5 %": percent(vuong),
                }
            )
    return Table("Power laws rejected for a log-normal tail, %", rows, _NESTED)


def trade_off(frame: pd.DataFrame) -> Table:
    """Return how often power laws and log-normals are trusted, by the lower limit of the shape."""
    half = frame[(frame.kind == "power law") & (frame.true_share == HALF)]
    rivals = frame[frame.design.str.startswith("log-normal")]
    groups = {
        f"power laws on half of {MIDDLE}": half[half.eigenvalues == MIDDLE],
        f"power laws on half of {LARGE}": half[half.eigenvalues == LARGE],
        f"log-normal, {LARGE}": rivals[rivals.eigenvalues == LARGE],
    }
    otherwise = {name: _trust_any_shape(group) for name, group in groups.items()}
    rows = []
    for limit in LIMITS:
        row = {"lower limit": f"{limit:.2f}" + (" (the rule)" if limit == CV_LOW else "")}
        for name, group in groups.items():
            shape = (group.tail_cv_low >= limit) & (group.tail_cv_high <= CV_HIGH)
            row[name] = _say_cells((otherwise[name] & shape).groupby(group.design))
        rows.append(row)
    return Table("What the margin of trust buys, % trusted", rows, _TRADE_OFF)


def _trust_any_shape(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Say of each matrix whether its shape alone may stand against trust."""
    exact = {"tail_cv_low": 1.0, "tail_cv_high": 1.0}
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    found = [trust({str(name): of for name, of in row.items()} | exact)[0] is True for row in rows]
    return pd.Series(found, frame.index, dtype=bool)


def _say_cells(hits: Any) -> str:
    """Return the mean share in percent over cells of one size, its least and its largest."""
    of = 100 * hits.mean()
    return f"{of.mean():.1f} ({of.min():.1f}–{of.max():.1f})" if len(of) else ""


_POWER_LAWS = """\
The upper eigenvalues of an N×M matrix, this share of them, are draws from a power law with this
alpha; the others are the bulk of noise, which ends where the power law starts; singular vectors are
random. *bias* and *spread*: mean error and standard deviation of alpha. *width*: median width of
the 95 % interval. The others are shares of matrices in percent. *p ≤ 5 %*: 4 % is right, for the
law is true and p a multiple of 1/50."""
_NESTED = """\
*lr_nested_p*: twice the log-likelihood ratio of the likeliest log-normal tail, of which the power
law is a limit, against samples of the power law that are scanned for xmin too; 4 % is right where
the power law is true, for p is a multiple of 1/50. *lr_lognormal_p*: Vuong's test of two laws of
which neither is one of the other, where the ratio is negative. The tails of power laws are of all
exponents and N/M."""
_TRADE_OFF = f"""\
The 90 % interval of the tail's coefficient of variation has to lie above this limit and below
{CV_HIGH:g}; all else of the rule holds too. In brackets: the lowest and the highest cell, of
exponents and N/M, or of widths of the log-normal."""
