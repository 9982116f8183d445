"""Norms, ranks and entropies of a spectrum."""

import numpy as np
from numpy.typing import NDArray

_EPSILON = 1e-10  # what WeightWatcher 0.7.7 adds to shares and rank


def norms(eigenvalues: NDArray[np.float64]) -> dict[str, float]:
    """Return the norms and the ranks of real value, by their names in the table `spectra`.

    Parameters
    ----------
    eigenvalues : ndarray of float64
        Eigenvalues of WᵀW in ascending order, not all zero.

    Returns
    -------
    dict of str to float
        `norm` (the squared Frobenius norm), `spectral_norm` (the squared spectral norm), the
        log10 of both, `stable_rank` (their ratio), and `effective_rank`, the exponential of the
        entropy of the singular values as shares of their sum [1]_; a convolution's are those of
        all slices.

    References
    ----------
    .. [1] Roy and Vetterli 2007, The effective rank, EUSIPCO, 606-610
    """
    norm, spectral_norm = eigenvalues.sum(), eigenvalues[-1]
    singular = np.sqrt(eigenvalues[eigenvalues > 0])
    shares = singular / singular.sum()
    return {
        "norm": float(norm),
        "log_norm": float(np.log10(norm)),
        "spectral_norm": float(spectral_norm),
        "log_spectral_norm": float(np.log10(spectral_norm)),
        "stable_rank": float(norm / spectral_norm),
        "effective_rank": float(np.exp(-np.sum(shares * np.log(shares)))),
    }


def entropy(eigenvalues: NDArray[np.float64], matrix_rank: int) -> float:
    """Return the entropy of the eigenvalues as shares of their sum, over the log of the rank.

    1e-10 is added to the shares and to the rank as WeightWatcher 0.7.7 does on a CPU.

    Parameters
    ----------
    eigenvalues : ndarray of float64
        Eigenvalues of WᵀW, not all zero.
    matrix_rank : int
        Their number that is not numerically zero, at least 2: the log of 1 is zero.
    """
    shares = eigenvalues / eigenvalues.sum() + _EPSILON
    return float(-np.sum(shares * np.log(shares)) / np.log(matrix_rank + _EPSILON))


def alpha_norms(eigenvalues: NDArray[np.float64], alpha: float) -> dict[str, float]:
    """Return `alpha_weighted` and `log_alpha_norm`.

    Parameters
    ----------
    eigenvalues : ndarray of float64
        Eigenvalues of WᵀW in ascending order, not all zero.
    alpha : float
        Exponent of their power law.

    Returns
    -------
    dict of str to float
        alpha·log10 of the largest eigenvalue, and log10 Σ λ^alpha, without overflow.
    """
    weighted = alpha * np.log10(eigenvalues[-1])
    share = np.sum((eigenvalues / eigenvalues[-1]) ** alpha)
    return {
        "alpha_weighted": float(weighted),
        "log_alpha_norm": float(weighted + np.log10(share)),
    }
