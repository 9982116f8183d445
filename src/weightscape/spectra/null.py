"""What the spectrum of a layer would look like if its entries had no order."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from weightscape.config.spectra import Nulls
from weightscape.spectra.power_law import ZERO


def random_values(values: NDArray[np.generic], kind: Nulls, seed: int) -> NDArray[np.generic]:
    """Return a random matrix to compare a layer matrix with.

    Parameters
    ----------
    values : ndarray
        The finite entries (slices, rows, cols), real numbers.
    kind : {"signs", "shuffle", "gaussian"}
        What the entries are, slice by slice.

        * ``signs``: the differences of the entries from the mean of their slice, with random
          signs [1]_. It keeps the variance of every entry, and so that of rows and columns, and
          takes the noise for symmetric about the mean. The mean itself is a direction that stands
          out, and with it in the entries the null would be as wide as if it were noise.
        * ``shuffle``: the entries in random order within the slice, which keeps their
          distribution, with its mean, and spreads the variances of rows and columns evenly.
        * ``gaussian``: independent Gaussian entries of mean zero and the slice's variance.

        A slice whose entries are all equal has no variance; its entries are taken as they are.
    seed : int
        Seed of the draws.

    Returns
    -------
    ndarray
        Of the same shape; of the same type if shuffled, of a floating-point type otherwise.

    References
    ----------
    .. [1] Hong, Sheng and Dobriban 2020, arXiv:2012.02985
    """
    rng = np.random.default_rng(seed)
    if kind == "shuffle":
        shuffled = rng.permuted(values.reshape(len(values), -1), axis=1)
        return shuffled.reshape(values.shape)
    found = _centre(values)
    if kind == "signs":
        found *= 2 * rng.integers(0, 2, found.shape, np.int8) - 1
        return found
    scale = np.sqrt(np.mean(np.square(found, dtype=np.float64), axis=(1, 2), keepdims=True))
    drawn: NDArray[np.float64] = scale * rng.standard_normal(values.shape)
    return drawn


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
        `null_distance`, `null_max`, `num_above_null`, and where there are any `null_alpha`,
        `null_alpha_low` and `null_num_spikes`.
    """
    largest = max(float(random[-1]) for random in null)
    # What is zero but for rounding is above nothing.
    floor = max(largest, ZERO * float(ascending[-1]))
    found: dict[str, float | int] = {
        "null_distance": float(np.mean([jensen_shannon(ascending, random) for random in null])),
        "null_max": largest,
        "num_above_null": int(np.count_nonzero(ascending > floor)),
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


def _centre(values: NDArray[np.generic]) -> NDArray[np.floating]:
    """Return the differences from the mean of each slice, and a slice of one value as it is."""
    kind = np.result_type(values.dtype, np.float32)
    mean = values.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
    constant = values.min(axis=(1, 2), keepdims=True) == values.max(axis=(1, 2), keepdims=True)
    found: NDArray[np.floating] = np.subtract(values, np.where(constant, 0, mean), dtype=kind)
    return found
