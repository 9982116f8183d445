"""What the families of conditions do to scores, and how numbers about them are kept."""

import math
from typing import NamedTuple

from weightscape.comparison.arrays import ALL
from weightscape.comparison.crossed import Crossed, estimate_crossed
from weightscape.comparison.effects import Effects
from weightscape.comparison.likeness_rows import group_families
from weightscape.comparison.paired import LEVEL
from weightscape.config.families import NO_CHOICE

YARDSTICK = "dropout"
"""The family that the others are compared with."""


class Interval(NamedTuple):
    """A number with its 95 % interval; NaN where there is none."""

    value: float
    low: float
    high: float


NONE = Interval(math.nan, math.nan, math.nan)


def shifted_effects(effects: Effects, score: str) -> dict[str, Interval]:
    """Return the effect of every family on a score of shifted images, mean over its conditions."""
    return {
        family: Interval(*map(float, (estimate.effect, estimate.low, estimate.high)))
        for family, values in _of_families(effects, score).items()
        for estimate in [estimate_crossed(values)]
    }


def find_parting(effects: Effects, score: str, beside: str) -> dict[str, Interval]:
    """Return the families that move one score of shifted images further than another.

    Returns
    -------
    dict of str to Interval
        Effect on `score` minus effect on `beside`, for the families in which that differs from
        zero: t test over seeds and test images at 5 %, Bonferroni over the families. Twins and
        controls are not asked.
    """
    one, other = _of_families(effects, score), _of_families(effects, beside)
    asked = [family for family in one if family in other and family not in NO_CHOICE]
    found = {family: estimate_crossed(one[family] - other[family]) for family in asked}
    return {
        family: Interval(float(estimate.effect), float(estimate.low), float(estimate.high))
        for family, estimate in found.items()
        if float(estimate.p) * len(asked) <= LEVEL  # false for NaN
    }


def _of_families(effects: Effects, score: str) -> dict[str, Crossed]:
    """Return the effect of every family on a score of shifted images, of shape (seeds,)."""
    values = effects.score(ALL, score)
    if values is None:
        return {}
    found = {}
    for family, of in group_families(effects).items():
        # As for the likeness: those that start from the reference's weights, if there are any.
        chosen = of & effects.comparable if (of & effects.comparable).any() else of
        found[family] = values[chosen].mean()
    return found
