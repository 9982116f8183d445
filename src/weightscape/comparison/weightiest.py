"""Whether a finding rests on one of its parts, a layer or a condition, each left out in turn."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightscape.comparison.paired import Array, Estimate

FAR = 0.3
"""A correlation that changes by more than this without one part is another one."""

Ends = tuple[float, float, float]
"""A number and the two ends of its interval; NaN where there is none."""


class Weightiest(NamedTuple):
    """A finding without the part that it rests on most; arrays of the finding's shape.

    Attributes
    ----------
    part : numpy.ndarray
        Number of that part; −1 where none can be left out.
    effect, error, low, high : numpy.ndarray
        What is found without it, its error and its 95 % interval; NaN where nothing is.
    """

    part: NDArray[np.int64]
    effect: Array
    error: Array
    low: Array
    high: Array


def find_weightiest(full: Estimate, without: Sequence[Estimate]) -> Weightiest:
    """Return the part without which a finding changes most.

    Parameters
    ----------
    full : Estimate
        The finding, or an array of them.
    without : sequence of Estimate
        The same without each part, in order; empty where none can be left out.

    Returns
    -------
    Weightiest
        A part without which nothing can be said comes before one without which the interval no
        longer leaves out 0 on its side, and that before the largest change. −1 where the finding
        itself is missing.
    """
    shape = np.shape(full.effect)
    if not without:
        return Weightiest(np.full(shape, -1), *np.full((4, *shape), np.nan))
    effect, error, low, high = (
        np.stack([getattr(each, name) for each in without])
        for name in ("effect", "error", "low", "high")
    )
    lost = ~np.isfinite(effect)
    change = np.where(lost, 0.0, np.abs(effect - full.effect))
    opens = ((full.low > 0) & ~(low > 0)) | ((full.high < 0) & ~(high < 0))
    chosen = np.asarray(np.lexsort((change, opens, lost), axis=0)[-1])
    there = np.isfinite(full.effect)
    found = (
        np.take_along_axis(each, chosen[None], axis=0)[0] for each in (effect, error, low, high)
    )
    return Weightiest(
        np.where(there, chosen, -1), *(np.where(there, each, np.nan) for each in found)
    )


def rests_on_part(full: Ends, without: Ends) -> bool:
    """Return whether a finding is another one without one of its parts.

    It is where nothing can be said without it, where the interval leaves out 0 on one side and
    without it no longer does, or the other way round, and where the number changes by more than
    `FAR`. What is itself missing rests on nothing.
    """
    if not math.isfinite(full[0]):
        return False
    if not math.isfinite(without[0]):
        return True
    (value, low, high), (other, low_without, high_without) = full, without
    changes = (low > 0) != (low_without > 0) or (high < 0) != (high_without < 0)
    return changes or abs(other - value) > FAR
