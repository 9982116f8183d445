"""How far a layer matrix has moved from its initial one."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from weightscape.spectra.power_law import ZERO


class Start(NamedTuple):
    """The initial layer matrix that another one is compared with.

    Attributes
    ----------
    values : ndarray
        The entries (slices, rows, cols).
    eigenvalues : ndarray of float64 or None
        Its eigenvalues, if they are known; they are computed otherwise.
    """

    values: NDArray[np.generic]
    eigenvalues: NDArray[np.float64] | None = None


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


def subspace_overlap(
    values: NDArray[np.generic], start: NDArray[np.generic], k: int
) -> dict[str, float]:
    """Return the overlap of the leading singular subspaces of two layer matrices.

    The overlap is the mean squared cosine of the k principal angles [1]_: 1 for the same subspace,
    0 for orthogonal ones, about k/n for random ones in n dimensions.

    A layer of several slices is taken as one matrix (rows, slices·cols): this is the linear map
    that a convolution applies to a patch, so that its left singular vectors are combinations of
    output channels and its right ones are filters.

    Parameters
    ----------
    values, start : ndarray
        The finite entries (slices, rows, cols) of both, of one shape.
    k : int
        Dimension of the subspaces.

    Returns
    -------
    dict of str to float
        `subspace_left` and `subspace_right`; empty where the smaller side of the matrix is not
        above k, or one of the matrices has no k singular values that are not zero. Where the
        singular values k and k + 1 are close, the subspace depends on little.

    References
    ----------
    .. [1] Björck and Golub 1973, doi:10.2307/2005662
    """
    bases = []
    for entries in (values, start):
        matrix = np.concatenate(list(entries), axis=1, dtype=np.float64)
        if min(matrix.shape) <= k or (leading := _leading(matrix, k)) is None:
            return {}
        bases.append(leading)
    (left, right), (start_left, start_right) = bases
    return {
        "subspace_left": float(np.sum((left.T @ start_left) ** 2) / k),
        "subspace_right": float(np.sum((right.T @ start_right) ** 2) / k),
    }


def _leading(
    matrix: NDArray[np.float64], k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the k leading left and right singular vectors, by the smaller Gram matrix."""
    if matrix.shape[0] > matrix.shape[1]:
        turned = _leading(matrix.T, k)
        return turned and turned[::-1]
    size = matrix.shape[0]
    squares, left = linalg.eigh(
        matrix @ matrix.T, subset_by_index=(size - k, size - 1), check_finite=False
    )
    if squares[0] <= ZERO * squares[-1]:
        return None
    return left, matrix.T @ left / np.sqrt(squares)
