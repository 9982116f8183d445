"""What the spectrum of a layer would look like if its entries had no order."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special


def random_values(
    values: NDArray[np.generic], kind: Literal["shuffle", "gaussian"], seed: int
) -> NDArray[np.generic]:
    """Return a random matrix to compare a layer matrix with.

    Parameters
    ----------
    values : ndarray
        The finite entries (slices, rows, cols).
    kind : {"shuffle", "gaussian"}
        The same entries in random order over all slices, which keeps heavy tails of the entries;
        or independent Gaussian entries of mean zero and the same mean square.
    seed : int
        Seed of the draws.

    Returns
    -------
    ndarray
        Of the same shape; of the same type if shuffled, of float64 otherwise.
    """
    rng = np.random.default_rng(seed)
    if kind == "shuffle":
        return rng.permutation(values.ravel()).reshape(values.shape)
    scale = np.sqrt(np.mean(np.square(values, dtype=np.float64)))
    found: NDArray[np.float64] = scale * rng.standard_normal(values.shape)
    return found


def null_columns(
    ascending: NDArray[np.float64],
    null: Sequence[NDArray[np.float64]],
    alphas: Sequence[float],
    spikes: Sequence[int],
) -> dict[str, float | int]:
    """Return a layer's eigenvalues against those of its null.

    Parameters
    ----------
    ascending : ndarray of float64
        Eigenvalues of the layer matrix.
    null : sequence of ndarray of float64
        Eigenvalues of random matrices, at least one.
    alphas : sequence of float
        Their exponents, of those that have one.
    spikes : sequence of int
        Their numbers of spikes, of those that have a bulk.

    Returns
    -------
    dict
        `rand_distance`, `null_max`, `num_above_null`, and where there are any `null_alpha`,
        `null_alpha_low` and `null_num_spikes`.
    """
    largest = max(float(random[-1]) for random in null)
    found: dict[str, float | int] = {
        "rand_distance": float(np.mean([jensen_shannon(ascending, random) for random in null])),
        "null_max": largest,
        "num_above_null": int(np.count_nonzero(ascending > largest)),
    }
    if alphas:
        found |= {"null_alpha": float(np.median(alphas)), "null_alpha_low": min(alphas)}
    if spikes:
        found["null_num_spikes"] = float(np.mean(spikes))
    return found


def jensen_shannon(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the Jensen–Shannon distance of two sorted spectra as shares of their sums.

    It compares the vectors rank by rank, not their densities, as WeightWatcher 0.7.7 does for
    `rand_distance`; natural logarithm, between 0 and √ln 2.
    """
    p, q = one / one.sum(), other / other.sum()
    middle = (p + q) / 2
    divergence = (special.rel_entr(p, middle).sum() + special.rel_entr(q, middle).sum()) / 2
    return float(np.sqrt(max(divergence, 0)))
