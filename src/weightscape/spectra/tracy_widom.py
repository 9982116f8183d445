"""Spikes above a Tracy–Widom edge whose false-alarm rate is calibrated."""

import numpy as np
from numpy.typing import NDArray

from weightscape.spectra.marchenko_pastur import noise_limit

FALSE_ALARM = 0.05
"""Chance that a layer matrix of noise has a spike; it is shared out among its slices."""


def count_tw_spikes(
    ascending: NDArray[np.float64], N: int, M: int, spikes: int, level: float
) -> int:
    """Return how many eigenvalues of one slice stand above noise at a level, from above down.

    The variance of the noise is the sum of the eigenvalues below the one that is tested, over what
    it is in a matrix of noise without as many rows and columns as there are spikes above [1]_. It
    is known much better than from the median eigenvalue, and the level holds; but spikes that are
    not yet taken away would raise it, so that those a coarser count has found go first.

    Parameters
    ----------
    ascending : ndarray of float64
        Eigenvalues of the slice in ascending order.
    N, M : int
        Larger and smaller side, without rows and columns of zeros.
    spikes : int
        Number of spikes that are known, less than half of M.
    level : float
        Chance that noise has one.

    References
    ----------
    .. [1] Kritchman and Nadler 2009, doi:10.1109/TSP.2009.2022897
    """
    sums = np.cumsum(ascending)
    while 2 * (spikes + 1) < M:
        n, m = N - spikes, M - spikes
        limit = float(noise_limit(np.array(n), np.array(m), level))
        # Where it is in question, the eigenvalue itself has the limit's share of the sum: all of it
        # in a matrix of a few rows, of which nothing can be said.
        rest = n * m - limit
        if rest <= 0 or ascending[-1 - spikes] <= sums[-2 - spikes] / rest * limit:
            break
        spikes += 1
    return spikes
