"""The power law of the upper tail of a spectrum, found by an exact scan over its start."""

from dataclasses import dataclass

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
_PROBES = 48
_BLOCK = 4096  # candidates whose bounds are computed at a time
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


def fit_power_law(eigenvalues: NDArray[np.float64]) -> PowerLaw | None:
    """Fit a power law to the upper tail, which starts where the fit is closest.

    Every value but the largest is a candidate for xmin; the one with the smallest
    Kolmogorov–Smirnov distance wins, the first of equals. This is the method of [1]_ with the
    conventions of the powerlaw package 1.5 [2]_ (repeated values included), found without
    computing every distance: a distance is a maximum over the tail, so its maximum over a few
    points bounds it from below, and the search ends when no bound is below the best distance.

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
    values, counts = np.unique(
        eigenvalues[eigenvalues > ZERO * eigenvalues.max(initial=0)], return_counts=True
    )
    if values.size == 0:
        return None
    logs = np.log(values) - np.log(values[-1])
    if logs[0] > -SPREAD:
        return None
    below = np.cumsum(counts) - counts
    tails = counts.sum() - below
    excess = np.cumsum((counts * logs)[::-1])[::-1] - tails * logs
    slopes = tails[:-1] / excess[:-1]  # alpha − 1 of every candidate

    start, distance = _closest(logs, below, tails, slopes)
    n_tail = int(tails[start])
    return PowerLaw(
        alpha=float(1 + slopes[start]),
        D=distance,
        sigma=float(slopes[start] / np.sqrt(n_tail)),
        xmin=float(values[start]),
        xmax=float(values[-1]),
        n_tail=n_tail,
    )


def _closest(
    logs: NDArray[np.float64],
    below: NDArray[np.int64],
    tails: NDArray[np.int64],
    slopes: NDArray[np.float64],
) -> tuple[int, float]:
    """Return the candidate with the smallest distance, the first of equals, and its distance."""

    def gaps(start: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how far fit and sample are apart at the values `at` for the tails `start`."""
        fitted = -np.expm1(-slopes[start] * (logs[at] - logs[start]))
        return np.abs(fitted - (below[at] - below[start]) / tails[start])

    last = logs.size - 1
    shares = np.linspace(0, 1, _PROBES)[:, np.newaxis]
    bounds = np.empty(last)
    for first in range(0, last, _BLOCK):
        start = np.arange(first, min(first + _BLOCK, last))
        probes = start + np.rint(shares * (last - start)).astype(np.int64)
        bounds[start] = gaps(start[np.newaxis], probes).max(axis=0)

    best, distance = 0, np.inf
    for candidate in np.argsort(bounds, kind="stable"):
        if bounds[candidate] > distance + _SLACK:
            break
        exact = float(gaps(candidate, np.arange(candidate, last + 1)).max())
        if (exact, candidate) < (distance, best):
            best, distance = int(candidate), exact
    return best, distance
