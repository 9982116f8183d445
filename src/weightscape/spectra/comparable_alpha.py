"""Exponents to compare networks by: no scan chooses where their tail begins.

The scan of `weightscape.spectra.power_law` takes the start that fits best, and from run to run
another one does. Most of the difference of two alphas is then that jump. An exponent of as many
eigenvalues in both has none.
"""

import numpy as np
from numpy.typing import NDArray

from weightscape.spectra.power_law import SPREAD, ZERO, count_positive, fit_power_law


def find_fixed_alpha(
    eigenvalues: NDArray[np.float64], initial: NDArray[np.float64]
) -> float | None:
    """Return the exponent of the k largest eigenvalues, k the length of the initial tail.

    A number of eigenvalues is kept and no threshold, which would have fewer or more of them above
    it where the weights as a whole shrink or grow.

    Parameters
    ----------
    eigenvalues : ndarray of float64
        The spectrum, ascending.
    initial : ndarray of float64
        The spectrum that it started from. Its tail is the one that `fit_power_law` finds, so that
        of the initial spectrum itself the exponent is alpha.

    Returns
    -------
    float or None
        None where the initial spectrum has no tail, or the k largest have no exponent, see
        `find_largest_alpha`.
    """
    tail = fit_power_law(initial)
    return find_largest_alpha(eigenvalues, tail.n_tail) if tail else None


def find_upper_half_alpha(eigenvalues: NDArray[np.float64]) -> float | None:
    """Return the exponent of the upper half of the eigenvalues.

    It is the estimator of TempBalance, AlphaPruning [1]_ and FARMS [2]_: of n eigenvalues in
    ascending order those from index ⌊n/2⌋ on are the tail. Eigenvalues of at most `ZERO` times
    the largest one are none of the n.

    Parameters
    ----------
    eigenvalues : ndarray of float64
        The spectrum, ascending.

    Returns
    -------
    float or None
        None where there is no exponent, see `find_largest_alpha`.

    References
    ----------
    .. [1] Lu et al. 2024, arXiv:2410.10912
    .. [2] Hu et al. 2025, arXiv:2506.06280
    """
    n = count_positive(eigenvalues)
    return find_largest_alpha(eigenvalues, n - n // 2)


def find_largest_alpha(eigenvalues: NDArray[np.float64], k: int) -> float | None:
    """Return the exponent of the k largest eigenvalues, 1 + k / Σ ln(λ / λ_k) over them.

    λ_k is the smallest of the k and counts, as it does in `fit_power_law`. Hill's estimator [1]_
    of the exponent of the distribution function is the same with one eigenvalue fewer over the sum.

    Parameters
    ----------
    eigenvalues : ndarray of float64
        The spectrum, ascending, on any scale.
    k : int
        How many.

    Returns
    -------
    float or None
        None where no k eigenvalues are above `ZERO` times the largest one, or these differ by no
        more than `SPREAD`.

    References
    ----------
    .. [1] Hill 1975, doi:10.1214/aos/1176343247
    """
    largest = eigenvalues[max(eigenvalues.size - k, 0) :]
    if not 0 < k == largest.size or not largest[0] > ZERO * largest[-1]:
        return None
    logs = np.log(largest) - np.log(largest[0])
    return float(1 + k / logs.sum()) if logs[-1] > SPREAD else None
