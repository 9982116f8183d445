"""Eigenvalues of WᵀW, by its Gram matrix where that is exact enough and by an SVD elsewhere."""

from functools import reduce
from operator import iadd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightscape.spectra.two_stage import eigvalsh_two_stage

GRAM_FLOOR = 1e-10
"""Smallest ratio of eigenvalues in a matrix that its Gram matrix is trusted with.

The relative error of an eigenvalue there is about 1e-16 over its ratio to the largest one.
"""
CONV2D_FACTOR = 0.5
"""What WeightWatcher's `conv2d_norm` multiplies the eigenvalues of a two-dimensional kernel by."""
TWO_STAGE = 2560
"""Side from which a Gram matrix is reduced in two stages.

A smaller one fits into the caches, or nearly, and is about as fast in one.
"""
_COLUMNS = 2048  # of the wider side are widened to float64 at a time


class Spectrum(NamedTuple):
    """The eigenvalues of a layer matrix.

    Attributes
    ----------
    ascending : ndarray of float64
        The min(rows, cols) eigenvalues of WᵀW (no 1/N) of every slice, pooled, ascending.
    matrix_rank : int
        Number of singular values above max(rows, cols) · eps times the largest one over all
        slices, WeightWatcher's rank of a layer.
    of_slices : ndarray of float64
        The same eigenvalues (slices, min(rows, cols)), ascending within each slice.
    """

    ascending: NDArray[np.float64]
    matrix_rank: int
    of_slices: NDArray[np.float64]


def eigenvalues(values: NDArray[np.generic], layer_type: str, device: str = "cpu") -> Spectrum:
    """Return the empirical spectral distribution of a layer matrix, and its rank.

    Parameters
    ----------
    values : ndarray
        The finite entries (slices, rows, cols), real numbers of any type, at least one, whose
        squares are in the range of float64.
    layer_type : str
        ``Conv2d``, in groups or not, halves the eigenvalues, as WeightWatcher does.
    device : str, optional
        ``cpu``, or a torch device such as ``cuda`` for Gram matrices and their eigenvalues.

    Returns
    -------
    Spectrum
        Eigenvalues and rank.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a solver does not converge.
    """
    wide = values if values.shape[1] <= values.shape[2] else values.swapaxes(1, 2)
    squares = _solved(_gram(wide)) if device == "cpu" else _by_torch(wide, device)
    # Below the floor an eigenvalue is noise, of either sign, and a rank taken from it is wrong.
    for index in np.flatnonzero(squares[:, 0] < GRAM_FLOOR * squares[:, -1]):
        singular = np.linalg.svd(wide[index].astype(np.float64), compute_uv=False)
        squares[index] = singular[::-1] ** 2
    squares *= factor_of(layer_type)
    pooled = np.sort(squares, axis=None)
    zero = np.sqrt(pooled[-1]) * wide.shape[2] * np.finfo(np.float64).eps
    return Spectrum(pooled, int(np.count_nonzero(np.sqrt(pooled) > zero)), squares)


def factor_of(layer_type: str) -> float:
    """Return what the squared singular values of a kind of layer are multiplied by."""
    return CONV2D_FACTOR if layer_type in ("Conv2d", "GroupedConv2d") else 1.0


def check_device(device: str) -> None:
    """Raise `RuntimeError` if eigenvalues are to be computed on a GPU that is not there."""
    if device == "cpu":
        return
    import torch

    if not torch.cuda.is_available():
        raise RuntimeError(
            f"spectra.device: {device} is asked for, but torch finds no GPU here; set"
            " spectra.device: cpu in the config or run where a GPU is"
        )


def _gram(wide: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return AAᵀ of every slice in float64, without a float64 copy of the whole."""

    def product(start: int) -> NDArray[np.float64]:
        part = wide[:, :, start : start + _COLUMNS].astype(np.float64)
        found: NDArray[np.float64] = part @ part.swapaxes(1, 2)
        return found

    return reduce(iadd, map(product, range(0, wide.shape[2], _COLUMNS)))


def _solved(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the eigenvalues of every slice, which may be overwritten."""
    if gram.shape[1] < TWO_STAGE:
        return np.linalg.eigvalsh(gram).astype(np.float64, copy=False)
    # A slice is as it was where the two stages give None.
    solved = zip(gram, map(eigvalsh_two_stage, gram), strict=True)
    whole = [np.linalg.eigvalsh(one) if its is None else its for one, its in solved]
    return np.stack(whole).astype(np.float64, copy=False)


def _by_torch(wide: NDArray[np.generic], device: str) -> NDArray[np.float64]:
    """Return the eigenvalues of AAᵀ of every slice in float64, computed on `device`."""
    import torch

    # A copy: torch takes neither negative strides nor memory that may not be written to.
    whole = torch.from_numpy(np.array(wide)).to(device, torch.float64)
    found: NDArray[np.float64] = torch.linalg.eigvalsh(whole @ whole.mT).cpu().numpy()
    return found
