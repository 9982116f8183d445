"""Leading singular vectors of a matrix, by the Gram matrix of its smaller side."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg


class Vectors(NamedTuple):
    """Singular vectors, in descending order of their singular values.

    Attributes
    ----------
    left, right : ndarray of float64
        Orthonormal columns, shape (rows, k) and (cols, k); each of either sign. The other side's
        vector of a singular value that is zero is zero.
    """

    left: NDArray[np.float64]
    right: NDArray[np.float64]


def leading_vectors(values: NDArray[np.generic], k: int, device: str = "cpu") -> Vectors:
    """Return the k leading singular vectors of a matrix, or all if it has fewer.

    Those of the smaller side are eigenvectors of its Gram matrix, for a few of which LAPACK's
    ``syevr`` does little more than for the eigenvalues; those of the other side are the images of
    these. The error of a vector is about 1e-16·λ₁ over the distance of its λ from the next.

    Parameters
    ----------
    values : ndarray
        The finite entries (rows, cols) of any real type, whose squares are in float64's range.
    k : int
        How many, at least 1.
    device : str, optional
        ``cpu``, or a torch device such as ``cuda`` for the eigenvectors.

    Returns
    -------
    Vectors
        min(k, rows, cols) of either side.

    Raises
    ------
    numpy.linalg.LinAlgError
        If LAPACK does not converge.
    """
    if values.shape[0] > values.shape[1]:
        right, left = leading_vectors(values.T, k, device)
        return Vectors(left, right)
    matrix = values.astype(np.float64)
    gram = matrix @ matrix.T
    ascending = _solve(gram, k) if device == "cpu" else _solve_by_torch(gram, k, device)
    # In C order, as from a file: the last digit of a product hangs on the order.
    left = np.ascontiguousarray(ascending[:, ::-1])
    right = matrix.T @ left
    norms = np.linalg.norm(right, axis=0)
    return Vectors(left, right / np.where(norms > 0, norms, 1))


def _solve(gram: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Return the eigenvectors of the k largest eigenvalues; the matrix is overwritten."""
    size = len(gram)
    if k >= size:  # of all vectors, divide and conquer is the faster way
        _, found = linalg.eigh(gram, driver="evd", overwrite_a=True, check_finite=False)
    else:
        _, found = linalg.eigh(
            gram,
            driver="evr",
            subset_by_index=(size - k, size - 1),
            overwrite_a=True,
            check_finite=False,
        )
    return np.asarray(found)


def _solve_by_torch(gram: NDArray[np.float64], k: int, device: str) -> NDArray[np.float64]:
    """Return the same as `_solve`, computed on `device`."""
    import torch

    _, found = torch.linalg.eigh(torch.from_numpy(gram).to(device))
    leading: NDArray[np.float64] = found[:, -k:].cpu().numpy()
    return leading
