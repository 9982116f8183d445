"""The Vendi score: how many clearly different images a set is worth."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Features = npt.NDArray[Any]

BLOCK = 2**22
"""Entries of the features that are in memory in double precision at a time."""


def vendi_score(features: Features, order: float = 1.0) -> float:
    """Return the Vendi score of a set under the cosine similarity of its features.

    VS(K) = exp(−Σ λ ln λ) with λ the eigenvalues of K/n: from 1, where all rows point the same
    way, to n, where they are orthogonal. It does not depend on the order of the rows.

    Parameters
    ----------
    features : ndarray of real numbers, shape (n, d)
        A row per image, of any length: rows are normalised. A row of zeros has no direction; all
        such rows count as alike, and as unlike any other.
    order : float, optional
        Order q of Rényi's entropy in the place of Shannon's, which is q = 1: small ones weigh rare
        kinds of images more, ``inf`` counts the most frequent kind alone.

    Raises
    ------
    ValueError
        If there is no row or a number is not finite, or the order is below 0.

    Notes
    -----
    The eigenvalues are those of the smaller of the n×n and the d×d matrix, which has the same ones
    but for zeros. Sums are in double precision whatever the type of the features.

    References
    ----------
    Friedman & Dieng (2023), The Vendi Score, arXiv:2210.02410; for other orders Pasarkar & Dieng
    (2023), Cousins of the Vendi Score, arXiv:2310.12952.
    """
    if not order >= 0:
        raise ValueError(f"the order of a Vendi score is 0 or more, not {order}")
    shares = similarity_eigenvalues(features)
    # What rounding leaves of eigenvalues that are zero would count in full at order 0.
    shares = shares[shares > len(shares) * np.finfo(np.float64).eps * shares.max()]
    if order == 1:
        return float(np.exp(-(shares * np.log(shares)).sum()))
    if order == np.inf:
        return float(1 / shares.max())
    return float((shares**order).sum() ** (1 / (1 - order)))


def similarity_eigenvalues(features: Features) -> Array:
    """Return the eigenvalues of K/n, K the cosine similarities: min(n, d) of them, of sum 1.

    Parameters, errors and notes are those of `vendi_score`.
    """
    if features.ndim != 2 or 0 in features.shape:
        raise ValueError(
            f"features must have the shape (n, d), at least (1, 1), not {features.shape}"
        )
    lengths = np.sqrt(squared_lengths(features))
    if not np.isfinite(lengths).all():
        raise ValueError("features must be finite numbers; some are not")
    n, d = features.shape
    known = lengths > 0
    if not known.all():
        features, lengths = features[known], lengths[known]
    size = min(features.shape)
    gram = np.zeros((size, size))
    for part in _blocks(features, along=0 if d == size else 1):
        if d == size:
            block = features[part] / lengths[part, None]
            gram += block.T @ block
        else:
            block = features[:, part] / lengths[:, None]
            gram += block @ block.T
    eigenvalues: Array = np.linalg.eigvalsh(gram / n).clip(min=0)
    nowhere = n - len(lengths)
    return np.append(eigenvalues, nowhere / n) if nowhere else eigenvalues


def squared_lengths(features: Features) -> Array:
    """Return the squared Euclidean length of every row, float64 (n,)."""
    lengths = np.empty(len(features))
    for part in _blocks(features):
        block = features[part].astype(np.float64)
        lengths[part] = np.einsum("ij,ij->i", block, block)
    return lengths


def _blocks(features: Features, along: int = 0) -> Iterator[slice]:
    """Yield slices along an axis with at most `BLOCK` entries each, one row or column at least."""
    step = max(1, BLOCK // max(1, features.shape[1 - along]))
    for start in range(0, features.shape[along], step):
        yield slice(start, start + step)
