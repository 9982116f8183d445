"""What the effects of one dataset and backbone say of a group of conditions."""

from collections.abc import Mapping

import numpy as np

from weightscape.comparison.amount import FEWEST_LAYERS, take_out
from weightscape.comparison.arrays import ALL
from weightscape.comparison.crossed import Crossed
from weightscape.comparison.effects import Effects
from weightscape.comparison.layers import explain_lacking, find_noise, find_whole_layers
from weightscape.comparison.metrics import GAP, SHIFTED, find_table, split_name
from weightscape.comparison.paired import Array, Estimate, estimate_paired, jackknife
from weightscape.comparison.span import find_span
from weightscape.config.claims import Group, Range
from weightscape.config.families import CONTROL

STAGE = "finetuned"
"""Claims speak of fine-tuned weights."""


class NotTestableError(Exception):
    """The study lacks what a test needs; the message names it."""


class Evidence:
    """The effects of one dataset and backbone, in one scope, of the conditions that are meant.

    Parameters
    ----------
    effects : Effects
        The effects.
    scope : str
        Layers: body or all; scores, or measurements, for claims on these alone.
    from_scratch : bool
        Whether conditions without pre-training are looked at, or those with.
    about : mapping
        By family, the doses and kinds that are meant; all where it is missing.
    outside : bool
        Whether the conditions outside `about` are meant instead, of its families.
    """

    def __init__(
        self,
        effects: Effects,
        scope: str,
        *,
        from_scratch: bool = False,
        about: Mapping[str, Range] | None = None,
        outside: bool = False,
    ) -> None:
        self.effects = effects
        self.layers = effects.within(scope if scope == "body" else "all")
        table = effects.conditions
        self.family = table["family"].to_numpy(object)
        self.dose = table["dose"].to_numpy(float)
        self.limitation = table["limitation"].to_numpy(object)
        self.kind = table["kind"].to_numpy(object)
        scratch = table["from_scratch"].to_numpy(bool)
        self.meant = scratch if from_scratch else ~scratch
        self.twins = table["is_twin"].to_numpy(bool)
        self.words = " from scratch" if from_scratch else ""
        self._known: dict[str, Crossed] = {}
        self._about, self._is_outside = dict(about or {}), outside
        self._asked = np.ones(len(table), bool)
        for family, limits in self._about.items():
            of_family = self.family == family
            self._asked[of_family] = (self._is_within(limits) != outside)[of_family]

    def has_outside(self, families: set[str]) -> bool:
        """Return whether a condition of these families is outside what is asked."""
        return bool((np.isin(self.family, [*families]) & self.meant & ~self._asked).any())

    def find_meant(self, metric: str) -> str:
        """Return the metric that is meant: of an accuracy, that of the study's score."""
        name, derived = split_name(metric)
        if name != "accuracy":
            return metric
        before, behind = (derived == SHIFTED) * SHIFTED, (derived == GAP) * GAP
        return f"{before}{self.effects.accuracy}{behind}"

    def is_of_weights(self, metric: str) -> bool:
        """Return whether the metric is one of the layers."""
        return (STAGE, metric) in self.effects.weights

    def effect(self, group: Group, metric: str) -> Crossed:
        """Return the effect of a group in every seed: the mean over its conditions."""
        return self._values(metric)[self._find_members(group, metric)].mean()

    def doses(self, group: Group, metric: str) -> dict[float, Crossed]:
        """Return by dose, from the smallest on, the effect of a group's conditions that have it."""
        members = self._find_members(group, metric)
        values = self._values(metric)
        of = self.dose[members]
        return {
            float(dose): values[members[of == dose]].mean()
            for dose in np.unique(of[np.isfinite(of)])
        }

    def twin(self, metric: str) -> Crossed:
        """Return the effect of the twins: what chance does. NaN without one."""
        if not self.twins.any():
            return Crossed(np.full(len(self.effects.seeds), np.nan))
        return self._values(metric)[np.flatnonzero(self.twins)].mean()

    def own_change(self, group: Group, metric: str) -> Crossed:
        """Return what fine-tuning does to the reference of a group, shape (seeds,)."""
        members = self._find_members(group, metric)
        if (STAGE, metric) not in self.effects.own:
            raise NotTestableError(f"needs the spectra of the initial weights for {metric}")
        own = self.effects.own[STAGE, metric][members][..., self._find_whole(metric)]
        with np.errstate(invalid="ignore"):
            return Crossed(own.mean(axis=(0, 2)))

    def profile(self, group: Group, metric: str) -> Array:
        """Return the effect of a group on every layer, shape (seeds, layers)."""
        if not self.is_of_weights(metric):
            raise NotTestableError(self._explain_missing(metric))
        members = self._find_members(group, metric)
        values = self.effects.weights[STAGE, metric][members][..., self._find_whole(metric)]
        return np.asarray(values.mean(axis=0))

    def twin_profile(self, metric: str) -> Array | None:
        """Return the profile of the twins, shape (seeds, layers); None without one."""
        if not self.twins.any():
            return None
        twins = self.effects.weights[STAGE, metric][self.twins]
        return np.asarray(twins[..., self._find_whole(metric)].mean(axis=0))

    def span(self, metric: str) -> Array:
        """Return what more or less training does to every layer, shape (vectors, seeds, layers).

        The baseline's own change first, then the effect of every control.

        Raises
        ------
        NotTestableError
            If there is no control, none with effects, or too few layers.
        """
        whole = self._find_whole(metric)
        if whole.sum() < FEWEST_LAYERS:
            raise NotTestableError(
                f"needs {FEWEST_LAYERS} layers that have {metric} in every run; there are"
                f" {whole.sum()}"
            )
        found, reason = find_span(self.effects, STAGE, metric, self.meant)
        if reason:
            raise NotTestableError(reason)
        return np.asarray(found[..., whole])

    def noise(self, metric: str) -> Array:
        """Return the noise of every layer that is compared, shape (layers,)."""
        values = self.effects.weights[STAGE, metric][self.meant]
        return np.asarray(find_noise(values)[self._find_whole(metric)])

    def left(self, group: Group, metric: str) -> Estimate:
        """Return the mean over the layers of what a group does beside more or less training.

        Its error is that of the jackknife over the seeds, in which the amount is found anew.
        """
        return self._estimate_left(self.profile(group, metric), str(group), metric)

    def twin_left(self, metric: str) -> Estimate:
        """Return the same of the twins; NaN without one."""
        nothing = estimate_paired(np.full(1, np.nan))
        if (profile := self.twin_profile(metric)) is None:
            return nothing
        try:
            return self._estimate_left(profile, "", metric)
        except NotTestableError:
            return nothing  # what the twin lacks keeps no claim from being tested

    def _estimate_left(self, profile: Array, name: str, metric: str) -> Estimate:
        span, noise = self.span(metric), self.noise(metric)
        seeds = np.isfinite(profile).all(axis=1) & np.isfinite(span).all(axis=(0, 2))
        if seeds.sum() < 3:
            raise NotTestableError(f"needs three seeds that have {metric}{self.words}")
        profiles, vectors = profile[None, seeds] / noise, span[:, seeds] / noise

        def mean_left(keep: np.ndarray) -> float:
            found = take_out(profiles[:, keep], vectors[:, keep])
            return float((found.profiles[0] * noise).mean())

        every = np.arange(seeds.sum())
        if name and take_out(profiles, vectors).is_beyond[0]:
            raise NotTestableError(explain_beyond(name))
        without = [mean_left(np.delete(every, k)) for k in every]
        return jackknife(mean_left(every), without)

    def lacking(self, metric: str) -> str:
        """Return which layers a mean over them leaves out; empty where none."""
        if not self.is_of_weights(metric):
            return ""
        return explain_lacking(self._find_counted(metric), self._find_whole(metric))

    def _is_within(self, limits: Range) -> np.ndarray:
        """Return which conditions have a dose and kind within the limits, shape (conditions,)."""
        within = np.ones(len(self.dose), bool)
        if limits.least is not None:
            within &= self.dose >= limits.least * (1 - 1e-9)
        if limits.most is not None:
            within &= self.dose <= limits.most * (1 + 1e-9)
        if limits.kind is not None:
            # A table from elsewhere may not say of which kind its conditions are.
            within &= np.isin(self.kind, ["", limits.kind])
        return within

    def _find_members(self, group: Group, metric: str) -> np.ndarray:
        """Return the numbers of a group's conditions, all of which have effects on the metric.

        One of its families is enough: diverse data is augmentation, or noise, or both.
        """
        members: np.ndarray = np.isin(self.family, group.families) & self.meant
        if not members.any():
            raise NotTestableError(f"needs conditions of {' or '.join(group.families)}{self.words}")
        if not (members & self._asked).any():
            wanted = [
                f"{name} {self._about[name]}" for name in group.families if name in self._about
            ]
            raise NotTestableError(f"needs conditions of {' or '.join(wanted)}{self.words}")
        members &= self._asked & self._is_within(group)
        if not members.any():
            raise NotTestableError(f"needs conditions of {group}{self.words}")
        if lost := [note for note in self.limitation[members] if note]:
            raise NotTestableError("; ".join(dict.fromkeys(lost)))
        if failed := [note for note in self._find_failures(metric)[members] if note]:
            raise NotTestableError("; ".join(dict.fromkeys(failed)))
        found = self._values(metric).values[members]
        if not (there := np.isfinite(found).any(axis=1)).all():
            names = self.effects.conditions["condition"].to_numpy()[members][~there]
            raise NotTestableError(f"needs effects of {', '.join(names)} on {metric}")
        return np.flatnonzero(members)

    def _find_counted(self, metric: str) -> np.ndarray:
        counted = np.asarray(self.layers & self.effects.counted[metric])
        if self.layers.any() and not counted.any():
            raise NotTestableError(f"no layer has a tail long enough for {metric} before training")
        return counted

    def _find_whole(self, metric: str) -> np.ndarray:
        """Return the layers that all means are over, shape (layers,)."""
        values = self.effects.weights[STAGE, metric][self.meant]
        return np.asarray(self._find_counted(metric) & find_whole_layers(values))

    def _values(self, metric: str) -> Crossed:
        """Return the effect of every condition in every seed, shape (conditions, seeds)."""
        if metric not in self._known:
            self._known[metric] = self._find_values(metric)
        return self._known[metric]

    def _find_values(self, metric: str) -> Crossed:
        effects = self.effects
        if self.is_of_weights(metric):
            return Crossed(effects.mean_over(STAGE, metric, self._find_whole(metric))[0])
        name, derived = split_name(metric)
        if derived == GAP:
            return self._values(name) - self._values(f"{SHIFTED}{name}")
        shift = ALL if derived == SHIFTED else "none"
        if (scores := effects.score(shift, name)) is not None:
            return scores
        if (measured := effects.measured(shift, name)) is not None:
            return Crossed(measured.values)
        raise NotTestableError(self._explain_missing(metric))

    def _explain_missing(self, metric: str) -> str:
        """Return that a metric is not compared, and of one of the weights how it would be."""
        missing = f"needs {metric}, which the study does not compare"
        if self.effects.weights and find_table(metric) == "spectra":
            return f"{missing}: name it under comparison.spectra_metrics"
        return missing

    def _find_failures(self, metric: str) -> np.ndarray:
        """Return for every condition why it has no effect on what is measured; else empty."""
        name, derived = split_name(metric)
        shifts = {"": ("none",), SHIFTED: (ALL,), GAP: ("none", ALL)}[derived]
        found = [self.effects.measured(shift, name) for shift in shifts]
        reasons = [measured.failures for measured in found if measured]
        nothing = [""] * len(self.family)
        return np.array([*map("; ".join, zip(*(reasons or [nothing]), strict=True))], object)


def explain_beyond(name: str) -> str:
    """Return why a profile that goes further than the controls is not judged."""
    return (
        f"most of what {name} does is the amount of training, and further than any {CONTROL} goes;"
        " add one that trains as much more or less"
    )
