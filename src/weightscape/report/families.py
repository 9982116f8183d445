"""How the families of conditions stand to dropout: numbers that the answer puts in words."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from weightscape.comparison.effects import ALL, TWIN, Effects
from weightscape.comparison.likeness import families
from weightscape.comparison.paired import paired

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


def likenesses(likeness: pd.DataFrame) -> dict[str, dict[str, Interval]]:
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

    The metric is the one in which most families can be compared, the first of equals, so that
    the choice does not look at the likenesses themselves.
    """
    known = {
        metric: {
            family: found
            for family, found in of.items()
            if family != TWIN and math.isfinite(found.value)
        }
        for metric, of in by_metric.items()
    }
    metric = max(known, key=lambda name: len(known[name]), default="")
    if not known.get(metric):
        return None
    ordered = sorted(known[metric].items(), key=lambda item: -item[1].value)
    silent = [family for family in by_metric[metric] if family not in (*known[metric], TWIN)]
    twin = by_metric[metric].get(TWIN, NONE)
    return Nearest(metric, *ordered[0], dict(ordered[1:]), silent, twin)


def shifted_effects(effects: Effects) -> dict[str, Interval]:
    """Return the effect of every family on shifted accuracy, the mean over its conditions."""
    values = effects.score(ALL, "accuracy")
    if values is None:
        return {}
    found: dict[str, Interval] = {}
    for family, of in families(effects).items():
        # As for the likeness: those that start from the reference's weights, if there are any.
        chosen = of & effects.comparable if (of & effects.comparable).any() else of
        estimate = paired(values[chosen].mean(axis=0))
        found[family] = Interval(*map(float, (estimate.effect, estimate.low, estimate.high)))
    return found
