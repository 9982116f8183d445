"""Likeness of the layer profiles that conditions leave in the weights."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

MIN_RELIABILITY = 0.5
"""Below it a profile is too noisy for its likeness to another to mean anything."""

MIN_LAYERS = 3
"""Two points always lie on a line: a correlation over fewer layers than this says nothing."""

Array = NDArray[np.float64]


def likeness(effects: Mapping[str, Array]) -> tuple[Array, Array, Array]:
    """Return how alike the conditions' profiles are, free of shared noise and corrected for it.

    Effects of one seed share the noise of their reference's run, which alone correlates two
    conditions without any effect at about .5; so only pairs of different seeds are compared. Noise
    that is not shared weakens a correlation; dividing by the geometric mean of the reliabilities
    undoes that (Spearman 1904, doi:10.2307/1412159).

    Parameters
    ----------
    effects : mapping of str to numpy.ndarray
        For every condition its effect on every layer, shape (seeds, layers). Row k is the same
        seed and column i the same layer in all of them; a missing value is NaN.

    Returns
    -------
    r : numpy.ndarray
        Shape (conditions, conditions), in the order of `effects`: the mean over k ≠ l of Pearson's
        r between row k of one and row l of the other, over the layers that both have. A pair of
        rows with fewer than three such layers, or without spread, does not count; NaN where no
        pair counts, as with a single seed.
    reliability : numpy.ndarray
        Shape (conditions,): the diagonal of `r`, the likeness of a condition to itself.
    corrected : numpy.ndarray
        Shape (conditions, conditions): r over √(reliability · reliability). NaN, to be read as
        inconclusive, where either reliability is below `MIN_RELIABILITY`. It may leave [−1, 1] by
        chance; it is not clipped.

    Raises
    ------
    ValueError
        If the arrays differ in shape.
    """
    profiles = [np.asarray(profile, dtype=np.float64) for profile in effects.values()]
    if len({profile.shape for profile in profiles}) > 1:
        raise ValueError(
            "the effects differ in shape: "
            + ", ".join(f"{name} {np.shape(profile)}" for name, profile in effects.items())
        )
    r = np.full((len(profiles), len(profiles)), np.nan)
    for i, one in enumerate(profiles):
        for j, other in enumerate(profiles[: i + 1]):
            r[i, j] = r[j, i] = _across_seeds(one, other)
    reliability = np.diag(r).copy()
    root = np.sqrt(np.where(reliability >= MIN_RELIABILITY, reliability, np.nan))
    return r, reliability, r / np.outer(root, root)


def _across_seeds(one: Array, other: Array) -> float:
    pairs = [
        _pearson(row, column)
        for k, row in enumerate(one)
        for m, column in enumerate(other)
        if k != m
    ]
    counted = [r for r in pairs if np.isfinite(r)]
    return float(np.mean(counted)) if counted else float("nan")


def _pearson(x: Array, y: Array) -> float:
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < MIN_LAYERS:
        return float("nan")
    x, y = x[both] - x[both].mean(), y[both] - y[both].mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale > 0 else float("nan")
