"""The tables of the simulation: what the engine said, against the truth."""

import pandas as pd

from benchmarks.draws import outlier
from benchmarks.report import Table

CELL = ["M", "Q", "parameter"]


def summary(frame: pd.DataFrame) -> Table:
    """Return the shares that have a target, over all cells."""
    tails = _of(frame, "power law")
    trusted = tails[tails.trusted]
    tested = tails.dropna(subset="pl_p_value")
    judged = {
        "interval covers alpha, where trusted": (_covered(trusted), "90–98 %"),
        "interval covers alpha, everywhere": (_covered(tails), ""),
        "power law rejected at 5 % where it is true": (tested.pl_p_value <= 0.05, "5 %"),
        "trusted: power laws": (tails.trusted, ""),
        "trusted: power laws, with the p-value": (tails.trusted_with_p, ""),
        "trusted: Gaussian noise": (_of(frame, "gaussian").trusted, "≤ 5 %"),
        "trusted: shuffled entries": (_of(frame, "shuffled").trusted, "≤ 5 %"),
    }
    rows = [
        {"share": name, "found": _share(hits), "target": target, "matrices": len(hits)}
        for name, (hits, target) in judged.items()
    ]
    return Table("In short", rows, "In brackets: the 95 % interval of the share (Wilson).")


def power_laws(frame: pd.DataFrame) -> Table:
    """Return bias, spread and coverage of alpha for every cell of true power laws."""
    rows = []
    for (M, Q, alpha), cell in _of(frame, "power law").groupby(CELL):
        trusted = cell[cell.trusted]
        tested = cell.dropna(subset="pl_p_value")
        rows.append(
            {
                "M": M,
                "N/M": Q,
                "alpha": alpha,
                "matrices": len(cell),
                "bias": cell.alpha.mean() - alpha,
                "spread": cell.alpha.std(),
                "width": (cell.alpha_high - cell.alpha_low).median(),
                "covers, %": _percent(_covered(cell)),
                "rejected, %": _percent(tested.pl_p_value <= 0.05),
                "trusted, %": _percent(cell.trusted),
                "covers where trusted, %": _percent(_covered(trusted)),
            }
        )
    return Table("Power laws of known exponent", rows, _POWER_LAWS)


def noise(frame: pd.DataFrame) -> Table:
    """Return what is found where there is nothing to find."""
    rows = []
    for design in ("gaussian", "shuffled"):
        for (M, Q, _), cell in _of(frame, design).groupby(CELL):
            error = cell.bulk_max / cell.true_edge - 1
            rows.append(
                {
                    "entries": design,
                    "M": M,
                    "N/M": Q,
                    "matrices": len(cell),
                    "alpha, median": cell.alpha.median(),
                    "trusted, %": _percent(cell.trusted),
                    "power law rejected, %": _percent(cell.pl_p_value.dropna() <= 0.05),
                    "edge too high by, %": 100 * error.mean(),
                    "its spread, %": 100 * error.std(),
                    "false spikes, % of matrices": _percent(cell.num_spikes > 0),
                    "above its null, %": _percent(cell.num_above_null > 0),
                }
            )
    return Table("Pure noise", rows, _NOISE)


def spikes(frame: pd.DataFrame) -> Table:
    """Return how often one spike in Gaussian noise is found, by its strength."""
    rows = []
    for (M, Q, strength), cell in _of(frame, "spiked").groupby(CELL):
        rows.append(
            {
                "M": M,
                "N/M": Q,
                "strength over threshold": strength,
                "matrices": len(cell),
                "largest over edge": (cell.spectral_norm / edge(Q)).mean(),
                "in the limit": outlier(strength, Q) / edge(Q),
                "above the bulk, %": _percent(cell.num_spikes > 0),
                "above the null, %": _percent(cell.num_above_null > 0),
            }
        )
    return Table("One spike in noise", rows, _SPIKES)


def edge(Q: float) -> float:
    """Return the upper edge of the bulk of entries with variance 1/N."""
    return float((1 + Q**-0.5) ** 2)


def _of(frame: pd.DataFrame, design: str) -> pd.DataFrame:
    return frame[frame.design == design]


def _covered(cell: pd.DataFrame) -> "pd.Series[bool]":
    """Say of each matrix whether its interval holds the true alpha; a missing one does not."""
    return (cell.alpha_low <= cell.parameter) & (cell.parameter <= cell.alpha_high)


def _percent(hits: "pd.Series[bool]") -> float | None:
    return 100 * float(hits.mean()) if len(hits) else None


def _share(hits: "pd.Series[bool]") -> str:
    from scipy.stats import binomtest

    if not len(hits):
        return "none"
    low, high = binomtest(int(hits.sum()), len(hits)).proportion_ci(method="wilson")
    return f"{100 * hits.mean():.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


_POWER_LAWS = """\
All M eigenvalues of an N×M matrix are draws from a power law with this alpha, its singular vectors
random. *bias* and *spread*: mean error and standard deviation of alpha. *width*: median width of
the 95 % interval. *rejected*: share of p-values of at most 5 %; 5 % is right, for the law is true.
*trusted* is the word that the default options give, without a p-value."""
_NOISE = """\
*gaussian*: independent entries. *shuffled*: the entries of a matrix with Pareto eigenvalues
(alpha 2) in random order. The edge of the fitted bulk is compared with the Marchenko–Pastur edge of
entries of this variance. *false spikes*: above the fitted bulk. *above its null*: an eigenvalue is
above all of the shuffled matrix's, which happens to every second matrix by chance."""
_SPIKES = """\
A matrix of rank one and the given strength is added to Gaussian noise. Below the threshold of Baik,
Ben Arous and Péché (strength 1) it does not come out of the bulk of a large matrix. *in the limit*:
where theory puts the largest eigenvalue of an infinitely large one. *above the bulk*:
`num_spikes` is not zero. *above the null*: `num_above_null` is not zero."""
