"""Where the tail starts by its volume: the eigenvalues whose product is one."""

import numpy as np
from numpy.typing import NDArray


def detx(eigenvalues: NDArray[np.float64]) -> dict[str, float | int]:
    """Return the tail whose eigenvalues, over the mean of all, have the product one.

    From the largest one down, eigenvalues join the tail until the product is below one for the
    first time [1]_. The values are those of WeightWatcher 0.7.7 with ``detX=True``, but where its
    products leave the range of float64: here their logarithms are added.

    Parameters
    ----------
    eigenvalues : ndarray of float64
        Eigenvalues of WᵀW in ascending order, not all zero.

    Returns
    -------
    dict
        `detX_num`, `detX_val` and `detX_val_unrescaled`; empty where the eigenvalues are all
        equal. A product that never gets below one without the smallest of them makes a tail of
        all.

    References
    ----------
    .. [1] Martin and Hinrichs 2025, SETOL, arXiv:2507.17912
    """
    if eigenvalues[0] == eigenvalues[-1]:
        return {}
    scale = eigenvalues.mean()
    with np.errstate(divide="ignore"):  # an eigenvalue of zero ends every tail
        logs = np.log(eigenvalues[:0:-1]) - np.log(scale)
    below = np.flatnonzero(np.cumsum(logs) < 0)
    # The tail of all starts at the second one too in WeightWatcher, which never looks at the first.
    start = eigenvalues.size - 1 - int(below[0]) if below.size else 1
    return {
        "detX_num": eigenvalues.size - start if below.size else eigenvalues.size,
        "detX_val": float(eigenvalues[start]),
        "detX_val_unrescaled": float(eigenvalues[start] / scale),
    }
