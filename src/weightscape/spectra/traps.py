"""Correlation traps: entries so large that they stand out of a layer without any order."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.sparse.linalg import svds

from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.spectra.marchenko_pastur import noise_tail
from weightscape.spectra.null import random_values
from weightscape.spectra.robust_bulk import fit_robust_bulk

_FAR = 3.0  # standard deviations from which an entry counts for no more in the scale of its row
_PASSES = 2  # rows that are levelled tell the scales of columns better, and these those of rows
_CHANCE = 0.001  # that the largest scale of a slice's rows is taken for one of another kind
_MAD = 1.4826  # the standard deviation of normal draws over the median distance from their median


def find_traps(values: NDArray[np.generic], seed: int, device: str = "cpu") -> dict[str, Any]:
    """Return how many eigenvalues of a replica without order are beyond the bulk, and why.

    The layer's entries with random signs have no order, and still have directions of their own
    where some entries are far larger than the others, WeightWatcher's correlation traps [1]_.
    Rows and columns may differ in scale without any trap: every row and column is brought to one
    scale first, by the mean square of its entries, the far ones cut off, so that a huge entry
    stays one. A scale that is far above those of the other rows is cut off likewise, so that a
    strong row among equal ones stays strong. What is left is noise of variance one, whose largest
    eigenvalue follows the Tracy–Widom law.

    Parameters
    ----------
    values : ndarray
        The finite entries (slices, rows, cols), not all zero.
    seed : int
        Seed of the signs.
    device : str, optional
        Where eigenvalues are computed.

    Returns
    -------
    dict
        `num_tw_traps`, `trap_p_value`; and where there is a trap, of the likeliest one
        `trap_ipr_left` and `trap_ipr_right`, Σu⁴ of its singular vectors, and the places of
        their largest entries, `trap_row` and `trap_col`. Empty where the replica has no bulk.

    References
    ----------
    .. [1] Martin and Hinrichs 2025, SETOL, arXiv:2507.17912
    """
    replica = random_values(values, "signs", seed).astype(np.float64)
    for _ in range(_PASSES):
        replica = _level(replica)
    of_slices = eigenvalues(replica, "Linear", device).of_slices
    sides = np.stack([replica.any(axis=axis).sum(axis=1) for axis in (2, 1)], axis=1)
    bulk = fit_robust_bulk(of_slices, sides)
    if bulk is None:
        return {}
    chances = [_chance(*each) for each in zip(of_slices, sides, strict=True)]
    chance = min(len(chances) * min(chances), 1.0)
    found = {"num_tw_traps": bulk.num_tw_spikes, "trap_p_value": chance}
    if bulk.num_tw_spikes:
        found |= _locate(replica[int(np.argmin(chances))])
    return found


def _level(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the entries over the scales of their rows and columns."""
    over_rows = values / _scales(values)[:, :, np.newaxis]
    levelled: NDArray[np.float64] = over_rows / _scales(over_rows.swapaxes(1, 2))[:, np.newaxis, :]
    return levelled


def _scales(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scale of every row of every slice; 1 of one of zeros, which has none."""
    sizes = np.abs(values)
    sizes[sizes == 0] = np.nan  # an entry that is pruned says nothing of the others
    empty = np.isnan(sizes).all(axis=2)
    sizes[empty] = 1
    typical = np.nanmedian(sizes, axis=2, keepdims=True)
    logs = 0.5 * np.log(np.nanmean(np.minimum(sizes, _FAR * _MAD * typical) ** 2, axis=2))
    logs[empty] = np.nan
    middle = np.nanmedian(logs, axis=1, keepdims=True)
    spread = _MAD * np.nanmedian(np.abs(logs - middle), axis=1, keepdims=True)
    farthest = special.ndtri(1 - _CHANCE / logs.shape[1])
    found: NDArray[np.float64] = np.exp(np.minimum(logs, middle + farthest * spread))
    found[empty] = 1
    return found


def _chance(ascending: NDArray[np.float64], sides: NDArray[np.int_]) -> float:
    """Return how often noise of the variance of all but the spikes has as large an eigenvalue."""
    M, N = sorted(sides.tolist())
    bulk = fit_robust_bulk(ascending[np.newaxis], sides[np.newaxis])
    if bulk is None:
        return 1.0
    k = bulk.num_tw_spikes
    variance = ascending[: ascending.size - k].sum() / ((N - k) * (M - k))
    return noise_tail(float(ascending[-1] / variance), N, M)


def _locate(matrix: NDArray[np.float64]) -> dict[str, Any]:
    left, _, right = svds(matrix, k=1, v0=np.ones(min(matrix.shape)))
    squares = left[:, 0] ** 2, right[0] ** 2
    return {
        "trap_ipr_left": float(np.sum(squares[0] ** 2)),
        "trap_ipr_right": float(np.sum(squares[1] ** 2)),
        "trap_row": int(squares[0].argmax()),
        "trap_col": int(squares[1].argmax()),
    }
