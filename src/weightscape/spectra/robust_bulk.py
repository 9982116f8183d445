"""The bulk of every slice by itself, from its median eigenvalue."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weightscape.spectra.marchenko_pastur import mp_median, noise_limit
from weightscape.spectra.power_law import ZERO
from weightscape.spectra.tracy_widom import FALSE_ALARM, count_tw_spikes

LEVEL = 0.01
"""Chance, about, that a layer matrix of noise has a spike; it is shared out among its slices."""
_SLACK = 1.0  # ranks by which the median of noise may be out of its place


@dataclass(frozen=True)
class RobustBulk:
    """The Marchenko–Pastur bulks of the slices of a layer matrix.

    Attributes
    ----------
    robust_bulk_max : float
        The largest of their upper edges, in units of the eigenvalues.
    num_robust_spikes : int
        Number of eigenvalues above the edge of their own slice and its margin.
    num_tw_spikes : int
        The same at a level that is held, see `weightscape.spectra.tracy_widom.count_tw_spikes`.
    """

    robust_bulk_max: float
    num_robust_spikes: int
    num_tw_spikes: int


def fit_robust_bulk(of_slices: NDArray[np.float64], sides: NDArray[np.int_]) -> RobustBulk | None:
    """Return the bulk of every slice, and how many eigenvalues are above.

    The variance of the noise is the median eigenvalue over that of the Marchenko–Pastur law [1]_.
    So that spikes do not shift the median, it is taken among the eigenvalues below them: those of
    a matrix of which as many rows and columns as there are spikes are gone. Spikes and variance
    are found in turn, until there are no more.

    The edge is (√N + √M)² times the variance. A spike is above the limit that noise passes with
    the probability `LEVEL` (Tracy–Widom), with the variance that the eigenvalue one rank above the
    median gives: the median of noise is that far off its place.

    Parameters
    ----------
    of_slices : ndarray of float64
        Eigenvalues (slices, M) of each slice in ascending order, of any unit.
    sides : ndarray of int
        Numbers of rows and of columns (slices, 2) of each slice that are not all zero.

    Returns
    -------
    RobustBulk or None
        None where in a slice half of the eigenvalues or more are spikes or zero, so that its
        median is not one of noise, and where all are zero. Slices of zeros are left out.

    References
    ----------
    .. [1] Gavish and Donoho 2014, doi:10.1109/TIT.2014.2323359, arXiv:1305.5870, section III-E
    """
    present = of_slices[:, -1] > 0
    ascending, sides = of_slices[present], sides[present]
    if not len(ascending):
        return None
    N, M = sides.max(axis=1), sides.min(axis=1)
    limit = noise_limit(N, M, LEVEL / len(M))
    first = ascending.shape[1] - M  # rows and columns of zeros have eigenvalues of their own, zero
    spikes = np.zeros_like(M)
    while True:
        rest = M - spikes
        median, next_up = (
            _at(ascending, first + np.minimum((rest - 1) / 2 + shift, rest - 1))
            for shift in (0.0, _SLACK)
        )
        unit = (N - spikes) * np.array(list(map(mp_median, (N - spikes) / rest)))
        found = np.count_nonzero(ascending > (next_up / unit * limit)[:, np.newaxis], axis=1)
        if (2 * np.maximum(found, spikes) >= np.maximum(M, 2)).any():
            return None
        if (found <= spikes).all():
            break
        spikes = np.maximum(found, spikes)
    if (median <= ZERO * ascending[:, -1]).any():
        return None
    edges = median / unit * (np.sqrt(N) + np.sqrt(M)) ** 2
    counted = zip(ascending, N.tolist(), M.tolist(), spikes.tolist(), strict=True)
    level = FALSE_ALARM / len(M)
    above = sum(count_tw_spikes(values, n, m, known, level) for values, n, m, known in counted)
    return RobustBulk(float(edges.max()), int(spikes.sum()), above)


def _at(ascending: NDArray[np.float64], position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the value of each row at its position, which may be halfway between two."""
    rows = np.arange(len(ascending))
    low, high = np.floor(position).astype(int), np.ceil(position).astype(int)
    found: NDArray[np.float64] = (ascending[rows, low] + ascending[rows, high]) / 2
    return found
