"""Which family is nearest to dropout beside what more or less training does, by the numbers."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd
from scipy import special

from weightscape.comparison.amount import FEWEST_LAYERS
from weightscape.comparison.likeness import MIN_RELIABILITY
from weightscape.comparison.paired import LEVEL
from weightscape.comparison.weightiest import rests_on_part
from weightscape.config.families import NO_CHOICE, TWIN
from weightscape.report.families import NONE, YARDSTICK, Interval


class Repeated(NamedTuple):
    """How far a profile repeats itself from seed to seed, and how much of it is amount.

    Attributes
    ----------
    left, raw : float
        The reliability of what is left without the amount of training, and with it.
    explained : float
        Share of the profile that the amount of training explains.
    """

    left: float
    raw: float
    explained: float

    @property
    def is_left(self) -> bool:
        """Whether what is left repeats itself well enough to be compared."""
        return self.left >= MIN_RELIABILITY


class FamilyLikeness(NamedTuple):
    """How alike a family is to the yardstick in where along the network it acts.

    Attributes
    ----------
    left, raw : Interval
        The likeness of what is left when the amount of training is taken out, and that with the
        amount in it; NaN where it cannot be told.
    error : float
        Standard error of the first, of `n_seeds` − 1 degrees of freedom.
    n_seeds : int
        Seeds in which both are measured.
    own, yardstick : Repeated
        How far the family, and the yardstick, repeat themselves.
    is_measured : bool
        Whether the amount of training could be taken out: there is a control, and enough layers.
    limitation : str
        Why the likeness cannot be told, or what limits it.
    layer : str
        The layer that the likeness rests on most; empty where none can be left out.
    without, error_without : float
        The likeness without it, and its standard error.
    """

    left: Interval
    raw: Interval
    error: float
    n_seeds: int
    own: Repeated
    yardstick: Repeated
    is_measured: bool
    limitation: str
    layer: str
    without: float
    error_without: float

    def correct(self, count: int) -> Interval:
        """Return the likeness with its interval corrected by Bonferroni over `count` families."""
        return _correct(self.left.value, self.error, self.n_seeds, count)

    def correct_without(self, count: int) -> Interval:
        """Return the same of the likeness without the layer that it rests on most."""
        return _correct(self.without, self.error_without, self.n_seeds, count)


class Nearest(NamedTuple):
    """Which family is nearest to the yardstick, beside what more or less training does.

    Attributes
    ----------
    metric : str
        The metric by which most families can be compared.
    family : str
        The family with the largest likeness.
    likeness : FamilyLikeness
        Its likeness to the yardstick.
    others : dict
        The likeness of the other families that can be compared, largest first.
    silent : dict
        The families that cannot be.
    twin : Interval
        The likeness of the twin, which has no effect.
    """

    metric: str
    family: str
    likeness: FamilyLikeness
    others: dict[str, FamilyLikeness]
    silent: dict[str, FamilyLikeness]
    twin: Interval

    @property
    def n_compared(self) -> int:
        """Families that are compared: the nearest is the largest of so many."""
        return 1 + len(self.others)

    @property
    def corrected(self) -> Interval:
        """The likeness of the nearest, its interval corrected for having been picked."""
        return self.likeness.correct(self.n_compared)

    @property
    def is_alike(self) -> bool:
        """Whether the nearest family is like the yardstick: that interval lies above zero."""
        return self.corrected.low > 0

    @property
    def all_unlike(self) -> bool:
        """Whether the intervals of all families lie below zero."""
        return all(each.left.high < 0 for each in (self.likeness, *self.others.values()))

    @property
    def level(self) -> list[str]:
        """The families that are not to be told apart from the nearest: their intervals overlap."""
        low = self.likeness.left.low
        return [family for family, other in self.others.items() if not other.left.high < low]

    @property
    def rests_on_layer(self) -> bool:
        """Whether the likeness of the nearest is another one without one of the layers."""
        found = self.likeness
        return bool(found.layer) and rests_on_part(
            self.corrected, found.correct_without(self.n_compared)
        )


def find_likenesses(likeness: pd.DataFrame) -> dict[str, dict[str, FamilyLikeness]]:
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
            str(row.other): _read_row(row) for row in found[found["metric"] == metric].itertuples()
        }
        for metric in dict.fromkeys(likeness["metric"])
    }


def find_nearest(by_metric: Mapping[str, Mapping[str, FamilyLikeness]]) -> Nearest | None:
    """Return the family nearest to the yardstick, or nothing where none can be compared.

    Twins and controls are not asked: they choose nothing. The metric is the one in which most
    families can be compared, the first of equals, so that the choice does not look at the
    likenesses themselves.
    """
    asked = find_asked(by_metric)
    known = {
        metric: {family: found for family, found in of.items() if math.isfinite(found.left.value)}
        for metric, of in asked.items()
    }
    metric = max(known, key=lambda name: len(known[name]), default="")
    if not known.get(metric):
        return None
    ordered = sorted(known[metric].items(), key=lambda item: -item[1].left.value)
    silent = {f: found for f, found in asked[metric].items() if f not in known[metric]}
    twin = by_metric[metric][TWIN].left if TWIN in by_metric[metric] else NONE
    return Nearest(metric, *ordered[0], dict(ordered[1:]), silent, twin)


def find_asked(
    by_metric: Mapping[str, Mapping[str, FamilyLikeness]],
) -> dict[str, dict[str, FamilyLikeness]]:
    """Return by metric the likenesses of the families that are a choice: no twins, no controls."""
    return {
        metric: {family: found for family, found in of.items() if family not in NO_CHOICE}
        for metric, of in by_metric.items()
    }


def _read_row(row: Any) -> FamilyLikeness:
    measured = math.isfinite(row.explained) or math.isfinite(row.reliability)
    return FamilyLikeness(
        left=Interval(row.likeness, row.low, row.high),
        raw=Interval(row.raw_likeness, row.raw_low, row.raw_high),
        error=row.error,
        n_seeds=row.n_seeds,
        own=Repeated(row.reliability_other, row.raw_reliability_other, row.explained_other),
        yardstick=Repeated(row.reliability, row.raw_reliability, row.explained),
        is_measured=measured and row.n_layers >= FEWEST_LAYERS,
        limitation=row.limitation,
        layer=row.without_layer,
        without=row.likeness_without,
        error_without=row.error_without,
    )


def _correct(value: float, error: float, n_seeds: int, count: int) -> Interval:
    """Return a number with its t interval of level `LEVEL` over `count`; NaN without an error."""
    half = float(special.stdtrit(max(n_seeds - 1, 1), 1 - LEVEL / (2 * count))) * error
    return Interval(value, value - half, value + half)
