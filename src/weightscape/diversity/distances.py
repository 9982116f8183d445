"""Euclidean distances between the rows of two sets, a block at a time."""

from collections.abc import Iterator

import numpy as np

from weightscape.diversity.vendi import Array, Features, squared_lengths

ROWS = 2048
"""Rows of the second set that are in memory in double precision at a time."""

BLOCK = 2**23
"""Distances that are in memory at a time."""


def squared_distances(one: Features, other: Features) -> Iterator[tuple[slice, Array]]:
    """Yield blocks of rows of `one` and their squared distances to all rows of `other`.

    Sums are in double precision: between images of whole-number pixels they are exact, and no
    distance is below 0.

    Parameters
    ----------
    one, other : ndarray of real numbers, shapes (n, d) and (m, d)
        The two sets.

    Yields
    ------
    part : slice
        Rows of `one`.
    distances : ndarray of float64, shape (rows of the part, m)
        Theirs to `other`.
    """
    lengths, other_lengths = squared_lengths(one), squared_lengths(other)
    step = min(ROWS, max(1, BLOCK // max(1, len(other))))
    for start in range(0, len(one), step):
        part = slice(start, start + step)
        block = one[part].astype(np.float64)
        distances = np.empty((len(block), len(other)))
        for first in range(0, len(other), ROWS):
            columns = slice(first, first + ROWS)
            np.matmul(block, other[columns].T.astype(np.float64), out=distances[:, columns])
        distances *= -2
        distances += lengths[part, None]
        distances += other_lengths
        yield part, np.maximum(distances, 0, out=distances)


def squared_radii(features: Features, k: int) -> Array:
    """Return every row's squared distance to its k-th nearest other row, float64 (n,).

    Raises
    ------
    ValueError
        If there are not more than k rows.
    """
    if len(features) <= k:
        raise ValueError(f"{len(features)} images do not have {k} neighbours each; lower k")
    radii = np.empty(len(features))
    for part, distances in squared_distances(features, features):
        rows = np.arange(len(distances))
        distances[rows, rows + part.start] = 0  # of a row to itself, whatever rounding leaves
        radii[part] = np.partition(distances, k, axis=1)[:, k]
    return radii


def squared_nearest(features: Features, others: Features) -> Array:
    """Return every row's squared distance to the nearest row of `others`, float64 (n,)."""
    nearest = np.empty(len(features))
    for part, distances in squared_distances(features, others):
        nearest[part] = distances.min(axis=1)
    return nearest
