"""From a part of a claim to its tests on the evidence of one dataset and backbone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, combinations, pairwise
from typing import NamedTuple

import numpy as np

from weightscape.comparison import judge
from weightscape.comparison.crossed import Crossed, estimate_crossed
from weightscape.comparison.evidence import Evidence, NotTestableError, explain_beyond
from weightscape.comparison.judge import Judged
from weightscape.comparison.likeness import MIN_RELIABILITY, likeness
from weightscape.comparison.metrics import NO_PROFILE, find_table
from weightscape.comparison.paired import LEVEL, Array, Estimate, estimate_paired, jackknife
from weightscape.config.claims import Group, Part

LEFT = ", beside what more or less training does"
"""What a test is of that has the amount of training taken out."""


class Tested(NamedTuple):
    """A test that has been made: what it is in words, its outcome and the twin in its place."""

    what: str
    test: str
    metric: str
    margin: float | None
    judged: Judged
    floor: Estimate
    n_seeds: int
    note: str


Test = Callable[[], Tested]


def list_tests(part: Part, evidence: Evidence) -> Iterator[Test]:
    """Yield the tests of a part; each raises `NotTestableError` where the study lacks it.

    Where the study means another score by accuracy, that is what an accuracy is tested on.
    """
    for metric in map(evidence.find_meant, part.metrics):
        if part.test == "direction":
            for group in part.of:
                yield partial(_test_direction, evidence, part, metric, group)
        elif part.test == "equivalence":
            pairs: list[tuple[Group, Group | None]] = list(combinations(part.of, 2))
            for one, other in pairs or [(part.of[0], None)]:
                yield partial(_test_equivalence, evidence, part, metric, one, other)
        elif part.test == "best":
            yield partial(_test_best, evidence, metric, part.of[0])
        elif part.like is not None:
            for more, less in pairwise(part.of):
                yield partial(_test_likeness, evidence, metric, more, less, part.like)
        elif len(part.of) > 1:
            yield partial(_test_order, evidence, metric, part.of)
        else:
            yield partial(_test_doses, evidence, metric, part.of[0], str(part.sign))


def _test_direction(evidence: Evidence, part: Part, metric: str, group: Group) -> Tested:
    sign = 1 if part.sign in ("up", "same") else -1
    if part.like is None:
        what = f"{group} moves {metric} {part.sign}"
        effect = estimate_crossed(evidence.effect(group, metric))
        return _finish(evidence, part.test, what, metric, judge.direction(effect, sign), [effect])
    what = f"{group} moves {metric} the {part.sign} way as {part.like}"
    if find_table(metric) in NO_PROFILE:
        both = [estimate_crossed(evidence.effect(each, metric)) for each in (group, part.like)]
        judged = judge.direction(both[0], sign, both[1])
        return _finish(evidence, part.test, what, metric, judged, both)
    # Less training moves any two families the same way; what they do beside it is the question.
    effect, like = (evidence.left(each, metric) for each in (group, part.like))
    judged = judge.direction(effect, sign, like)
    floor = evidence.twin_left(metric)
    tested = _finish(evidence, part.test, what + LEFT, metric, judged, [effect, like])
    return tested._replace(floor=floor)


def _test_equivalence(
    evidence: Evidence, part: Part, metric: str, one: Group, other: Group | None
) -> Tested:
    effect = evidence.effect(one, metric)
    if other is not None:
        effect = effect - evidence.effect(other, metric)
    estimate = estimate_crossed(effect)
    if part.margin is not None:
        judged, margin, words = judge.equivalence(estimate, part.margin), part.margin, ""
    else:
        judged, margin, words = _judge_share(evidence, part, metric, one, effect)
    amount = f"±{margin:.2g}{words}"
    what = f"{one} leaves {metric} within {amount}"
    if other is not None:
        what = f"{one} and {other} differ in {metric} by no more than {amount}"
    tested = _finish(evidence, part.test, what, metric, judged, [estimate])
    return tested._replace(margin=margin)


def _judge_share(
    evidence: Evidence, part: Part, metric: str, one: Group, effect: Crossed
) -> tuple[Judged, float, str]:
    """Return the verdict against a share of a reference effect, that margin, and its words."""
    share = float(part.share or 0.0)
    if isinstance(part.to, Group):
        whose, reference = f"the effect of {part.to}", evidence.effect(part.to, metric)
    else:
        whose, reference = "what fine-tuning itself does", evidence.own_change(one, metric)
    found = estimate_crossed(reference)
    if not found.n_seeds > 1:
        raise NotTestableError(f"needs two seeds that have {whose} on {metric}")
    # Which way it goes is read off its mean; that it goes there is the third test.
    reference = reference * (1.0 if found.effect >= 0 else -1.0)
    found = estimate_crossed(reference)
    margin = share * float(found.effect)
    if not 2 * found.p_above(0) <= LEVEL:
        raise NotTestableError(
            f"{whose} on {metric} cannot be told from zero, so that no margin is a share of it"
        )
    least = float(estimate_crossed(effect).smallest_detectable)
    if least > margin:
        raise NotTestableError(
            f"a margin of {share:g} of {whose} on {metric}, {margin:.2g}, is below the smallest"
            f" effect that could be found, {least:.2g}"
        )
    bound = reference * share
    judged = judge.equivalence_to(
        estimate_crossed(effect),
        estimate_crossed(bound - effect),
        estimate_crossed(bound - effect * -1.0),
        found,
    )
    return judged, margin, f", {share:g} of {whose}"


def _test_order(evidence: Evidence, metric: str, groups: tuple[Group, ...]) -> Tested:
    means = [evidence.effect(group, metric) for group in groups]
    steps = [estimate_crossed(one - other) for one, other in pairwise(means)]
    what = f"effect on {metric}: " + " > ".join(str(group) for group in groups)
    return _finish(evidence, "order", what, metric, judge.order(steps), steps)


def _test_doses(evidence: Evidence, metric: str, group: Group, sign: str) -> Tested:
    means = [*evidence.doses(group, metric).values()]
    if len(means) < 2:
        raise NotTestableError(f"needs two doses of {group}{evidence.words}")
    if sign == "peak":
        what = f"effect of {group} on {metric} is largest at a dose in between"
        *between, last = means
        ends = [(estimate_crossed(mean), estimate_crossed(mean - last)) for mean in between]
        return _finish(evidence, "order", what, metric, judge.peak(ends), chain(*ends))
    what = f"effect of {group} on {metric} is {sign} with the dose"
    way = 1.0 if sign == "rising" else -1.0
    steps = [estimate_crossed((more - less) * way) for less, more in pairwise(means)]
    return _finish(evidence, "order", what, metric, judge.order(steps), steps)


def _test_best(evidence: Evidence, metric: str, group: Group) -> Tested:
    every = evidence.doses(Group(families=group.families), metric)
    chosen = evidence.doses(group, metric)
    others = [effect for dose, effect in every.items() if dose not in chosen]
    if not others:
        raise NotTestableError(f"needs another dose than those of {group}{evidence.words}")
    within = [
        # No dose at all is one of the others: its effect is zero.
        [estimate_crossed(effect), *(estimate_crossed(effect - other) for other in others)]
        for effect in chosen.values()
    ]
    what = f"a dose of {group} is the best for {metric}"
    return _finish(evidence, "best", what, metric, judge.best(within), chain(*within))


def _test_likeness(
    evidence: Evidence, metric: str, more: Group, less: Group, like: Group
) -> Tested:
    groups = (like, more, less)
    profiles = np.stack([evidence.profile(group, metric) for group in groups])
    span, noise = evidence.span(metric), evidence.noise(metric)
    there = _find_common_seeds([*profiles, *span])
    if there.sum() < 3:
        raise NotTestableError(f"needs three seeds that have {metric} for a likeness")
    found = likeness(profiles[:, there], span[:, there], noise)
    if beyond := [str(group) for group, b in zip(groups, found.is_beyond, strict=True) if b]:
        raise NotTestableError(explain_beyond(" and ".join(beyond)))
    what = f"over the layers, {metric} of {like} is more like {more} than like {less}{LEFT}"
    closer = jackknife(
        found.corrected[0, 1] - found.corrected[0, 2],
        found.without[0, 1] - found.without[0, 2],
    )
    tested = _finish(evidence, "order", what, metric, judge.order([closer]), [closer])
    notes = [tested.note]
    for group, reliability in zip(groups, found.reliability, strict=True):
        if np.isnan(reliability):
            notes.append(f"what is left of {group} is the same in all layers")
        elif reliability < MIN_RELIABILITY:
            notes.append(f"what is left of {group} repeats itself at r = {reliability:.2f} only")
    floor = _find_floor(evidence, metric, profiles[0], span, noise)
    return tested._replace(note=_join(notes), floor=floor)


def _find_floor(
    evidence: Evidence, metric: str, like: Array, span: Array, noise: Array
) -> Estimate:
    """Return the likeness of the twin, uncorrected: it has no profile to be reliable."""
    twin = evidence.twin_profile(metric)
    if twin is None:
        return estimate_paired(np.full(1, np.nan))
    there = _find_common_seeds([like, twin, *span])
    found = likeness(np.stack([like, twin])[:, there], span[:, there], noise)
    return jackknife(found.r[0, 1], found.r_without[0, 1])


def _finish(
    evidence: Evidence,
    test: str,
    what: str,
    metric: str,
    judged: Judged,
    of: Iterable[Estimate],
) -> Tested:
    """Return a test with its twin and what limits it; `of` is all that it rests on."""
    errors, n_seeds = zip(*((estimate.error, estimate.n_seeds) for estimate in of), strict=True)
    seeds, common = len(evidence.effects.seeds), int(min(n_seeds))
    if common < 2:
        raise NotTestableError(f"needs two seeds that have {metric}{evidence.words}")
    notes = [evidence.lacking(metric)]
    if 0 in errors:
        notes.append("the same in every seed: no test")
    elif common < seeds:
        notes.append(f"{common} of {seeds} seeds")
    floor = estimate_crossed(evidence.twin(metric))
    return Tested(what, test, metric, None, judged, floor, common, _join(notes))


def _find_common_seeds(profiles: Sequence[Array]) -> np.ndarray:
    """Return which seeds all have, of arrays of shape (seeds, layers)."""
    return np.asarray(np.all([np.isfinite(each).any(axis=1) for each in profiles], axis=0))


def _join(notes: Iterable[str]) -> str:
    return "; ".join(note for note in notes if note)
