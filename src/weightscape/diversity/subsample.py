"""Scores of a set at a fixed number of images, and how far they can be trusted."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

LEVEL = 0.95
"""Coverage of the intervals."""


class Interval(NamedTuple):
    """An estimate and its 95 % interval; NaN where they cannot be told."""

    mean: float
    low: float
    high: float


def subsamples(n: int, size: int, repeats: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield `repeats` times `size` of n indices, drawn without replacement; none if n < size."""
    rng = np.random.default_rng(seed)
    for _ in range(repeats if n >= size else 0):
        yield rng.choice(n, size, replace=False)


def interval(values: Sequence[float], n: int, size: int) -> Interval:
    """Return the expected score of `size` images, from the scores of subsamples of a set of n.

    A diversity score grows with the number of images. Its mean over subsamples of one size is an
    estimate of what that many images of the kind score, whatever the size of the set.

    Parameters
    ----------
    values : sequence of float
        The score of each subsample, drawn without replacement.
    n, size : int
        Images in the set and in a subsample.

    Returns
    -------
    Interval
        The mean of the values, and their 95 % percentile interval, stretched about the mean by
        √(size/(n − size)): the subsamples share their images, the more the larger they are. For a
        half of the set that is 1, and the interval is the plain one. It holds what it should about
        nine times in ten for subsamples of up to half of 100 images, and less often for larger
        parts of a set. Below two values or without images left over there is no interval, without
        values nothing.

    References
    ----------
    The factor is that of the delete-d jackknife: Shao & Wu (1989), A General Theory for Jackknife
    Variance Estimation, doi:10.1214/aos/1176347263. Percentiles of subsamples: Politis & Romano
    (1994), doi:10.1214/aos/1176325770.
    """
    found: Any = np.asarray(values, np.float64)
    if not len(found):
        return Interval(np.nan, np.nan, np.nan)
    mean = float(found.mean())
    if len(found) < 2 or n <= size:
        return Interval(mean, np.nan, np.nan)
    stretch = np.sqrt(size / (n - size))
    tail = (1 - LEVEL) / 2
    low, high = mean + stretch * (np.quantile(found, [tail, 1 - tail]) - mean)
    return Interval(mean, float(low), float(high))
