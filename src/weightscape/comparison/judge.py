"""The kinds of tests that claims stand or fall with.

Each weighs two verdicts against their common border: how likely what is seen would be if the claim
only just did not hold (p of `supported`), and if it only just was not broken (p of `contradicted`).
Both are twice a one-sided p, so that under neither the two together come up in `LEVEL` of all
studies at most.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from weightscape.comparison.paired import Estimate


class Judged(NamedTuple):
    """An estimate and what it says for and against a claim."""

    estimate: Estimate
    supported: float
    contradicted: float


def direction(estimate: Estimate, sign: int, like: Estimate | None = None) -> Judged:
    """Judge whether an effect goes where it is said to go.

    Parameters
    ----------
    estimate : Estimate
        Of the effect; scalar.
    sign : {1, -1}
        Up or down; the same way as `like`, or the opposite.
    like : Estimate, optional
        The effect whose direction is the yardstick; then both must differ from zero, and their
        p is the larger one (intersection–union, Berger 1982, doi:10.1080/00401706.1982.10487790).
    """
    if like is None:
        return Judged(
            estimate, _twice(estimate.p_above(0, sign)), _twice(estimate.p_above(0, -sign))
        )
    together, apart = (
        min(
            max(_twice(estimate.p_above(0, way * same)), _twice(like.p_above(0, way)))
            for way in (1, -1)
        )
        for same in (sign, -sign)
    )
    return Judged(estimate, together, apart)


def order(differences: Sequence[Estimate]) -> Judged:
    """Judge whether every difference of one neighbour to the next is positive.

    It is borne out where all are (intersection–union), and broken where one is negative
    (Bonferroni over them).
    """
    judged = [direction(difference, 1) for difference in differences]
    supported, contradicted, decides = weigh(judged)
    return Judged(judged[decides].estimate, supported, contradicted)


def peak(to_ends: Sequence[Sequence[Estimate]]) -> Judged:
    """Judge whether an effect is largest at a dose in between.

    Parameters
    ----------
    to_ends : sequence of pairs of Estimate
        For every dose in between its difference to no dose and to the largest one. It is borne out
        where one of them is above both (Bonferroni over the doses), and broken where all are below
        the same end (Bonferroni over the two ends).
    """
    above = [order(ends) for ends in to_ends]
    supported, _, decides = weigh(above, any_is_enough=True)
    below = [[direction(end, -1).supported for end in ends] for ends in zip(*to_ends, strict=True)]
    contradicted = min(1.0, 2 * min(max(of_end) for of_end in below))
    return Judged(above[decides].estimate, supported, contradicted)


def best(within: Sequence[Sequence[Estimate]]) -> Judged:
    """Judge whether the best of several doses is one of some.

    Parameters
    ----------
    within : sequence of sequences of Estimate
        For every dose that may be the best, its difference to every dose outside them. It is borne
        out where one of them is above all outside (Bonferroni over those within), and broken where
        one outside is above all of them (Bonferroni over those outside).
    """
    above = [order(differences) for differences in within]
    for_it = [max(direction(each, 1).supported for each in differences) for differences in within]
    decides = int(np.argmin(for_it))
    against = [
        max(direction(each, -1).supported for each in outside)
        for outside in zip(*within, strict=True)
    ]
    return Judged(
        above[decides].estimate,
        min(1.0, len(for_it) * min(for_it)),
        min(1.0, len(against) * min(against)),
    )


def equivalence(estimate: Estimate, margin: float) -> Judged:
    """Judge whether an effect is within ± `margin` of zero.

    Two one-sided tests (Schuirmann 1987, doi:10.1007/BF01068419); broken where it is beyond a
    margin.
    """
    inside = max(_twice(estimate.p_above(-margin, 1)), _twice(estimate.p_above(-margin, -1)))
    beyond = min(_twice(estimate.p_above(margin, 1)), _twice(estimate.p_above(margin, -1)))
    return Judged(estimate, inside, beyond)


def equivalence_to(
    estimate: Estimate, below: Estimate, above: Estimate, reference: Estimate
) -> Judged:
    """Judge whether an effect is within a share ρ of a reference effect, which has noise too.

    Three one-sided paired tests, all needed (intersection–union): the effect is below ρ times the
    reference effect, above −ρ times it, and the reference effect is not zero. The margin's noise is
    that of the same seeds, so that the tests are on one difference a seed (Pigeot et al. 2003,
    doi:10.1002/sim.1450: a margin that is a share of an effect of the same trial).

    Parameters
    ----------
    estimate : Estimate
        Of the effect e.
    below, above : Estimate
        Of ρσs − e and of ρσs + e, with s the reference effect and σ the sign of its mean.
    reference : Estimate
        Of σs.
    """
    there = _twice(reference.p_above(0, 1))
    inside = max(_twice(below.p_above(0, 1)), _twice(above.p_above(0, 1)), there)
    beyond = min(_twice(below.p_above(0, -1)), _twice(above.p_above(0, -1)))
    return Judged(estimate, inside, max(beyond, there))


def weigh(parts: Sequence[Judged], *, any_is_enough: bool = False) -> tuple[float, float, int]:
    """Weigh parts that must all hold, or of which one is enough.

    Returns
    -------
    supported, contradicted : float
        p of the two verdicts on the whole: what all parts must say has the largest p of the parts,
        what one part may say the smallest times their number.
    decides : int
        The part that these rest on.
    """
    for_it = [part.supported for part in parts]
    against = [part.contradicted for part in parts]
    if any_is_enough:
        contradicted, supported, decides = _weigh_all(against, for_it)
    else:
        supported, contradicted, decides = _weigh_all(for_it, against)
    return supported, contradicted, decides


def _weigh_all(of_all: list[float], of_one: list[float]) -> tuple[float, float, int]:
    largest, smallest = max(of_all), min(1.0, len(of_one) * min(of_one))
    by_all = largest <= smallest
    return largest, smallest, of_all.index(largest) if by_all else of_one.index(min(of_one))


def _twice(p: "np.floating | np.ndarray") -> float:
    """Return twice a one-sided p; 1 where there is none, which decides nothing."""
    return float(np.nan_to_num(np.minimum(1.0, 2 * p), nan=1.0))
