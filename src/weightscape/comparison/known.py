"""What is known before a study: the noise of its metrics, and sizes of effects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from weightscape.comparison.crossed import estimate_crossed
from weightscape.comparison.design import Pooled, Required
from weightscape.comparison.evidence import Evidence, NotTestableError
from weightscape.comparison.paired import estimate_paired
from weightscape.comparison.power import Noise
from weightscape.config.claims import Group
from weightscape.config.families import TWIN


@dataclass(frozen=True)
class Known:
    """What is known before a study.

    Attributes
    ----------
    noise : mapping
        By metric the standard deviation of the difference of two runs of one seed.
    effects : mapping
        By metric the size of an effect that is to be found.
    finished : sequence of Pooled
        The sets of a finished study. Its twin shows the noise of metrics that `noise` lacks, and
        margins are shares of its effects.
    """

    noise: Mapping[str, float] = field(default_factory=dict)
    effects: Mapping[str, float] = field(default_factory=dict)
    finished: Sequence[Pooled] = ()


def measure_noise(evidence: Evidence, metric: str) -> Noise:
    """Return the noise that a finished study shows.

    Between seeds it is that of the twin, which several twins estimate together. What the test
    images add is read off the other conditions, the mean over their families: to the effect of a
    twin, which does nothing, images add nothing.

    Parameters
    ----------
    evidence : Evidence
        Of the finished study.
    metric : str
        Of what.

    Raises
    ------
    NotTestableError
        If the study lacks the metric or a twin, or this is the same in every seed.
    """
    twins = int(evidence.twins.sum())
    if not (evidence.twins & evidence.meant).sum() == twins > 0:
        raise NotTestableError(f"no twin{evidence.words} shows the noise of {metric}")
    estimate = estimate_paired(evidence.twin(metric).values)
    if not estimate.error > 0:
        raise NotTestableError(f"the twin shows no noise of {metric}")
    of_seeds = estimate.error**2 * estimate.n_seeds * _share_of_mean(twins)
    of_images = [*_measure_images(evidence, metric)]
    return Noise(float(np.sqrt(of_seeds)), float(np.sqrt(np.mean(of_images or [0.0]))))


def _measure_images(evidence: Evidence, metric: str) -> Iterator[float]:
    """Yield for every family the variance that images add to the difference of two runs."""
    others = evidence.meant & ~evidence.twins
    for family in dict.fromkeys(evidence.family[others]):
        try:
            effect = evidence.effect(Group(families=(family,)), metric)
        except NotTestableError:
            continue
        if np.isfinite(effect.values).sum() > 1:
            both, of_seeds = estimate_crossed(effect).error, estimate_paired(effect.values).error
            members = int((others & (evidence.family == family)).sum())
            yield float(both**2 - of_seeds**2) * _share_of_mean(members)


def _share_of_mean(conditions: int) -> float:
    """Return the variance of one condition's effect over that of the mean of several."""
    return 2 / (1 + 1 / conditions)


def find_noise(metric: str, finished: Evidence | None, domains: int, known: Known) -> Noise:
    """Return the noise of a metric where one domain is held out, or none.

    Parameters
    ----------
    metric : str
        Of what.
    finished : Evidence or None
        Of a finished study.
    domains : int
        How many held-out domains it averages, of which each has runs of its own.
    known : Known
        Whose declared noise comes before that of the finished study.

    Raises
    ------
    NotTestableError
        If nothing says it.
    """
    if metric in known.noise:
        return Noise(known.noise[metric])
    if finished is None:
        raise NotTestableError(f"nothing says the noise of {metric}")
    return measure_noise(finished, metric).scale(domains**0.5)


def find_size(required: Required, finished: Evidence | None, known: Known) -> float:
    """Return the size that a test has to find; NaN where nothing says it."""
    part, metric = required.part, required.metric
    if part.margin is not None:
        return part.margin
    given = known.effects.get(metric, np.nan)
    if part.share is None:
        return given
    if not isinstance(part.to, Group):
        return part.share * find_own(metric, finished)
    if np.isnan(given) and finished is not None:
        try:
            given = float(np.abs(np.nanmean(finished.effect(part.to, metric).values)))
        except NotTestableError:
            return np.nan
    return part.share * given


def find_own(metric: str, finished: Evidence | None) -> float:
    """Return how far fine-tuning itself moves a metric; NaN where nothing says it."""
    if finished is None:
        return np.nan
    try:
        own = finished.own_change(Group(families=(TWIN,)), metric)
    except NotTestableError:
        return np.nan
    return float(np.abs(np.nanmean(own.values)))
