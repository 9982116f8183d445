"""Noise of rows and columns that differ in variance, brought to one variance."""

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from weightscape.spectra.marchenko_pastur import mp_median, noise_limit
from weightscape.spectra.power_law import ZERO

LEVEL = 0.001
"""Chance that noise of known variances passes the limit; it is shared out among the slices.

That the variances are estimated adds to how far the largest eigenvalue spreads: one in 50 slices
of 32×32 has a false spike, and one in a few hundred of sides above 100.
"""
_PASSES = 2  # a second one takes most of the errors of the first away where variances differ a lot


def count_equalized_spikes(
    values: NDArray[np.generic], of_slices: NDArray[np.float64]
) -> int | None:
    """Return how many eigenvalues of the equalized slices are above what noise reaches.

    Rows and columns that are all zero are left out.

    Parameters
    ----------
    values : ndarray
        The finite entries (slices, rows, cols), not all zero.
    of_slices : ndarray of float64
        Eigenvalues of WᵀW (slices, min(rows, cols)) of each slice in ascending order.

    Returns
    -------
    int or None
        Sum over the slices; None where half of the eigenvalues of one are zero, so that there is
        no noise to equalize. A slice of zeros has none.
    """
    spikes, present = 0, np.flatnonzero(of_slices[:, -1])
    for index in present:
        whole = values[index]
        matrix = whole[np.ix_(whole.any(axis=1), whole.any(axis=0))]
        median = float(np.median(of_slices[index, -min(matrix.shape) :]))
        if median <= ZERO * of_slices[index, -1]:
            return None
        equalized = equalize(matrix, median)
        rows, cols = map(np.array, equalized.shape)
        limit = noise_limit(rows, cols, LEVEL / len(present))
        spikes += int(np.count_nonzero(np.linalg.eigvalsh(equalized @ equalized.T) > limit))
    return spikes


def equalize(values: NDArray[np.generic], median: float) -> NDArray[np.float64]:
    """Return a matrix with its rows and columns scaled so that its noise has variance one.

    This is the Dyson equalizer [1]_, algorithm 1. Where the variance of an entry of the noise is
    xᵢyⱼ, the resolvent of a large matrix at iη has on its diagonal the solution g of the quadratic
    Dyson equation, and 1/g − η is proportional to x for rows and to y for columns. A low-rank
    signal leaves g as it is. η is the median singular value. The resolvent comes from a Cholesky
    factorization of the Gram matrix. Afterwards the noise follows the Marchenko–Pastur law.

    A second pass over the result, with the law's own median as η, corrects what the finite size
    leaves: where variances differ a lot, the largest eigenvalue of equalized noise is two
    standard deviations too high without.

    For an n×n matrix it takes about 2·(n³ + n³/3 + 2n³) multiplications, by far the most of them
    in products of blocks, and the memory of four copies.

    Parameters
    ----------
    values : ndarray
        The entries (rows, cols), no row or column all zero.
    median : float
        The median squared singular value, above zero by more than rounding.

    Returns
    -------
    ndarray of float64
        Of the same shape, or turned so that there are no more rows than columns.

    References
    ----------
    .. [1] Landa and Kluger 2023, arXiv:2306.11263
    """
    wide = (values if values.shape[0] <= values.shape[1] else values.T).astype(np.float64)
    rows, cols = wide.shape
    eta_squared = median
    for _ in range(_PASSES):
        resolvent = wide @ wide.T
        resolvent.flat[:: rows + 1] += eta_squared
        factor = linalg.cho_factor(resolvent, overwrite_a=True, check_finite=False)
        # The sums of these entries over a row or a column are 1 − ηg, without cancellation.
        inside = wide * linalg.cho_solve(factor, wide, check_finite=False)
        for axis in (1, 0):
            share = np.maximum(inside.sum(axis=axis, keepdims=True), np.finfo(np.float64).tiny)
            # x or y: 1/g − η over the square root of the sum of all 1 − ηg
            variance = share / (1 - share) * np.sqrt(eta_squared / inside.sum())
            wide /= np.sqrt(variance)
        eta_squared = cols * mp_median(cols / rows)
    return wide
