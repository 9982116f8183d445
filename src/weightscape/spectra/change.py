"""How far a layer matrix has moved from its initial one."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightscape.spectra.power_law import ZERO
from weightscape.spectra.vectors import Vectors


class Start(NamedTuple):
    """The initial layer matrix that another one is compared with.

    Attributes
    ----------
    values : ndarray
        The entries (slices, rows, cols).
    eigenvalues : ndarray of float64 or None
        Its eigenvalues, if they are known; they are computed otherwise.
    vectors : Vectors or None
        Its singular vectors, likewise: the leading ones, or the left ones all where intruders are
        counted.
    """

    values: NDArray[np.generic]
    eigenvalues: NDArray[np.float64] | None = None
    vectors: Vectors | None = None


def log_spectrum_distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    """Return the Wasserstein-1 distance of the distributions of log10 eigenvalues.

    It is the mean shift of the eigenvalues in decades when each moves as little as possible.
    Eigenvalues of at most `ZERO` times the largest one are left out.

    Parameters
    ----------
    one, other : ndarray of float64
        Eigenvalues in any order.

    Returns
    -------
    float or None
        None where one of them has no eigenvalue above zero.
    """
    samples = []
    for eigenvalues in (one, other):
        kept = eigenvalues[eigenvalues > ZERO * eigenvalues.max(initial=0)]
        if kept.size == 0:
            return None
        samples.append(np.log10(np.sort(kept)))
    points = np.sort(np.concatenate(samples))
    first, second = (np.searchsorted(s, points[:-1], side="right") / s.size for s in samples)
    return float(np.sum(np.abs(first - second) * np.diff(points)))
