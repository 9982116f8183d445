"""The power law of the upper tail of a spectrum, found by an exact scan over its start."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ZERO = 1e-10
"""Eigenvalues below this share of the largest one count as zero and are no part of the fit.

It is the floor that the eigenvalues are accurate to. WeightWatcher's threshold is an absolute
1e-5, so that its exponent depends on the scale of the weights. A threshold only takes candidates
for xmin away: both give the same fit unless the best xmin lies between the two thresholds.
"""
SPREAD = 1e-6
"""Smallest spread of the logarithms that is not rounding: orthogonal weights have no tail."""
_PROBES = (6, 24, 96, 384)  # points per tail: coarse bounds take most candidates away
_FEW = 8  # candidates that are measured at once rather than bounded more finely
_BLOCK = 2**18  # points at which bounds are computed at a time
_SLACK = 1e-12  # by which rounding may raise a bound above the distance that it bounds


@dataclass(frozen=True)
class PowerLaw:
    """Fit of p(x) ∝ x^(−alpha) for x ≥ xmin.

    Attributes
    ----------
    alpha : float
        Maximum-likelihood exponent.
    D : float
        Kolmogorov–Smirnov distance between tail and fit.
    sigma : float
        Standard error of alpha, (alpha − 1)/√n_tail.
    xmin, xmax : float
        Smallest and largest value of the tail.
    n_tail : int
        Number of values in the tail.
    """

    alpha: float
    D: float
    sigma: float
    xmin: float
    xmax: float
    n_tail: int


class Sample(NamedTuple):
    """The distinct values of a sample in ascending order.

    Attributes
    ----------
    values : ndarray of float64
        The values.
    logs : ndarray of float64
        Logarithms of their ratios to the largest one.
    counts : ndarray of int64
        How often each occurs, at least once.
    """

    values: NDArray[np.float64]
    logs: NDArray[np.float64]
    counts: NDArray[np.int64]


class Tail(NamedTuple):
    """The tail that is closest to its power law.

    Attributes
    ----------
    start : int
        Index of xmin among the distinct values.
    slope : float
        alpha − 1.
    D : float
        Kolmogorov–Smirnov distance.
    n : int
        Number of values in the tail.
    """

    start: int
    slope: float
    D: float
    n: int


def fit_power_law(eigenvalues: NDArray[np.float64]) -> PowerLaw | None:
    """Fit a power law to the upper tail, which starts where the fit is closest.

    Every value but the largest is a candidate for xmin; the one with the smallest
    Kolmogorov–Smirnov distance wins, the first of equals. This is the method of [1]_ with the
    conventions of the powerlaw package 1.5 [2]_ (repeated values included).

    Parameters
    ----------
    eigenvalues : ndarray of float64
        The sample, in any order and on any scale. Values of at most `ZERO` times the largest one
        are left out.

    Returns
    -------
    PowerLaw or None
        None where the sample is empty or its values differ by no more than `SPREAD`. There is no
        smallest tail: two values can be one.

    References
    ----------
    .. [1] Clauset, Shalizi and Newman 2009, doi:10.1137/070710111
    .. [2] Alstott, Bullmore and Plenz 2014, doi:10.1371/journal.pone.0085777
    """
    sample = distinct(eigenvalues)
    if sample is None:
        return None
    tail = closest_tail(sample.logs, sample.counts)
    return PowerLaw(
        alpha=1 + tail.slope,
        D=tail.D,
        sigma=tail.slope / tail.n**0.5,
        xmin=float(sample.values[tail.start]),
        xmax=float(eigenvalues.max()),
        n_tail=tail.n,
    )


def count_positive(eigenvalues: NDArray[np.float64]) -> int:
    """Return how many are not zero, or zero but for rounding: above `ZERO`."""
    return int(np.count_nonzero(eigenvalues > ZERO * eigenvalues.max(initial=0)))


def distinct(eigenvalues: NDArray[np.float64]) -> Sample | None:
    """Return the distinct values above `ZERO`, or None where they spread no more than `SPREAD`."""
    values, counts = np.unique(
        eigenvalues[eigenvalues > ZERO * eigenvalues.max(initial=0)], return_counts=True
    )
    if values.size == 0:
        return None
    # Neighbours may differ by less than their logarithms can tell: they are one value then.
    logs, first = np.unique(np.log(values) - np.log(values[-1]), return_index=True)
    counts = np.add.reduceat(counts, first)
    return None if logs[0] > -SPREAD else Sample(values[first], logs, counts)


def closest_tail(logs: NDArray[np.float64], counts: NDArray[np.int64]) -> Tail:
    """Return the tail with the smallest distance, the first of equals.

    Not every distance is computed: a distance is a maximum over the tail, so its maximum over a
    few points bounds it from below, and a candidate whose bound is above a known distance is out.

    Parameters
    ----------
    logs : ndarray of float64
        Logarithms of at least two distinct values, ascending.
    counts : ndarray of int64
        How often each occurs, at least once. The counts of a bootstrap sample serve as well.
    """
    # The cost is the scan: a distance looks at the whole tail, and every value may begin one, so
    # that n values would cost n²/2 comparisons. Bounds from a few points leave a handful of tails
    # that have to be measured.
    below = (np.cumsum(counts) - counts).astype(np.float64)
    tails = counts.sum() - below
    # Σ ln(x / xmin) over the tail, summed gap by gap: each is positive, and nothing cancels.
    excess = np.cumsum((np.diff(logs) * tails[1:])[::-1])[::-1]
    slopes = tails[:-1] / excess  # alpha − 1 of every candidate
    last = logs.size - 1

    def bounds(start: NDArray[np.int64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the largest gap between fit and sample at a few points of the tails `start`."""
        probes = start + (shares * (last - start)).astype(np.int64)
        # expm1, as 1 − x^(−slope) near the start of a tail is a difference of nearly equal numbers.
        fitted = -np.expm1(slopes[start] * (logs[start] - logs.take(probes)))
        gaps = np.abs(fitted - (below.take(probes) - below[start]) / tails[start])
        found: NDArray[np.float64] = gaps.max(axis=0)
        return found

    def distance(start: int) -> float:
        """Return the largest gap between fit and sample on the tail `start`."""
        fitted = -np.expm1(slopes[start] * (logs[start] - logs[start:]))
        return float(np.abs(fitted - (below[start:] - below[start]) / tails[start]).max())

    candidates, least = np.arange(last), np.zeros(last)
    best = (np.inf, -1)
    for probes in _PROBES:
        if candidates.size <= _FEW:
            break
        # Evenly spread over the tail by rank: where the gap is largest depends on the sample, and
        # points that are spread miss no part of it. More of them make the bound closer.
        shares = np.arange(1, probes + 1)[:, np.newaxis] / probes
        step = _BLOCK // probes
        blocks = [candidates[first : first + step] for first in range(0, candidates.size, step)]
        least = np.concatenate([bounds(block, shares) for block in blocks])
        # A true distance to hold bounds against: that of the candidate with the lowest bound is
        # likely the best one, and the lower it is, the more candidates it rules out.
        promising = int(candidates[least.argmin()])
        best = min(best, (distance(promising), promising))
        kept = least <= best[0] + _SLACK
        candidates, least = candidates[kept], least[kept]
    # By ascending bounds, the first that is above the best distance ends the search. The order is
    # stable and `min` compares the start too, so that of equal distances the first one wins.
    for index in np.argsort(least, kind="stable"):
        if least[index] > best[0] + _SLACK:
            break
        candidate = int(candidates[index])
        best = min(best, (distance(candidate), candidate))
    start = best[1]
    return Tail(start, float(slopes[start]), best[0], int(tails[start]))
