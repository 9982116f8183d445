"""From a part of a claim to its tests on the effects of one dataset and backbone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, combinations, pairwise
from typing import NamedTuple

import numpy as np

from weightscape.comparison import judge
from weightscape.comparison.arrays import ALL
from weightscape.comparison.effects import Effects
from weightscape.comparison.judge import Judged
from weightscape.comparison.layers import explain_lacking, find_whole_layers
from weightscape.comparison.likeness import MIN_LAYERS, MIN_RELIABILITY, likeness
from weightscape.comparison.metrics import GAP, SHIFTED, split_name
from weightscape.comparison.paired import Array, Estimate, estimate_paired, jackknife
from weightscape.config.claims import Group, Part

STAGE = "finetuned"
"""Claims speak of fine-tuned weights."""


class NotTestableError(Exception):
    """The study lacks what a test needs; the message names it."""


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


class Evidence:
    """What the effects of one dataset and backbone say, in one scope.

    Parameters
    ----------
    effects : Effects
        The effects.
    scope : str
        Layers: body or all; scores, or measurements, for claims on these alone.
    from_scratch : bool
        Whether conditions without pre-training are looked at, or those with.
    margins : mapping
        For every metric the largest difference that counts as none.
    """

    def __init__(
        self, effects: Effects, scope: str, from_scratch: bool, margins: Mapping[str, float]
    ) -> None:
        self.effects = effects
        self.layers = effects.within(scope if scope == "body" else "all")
        self.margins = margins
        table = effects.conditions
        self.family = table["family"].to_numpy(object)
        self.dose = table["dose"].to_numpy(float)
        self.limitation = table["limitation"].to_numpy(object)
        scratch = table["from_scratch"].to_numpy(bool)
        self.meant = scratch if from_scratch else ~scratch
        self.twins = table["is_twin"].to_numpy(bool)
        self.words = " from scratch" if from_scratch else ""
        self._known: dict[str, Array] = {}

    def tests(self, part: Part) -> Iterator[Callable[[], Tested]]:
        """Yield the tests of a part; each raises `NotTestableError` where the study lacks it.

        Where the study means another score by accuracy, that is what an accuracy is tested on.
        """
        for claimed in part.metrics:
            metric = self._find_meant(claimed)
            if part.test == "direction":
                for group in part.of:
                    yield partial(self._test_direction, part, metric, group)
            elif part.test == "equivalence":
                pairs: list[tuple[Group, Group | None]] = list(combinations(part.of, 2))
                pairs = pairs or [(part.of[0], None)]
                for one, other in pairs:
                    margin = part.margin or self.margins.get(claimed)
                    yield partial(self._test_equivalence, metric, margin, one, other)
            elif part.like is not None:
                for more, less in pairwise(part.of):
                    yield partial(self._test_likeness, metric, more, less, part.like)
            elif len(part.of) > 1:
                yield partial(self._test_order, metric, part.of)
            else:
                yield partial(self._test_doses, metric, part.of[0], str(part.sign))

    def _find_meant(self, metric: str) -> str:
        """Return the metric that is meant: of an accuracy, that of the study's score."""
        name, derived = split_name(metric)
        if name != "accuracy":
            return metric
        before, behind = (derived == SHIFTED) * SHIFTED, (derived == GAP) * GAP
        return f"{before}{self.effects.accuracy}{behind}"

    def _test_direction(self, part: Part, metric: str, group: Group) -> Tested:
        effect = estimate_paired(self._mean(group, metric))
        sign = 1 if part.sign in ("up", "same") else -1
        if part.like is None:
            what = f"{group} moves {metric} {part.sign}"
            return self._finish(part.test, what, metric, judge.direction(effect, sign), [effect])
        like = estimate_paired(self._mean(part.like, metric))
        what = f"{group} moves {metric} the {part.sign} way as {part.like}"
        judged = judge.direction(effect, sign, like)
        return self._finish(part.test, what, metric, judged, [effect, like])

    def _test_equivalence(
        self, metric: str, margin: float | None, one: Group, other: Group | None
    ) -> Tested:
        if margin is None:
            raise NotTestableError(f"no margin for {metric}: give comparison.margins.{metric}")
        effect = self._mean(one, metric)
        what = f"{one} leaves {metric} within ±{margin:g}"
        if other is not None:
            effect = effect - self._mean(other, metric)
            what = f"{one} and {other} differ in {metric} by no more than {margin:g}"
        estimate = estimate_paired(effect)
        judged = judge.equivalence(estimate, margin)
        return self._finish("equivalence", what, metric, judged, [estimate])._replace(margin=margin)

    def _test_order(self, metric: str, groups: tuple[Group, ...]) -> Tested:
        means = [self._mean(group, metric) for group in groups]
        steps = [estimate_paired(one - other) for one, other in pairwise(means)]
        what = f"effect on {metric}: " + " > ".join(str(group) for group in groups)
        return self._finish("order", what, metric, judge.order(steps), steps)

    def _test_doses(self, metric: str, group: Group, sign: str) -> Tested:
        values = self._select(group, metric, self._values(metric))
        doses = self.dose[self._members(group)]
        means = [
            values[doses == dose].mean(axis=0) for dose in np.unique(doses[np.isfinite(doses)])
        ]
        if len(means) < 2:
            raise NotTestableError(f"needs two doses of {group}{self.words}")
        if sign == "peak":
            what = f"effect of {group} on {metric} is largest at a dose in between"
            *between, last = means
            ends = [(estimate_paired(mean), estimate_paired(mean - last)) for mean in between]
            return self._finish("order", what, metric, judge.peak(ends), chain(*ends))
        what = f"effect of {group} on {metric} is {sign} with the dose"
        way = 1 if sign == "rising" else -1
        steps = [estimate_paired(way * (more - less)) for less, more in pairwise(means)]
        return self._finish("order", what, metric, judge.order(steps), steps)

    def _test_likeness(self, metric: str, more: Group, less: Group, like: Group) -> Tested:
        profiles = np.stack([self._profile(group, metric) for group in (like, more, less)])
        profiles = _keep_common_seeds(profiles)
        if profiles.shape[1] < 3:
            raise NotTestableError(f"needs three seeds that have {metric} for a likeness")
        if profiles.shape[2] < MIN_LAYERS:
            raise NotTestableError(f"needs three layers that have {metric} in every run")
        found = likeness(profiles)
        what = f"over the layers, {metric} of {like} is more like {more} than like {less}"
        closer = jackknife(
            found.corrected[0, 1] - found.corrected[0, 2],
            found.without[0, 1] - found.without[0, 2],
        )
        tested = self._finish("order", what, metric, judge.order([closer]), [closer])
        notes = [tested.note]
        for group, reliability in zip((like, more, less), found.reliability, strict=True):
            if np.isnan(reliability):
                notes.append(f"the profile of {group} is the same in all layers")
            elif reliability < MIN_RELIABILITY:
                notes.append(f"the profile of {group} repeats itself at r = {reliability:.2f} only")
        floor = self._floor_of_likeness(metric, self._profile(like, metric))
        return tested._replace(note=_join(notes), floor=floor)

    def _floor_of_likeness(self, metric: str, like: Array) -> Estimate:
        """Return the likeness of the twin, uncorrected: it has no profile to be reliable."""
        if not self.twins.any():
            return estimate_paired(np.full(1, np.nan))
        twin = self.effects.weights[STAGE, metric][self.twins][:, :, self._whole(metric)]
        found = likeness(_keep_common_seeds(np.stack([like, twin.mean(axis=0)])))
        return jackknife(found.r[0, 1], found.r_without[0, 1])

    def _finish(
        self, test: str, what: str, metric: str, judged: Judged, of: Iterable[Estimate]
    ) -> Tested:
        """Return a test with its twin and what limits it; `of` is all that it rests on."""
        errors, n_seeds = zip(*((estimate.error, estimate.n_seeds) for estimate in of), strict=True)
        seeds, common = len(self.effects.seeds), min(n_seeds)
        if common < 2:
            raise NotTestableError(f"needs two seeds that have {metric}{self.words}")
        notes = [self._left_out(metric)] if (STAGE, metric) in self.effects.weights else []
        if 0 in errors:
            notes.append("the same in every seed: no test")
        elif common < seeds:
            notes.append(f"{common} of {seeds} seeds")
        values = self._values(metric)
        floor = np.full(seeds, np.nan)
        if self.twins.any():
            floor = values[self.twins].mean(axis=0)
        return Tested(
            what, test, metric, None, judged, estimate_paired(floor), int(common), _join(notes)
        )

    def _mean(self, group: Group, metric: str) -> Array:
        """Return the effect of a group in every seed, shape (seeds,)."""
        return np.asarray(self._select(group, metric, self._values(metric)).mean(axis=0))

    def _profile(self, group: Group, metric: str) -> Array:
        """Return the effect of a group on every layer, shape (seeds, layers)."""
        if (STAGE, metric) not in self.effects.weights:
            raise NotTestableError(f"needs {metric}, which the study does not compare")
        values = self.effects.weights[STAGE, metric][:, :, self._whole(metric)]
        return np.asarray(self._select(group, metric, values).mean(axis=0))

    def _select(self, group: Group, metric: str, values: Array) -> Array:
        """Return the part of `values`, shape (conditions, ...), of a group."""
        members = self._members(group)
        found = np.asarray(values[members])
        empty = ~np.isfinite(found).reshape(len(found), -1).any(axis=1)
        if failed := [note for note in self._failures(metric)[members] if note]:
            raise NotTestableError("; ".join(dict.fromkeys(failed)))
        if empty.any():
            names = self.effects.conditions["condition"].to_numpy()[members][empty]
            raise NotTestableError(f"needs effects of {', '.join(names)} on {metric}")
        return found

    def _counted(self, metric: str) -> np.ndarray:
        counted = np.asarray(self.layers & self.effects.counted[metric])
        if self.layers.any() and not counted.any():
            raise NotTestableError(f"no layer has a tail long enough for {metric} before training")
        return counted

    def _whole(self, metric: str) -> np.ndarray:
        """Return the layers that all means are over, shape (layers,)."""
        values = self.effects.weights[STAGE, metric][self.meant]
        return np.asarray(self._counted(metric) & find_whole_layers(values))

    def _left_out(self, metric: str) -> str:
        return explain_lacking(self._counted(metric), self._whole(metric))

    def _members(self, group: Group) -> np.ndarray:
        """Return which conditions a group has, shape (conditions,).

        One of its families is enough: diverse data is augmentation, or noise, or both.
        """
        members: np.ndarray = np.isin(self.family, group.families) & self.meant
        if not members.any():
            raise NotTestableError(f"needs conditions of {' or '.join(group.families)}{self.words}")
        if group.least is not None:
            members &= self.dose >= group.least
        if group.below is not None:
            members &= self.dose < group.below
        if not members.any():
            raise NotTestableError(f"needs conditions of {group}{self.words}")
        if lost := [note for note in self.limitation[members] if note]:
            raise NotTestableError("; ".join(dict.fromkeys(lost)))
        return members

    def _values(self, metric: str) -> Array:
        """Return the effect of every condition in every seed, shape (conditions, seeds)."""
        if metric not in self._known:
            self._known[metric] = self._find_values(metric)
        return self._known[metric]

    def _find_values(self, metric: str) -> Array:
        effects = self.effects
        if (STAGE, metric) in effects.weights:
            return effects.mean_over(STAGE, metric, self._whole(metric))[0]
        name, derived = split_name(metric)
        if derived == GAP:
            return np.asarray(self._values(name) - self._values(f"{SHIFTED}{name}"))
        shift = ALL if derived == SHIFTED else "none"
        values = effects.score(shift, name)
        if values is None and (measured := effects.measured(shift, name)):
            values = measured.values
        if values is None:
            raise NotTestableError(f"needs {metric}, which the study does not compare")
        return values

    def _failures(self, metric: str) -> np.ndarray:
        """Return for every condition why it has no effect on what is measured; else empty."""
        name, derived = split_name(metric)
        shifts = {"": ("none",), SHIFTED: (ALL,), GAP: ("none", ALL)}[derived]
        found = [self.effects.measured(shift, name) for shift in shifts]
        reasons = [measured.failures for measured in found if measured]
        nothing = [""] * len(self.family)
        return np.array([*map("; ".join, zip(*(reasons or [nothing]), strict=True))], object)


def _keep_common_seeds(profiles: Array) -> Array:
    """Return the seeds that all profiles have, of an array of shape (profiles, seeds, layers)."""
    there = np.isfinite(profiles).any(axis=2).all(axis=0)
    return np.asarray(profiles[:, there])


def _join(notes: Iterable[str]) -> str:
    return "; ".join(note for note in notes if note)
