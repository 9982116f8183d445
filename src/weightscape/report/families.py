"""How the families of conditions stand to dropout: numbers that the answer puts in words."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from weightscape.comparison.arrays import ALL
from weightscape.comparison.effects import Effects
from weightscape.comparison.likeness import group_families
from weightscape.comparison.paired import LEVEL, Array, estimate_paired
from weightscape.config.families import NO_CHOICE, TWIN

YARDSTICK = "dropout"
"""The family that the others are compared with."""


class Interval(NamedTuple):
    """A number with its 95 % interval; NaN where there is none."""

    value: float
    low: float
    high: float


NONE = Interval(math.nan, math.nan, math.nan)


class Nearest(NamedTuple):
    """Which family is nearest to the yardstick.

    Attributes
    ----------
    metric : str
        The metric by which most families can be compared.
    family : str
        The family with the largest likeness.
    likeness : Interval
        Its likeness to the yardstick.
    others : dict
        The likeness of the other families, largest first.
    silent : list of str
        The families that repeat themselves too badly to be compared.
    twin : Interval
        The likeness of the twin, which has no effect.
    """

    metric: str
    family: str
    likeness: Interval
    others: dict[str, Interval]
    silent: list[str]
    twin: Interval

    @property
    def is_alike(self) -> bool:
        """Whether the nearest family is like the yardstick: its interval lies above zero."""
        return self.likeness.low > 0

    @property
    def all_unlike(self) -> bool:
        """Whether the intervals of all families lie below zero."""
        return all(found.high < 0 for found in (self.likeness, *self.others.values()))

    @property
    def level(self) -> list[str]:
        """The families that are not to be told apart from the nearest: their intervals overlap."""
        return [f for f, other in self.others.items() if not other.high < self.likeness.low]


def find_likenesses(likeness: pd.DataFrame) -> dict[str, dict[str, Interval]]:
    """Return by metric the likeness of every other family to the yardstick.

    Parameters
    ----------
    likeness : pandas.DataFrame
        The table of this name, of one dataset and backbone. Without the classifier, of the
        fine-tuned weights.
    """
    kept = (likeness["level"] == "family") & (likeness["scope"] == "body")
    kept &= (likeness["stage"] == "finetuned") & (likeness["one"] == YARDSTICK)
    found = likeness[kept & (likeness["other"] != YARDSTICK)]
    return {
        metric: {
            str(row.other): Interval(row.likeness, row.low, row.high)
            for row in found[found["metric"] == metric].itertuples()
        }
        for metric in dict.fromkeys(likeness["metric"])
    }


def find_nearest(by_metric: Mapping[str, Mapping[str, Interval]]) -> Nearest | None:
    """Return the family nearest to the yardstick, or nothing where none can be compared.

    Twins and controls are not asked: they choose nothing. The metric is the one in which most
    families can be compared, the first of equals, so that the choice does not look at the
    likenesses themselves.
    """
    known = {
        metric: {
            family: found
            for family, found in of.items()
            if family not in NO_CHOICE and math.isfinite(found.value)
        }
        for metric, of in by_metric.items()
    }
    metric = max(known, key=lambda name: len(known[name]), default="")
    if not known.get(metric):
        return None
    ordered = sorted(known[metric].items(), key=lambda item: -item[1].value)
    there = [family for family in by_metric[metric] if family not in NO_CHOICE]
    silent = [family for family in there if family not in known[metric]]
    twin = by_metric[metric].get(TWIN, NONE)
    return Nearest(metric, *ordered[0], dict(ordered[1:]), silent, twin)


def shifted_effects(effects: Effects, score: str) -> dict[str, Interval]:
    """Return the effect of every family on a score of shifted images, mean over its conditions."""
    return {
        family: Interval(*map(float, (estimate.effect, estimate.low, estimate.high)))
        for family, values in _of_families(effects, score).items()
        for estimate in [estimate_paired(values)]
    }


def find_parting(effects: Effects, score: str, beside: str) -> dict[str, Interval]:
    """Return the families that move one score of shifted images further than another.

    Returns
    -------
    dict of str to Interval
        Effect on `score` minus effect on `beside`, for the families in which that differs from
        zero: paired t over the seeds at 5 %, Bonferroni over the families. Twins and controls are
        not asked.
    """
    one, other = _of_families(effects, score), _of_families(effects, beside)
    asked = [family for family in one if family in other and family not in NO_CHOICE]
    found = {family: estimate_paired(one[family] - other[family]) for family in asked}
    return {
        family: Interval(float(estimate.effect), float(estimate.low), float(estimate.high))
        for family, estimate in found.items()
        if float(estimate.p) * len(asked) <= LEVEL  # false for NaN
    }


def _of_families(effects: Effects, score: str) -> dict[str, Array]:
    """Return the effect of every family on a score of shifted images by seed, shape (seeds,)."""
    values = effects.score(ALL, score)
    if values is None:
        return {}
    found = {}
    for family, of in group_families(effects).items():
        # As for the likeness: those that start from the reference's weights, if there are any.
        chosen = of & effects.comparable if (of & effects.comparable).any() else of
        found[family] = values[chosen].mean(axis=0)
    return found
