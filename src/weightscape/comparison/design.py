"""A study before it is made: which runs every test of its claims adds up, and how.

The effects of a planned study are those that `weightscape.comparison.effects` has of a finished
one, but for the axis of the seeds: in its place is one of the runs of a seed, and along it stand
the coefficients with which an effect adds them up. What a claim looks at, and what it lacks, is so
found by the code that judges it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weightscape.comparison.amount import FEWEST_LAYERS
from weightscape.comparison.arrays import CELL, IID, OVER_SHIFTS, Axes, Images, Measured
from weightscape.comparison.crossed import Crossed
from weightscape.comparison.differences import pair_conditions
from weightscape.comparison.effects import OF_NONE, SCORES, Effects
from weightscape.comparison.evidence import STAGE, Evidence, NotTestableError
from weightscape.comparison.metrics import NO_PROFILE, find_table
from weightscape.comparison.pool import pool_domains
from weightscape.comparison.power import Criterion
from weightscape.comparison.quantities import complete_runs
from weightscape.config.claims import Claim, Group, Part


class Pooled(NamedTuple):
    """One data set and backbone of a study, on which a claim is judged.

    Attributes
    ----------
    effects : Effects
        Of a planned study with coefficients of runs in the place of values in seeds.
    domains : int
        Held-out domains that are averaged, of which each has runs of its own.
    """

    effects: Effects
    domains: int


class Required(NamedTuple):
    """A test that a claim needs: in words, on a metric, and what it asks of the runs."""

    what: str
    metric: str
    part: Part
    criterion: Criterion


class UnforeseenError(Exception):
    """A test whose power does not follow from noise alone; the message says why."""


def design_study(
    planned: Sequence[Mapping[str, Any]],
    metrics: Sequence[str],
    measured: Sequence[str],
    shifted: Sequence[str],
) -> list[Pooled]:
    """Return the sets of a planned study, one for every data set and backbone.

    Parameters
    ----------
    planned : sequence of mappings
        What the study knows of its runs beforehand, see `Plan.describe_runs`. Of a grid of which
        one setting will be chosen, the first stands for it.
    metrics, measured : sequences of str
        The metrics of the weights, and of what is measured, that it compares.
    shifted : sequence of str
        The datasets that have a shift.
    """
    runs = complete_runs(pd.DataFrame(planned)).drop_duplicates([*CELL, "stands_for"])
    runs = runs.assign(condition=runs["stands_for"], dose=pd.to_numeric(runs["dose"]))
    found = [
        _design_cell(cell, part, metrics, measured, cell[0] in shifted)
        for cell, part in runs.groupby(CELL, sort=False)
    ]
    return pool_sets(found)


def pool_sets(all_effects: Sequence[Effects]) -> list[Pooled]:
    """Return the sets on which a claim is judged, with how many domains each averages."""
    of = [(each.group, each.backbone) for each in all_effects]
    return [
        Pooled(each, of.count((each.group, each.backbone))) for each in pool_domains(all_effects)
    ]


def _design_cell(
    cell: Any, runs: pd.DataFrame, metrics: Sequence[str], measured: Sequence[str], shifted: bool
) -> Effects:
    axes = Axes([*runs["condition"]], list(range(len(runs))))
    pairs, compared = pair_conditions(runs, axes)
    run = np.eye(len(runs))
    images: list[Images] = [IID, *([OVER_SHIFTS] if shifted else [])]
    effects, of_weights = pairs.subtract(run), pairs.subtract(run, weights=True)
    # The initial weights are given: their change is the run itself.
    own = np.where((pairs.other >= 0)[:, None], run[pairs.other], np.nan)
    layers = [f"layer{i}" for i in range(FEWEST_LAYERS)]
    return Effects(
        dataset=cell[0],
        group=str(runs["dataset_group"].iloc[0]),
        backbone=cell[1],
        conditions=compared.assign(limitation=np.array(pairs.limitations, object)).reset_index(
            drop=True
        ),
        comparable=pairs.comparable,
        seeds=axes.seeds,
        accuracy=str(runs["score"].iloc[0]),
        layers=pd.DataFrame({"layer": layers, "role": "other"}),
        weights={(STAGE, metric): _repeat(of_weights) for metric in metrics},
        own={(STAGE, metric): _repeat(own) for metric in metrics},
        counted={metric: np.ones(FEWEST_LAYERS, bool) for metric in metrics},
        scores={(*each, score): Crossed(effects) for each in images for score in SCORES},
        measurements={
            (metric, "", each): Measured(effects, [""] * len(effects))
            for metric in measured
            for each in (OF_NONE, *images[1:])
        },
    )


def _repeat(values: np.ndarray) -> np.ndarray:
    """Return values that are the same in all layers."""
    return np.repeat(values[..., None], FEWEST_LAYERS, axis=2)


def find_required(claim: Claim, evidence: Evidence) -> tuple[list[Required], list[str]]:
    """Return the tests that a claim needs, and what the planned study lacks for them.

    Raises
    ------
    UnforeseenError
        If nothing is lacking, but noise alone does not say how large an effect has to be.
    """
    found, lacking, unforeseen = [], [], []
    for part in claim.parts:
        for require in _list_required(part, evidence):
            try:
                found.append(require())
            except NotTestableError as error:
                lacking.append(str(error))
            except UnforeseenError as error:
                unforeseen.append(error)
    if unforeseen and not lacking:
        raise unforeseen[0]
    return found, list(dict.fromkeys(lacking))


def _list_required(part: Part, evidence: Evidence) -> Iterator[Callable[[], Required]]:
    """Yield what makes the tests of a part, those of `weightscape.comparison.parts.list_tests`."""
    for metric in map(evidence.find_meant, part.metrics):
        if part.test == "direction":
            for group in part.of:
                yield partial(_require_direction, evidence, part, metric, group)
        elif part.test == "equivalence":
            pairs: list[tuple[Group, Group | None]] = list(combinations(part.of, 2))
            for one, other in pairs or [(part.of[0], None)]:
                yield partial(_require_equivalence, evidence, part, metric, one, other)
        elif part.test == "best":
            yield partial(_require_best, evidence, part, metric)
        elif part.like is not None:
            for more, less in pairwise(part.of):
                yield partial(_require_likeness, evidence, metric, (part.like, more, less))
        else:
            yield partial(_require_order, evidence, part, metric)


def _require_direction(evidence: Evidence, part: Part, metric: str, group: Group) -> Required:
    if part.like is None:
        sums = _stack([evidence.effect(group, metric)])
        return Required(f"{group} {part.sign}", metric, part, Criterion(sums))
    what = f"{group} the {part.sign} way as {part.like}"
    sums = _stack([evidence.effect(each, metric) for each in (group, part.like)])
    if find_table(metric) not in NO_PROFILE:
        evidence.span(metric)
        raise UnforeseenError(
            "tests what is left beside more or less training, whose noise hangs on the layers that"
            " the effect lies in"
        )
    return Required(what, metric, part, Criterion(sums))


def _require_equivalence(
    evidence: Evidence, part: Part, metric: str, one: Group, other: Group | None
) -> Required:
    effect = evidence.effect(one, metric)
    if other is not None:
        effect = effect - evidence.effect(other, metric)
    what = f"{one} ≈ {'none' if other is None else other}"
    if part.share is None:
        return Required(what, metric, part, Criterion(_stack([effect * -1.0, effect])))
    whole = (
        evidence.effect(part.to, metric)
        if isinstance(part.to, Group)
        else evidence.own_change(one, metric)
    )
    margin = whole * part.share
    sums = _stack([margin - effect, margin - effect * -1.0, margin])
    return Required(what, metric, part, Criterion(sums, is_share=True))


def _require_order(evidence: Evidence, part: Part, metric: str) -> Required:
    if len(part.of) > 1:
        means = [evidence.effect(group, metric) for group in part.of]
        what = " > ".join(map(str, part.of))
        return Required(what, metric, part, Criterion(_subtract_next(means)))
    [group] = part.of
    means = [*evidence.doses(group, metric).values()]
    if len(means) < 2:
        raise NotTestableError(f"needs two doses of {group}{evidence.words}")
    what = f"{group} {part.sign}"
    if part.sign != "peak":
        return Required(what, metric, part, Criterion(_subtract_next(means)))
    *between, last = means
    ends = [_stack([mean, mean - last]) for mean in between]
    return Required(what, metric, part, _choose(ends))


def _require_best(evidence: Evidence, part: Part, metric: str) -> Required:
    [group] = part.of
    every, chosen = (
        evidence.doses(Group(families=group.families), metric),
        evidence.doses(group, metric),
    )
    others = [effect for dose, effect in every.items() if dose not in chosen]
    if not others:
        raise NotTestableError(f"needs another dose than those of {group}{evidence.words}")
    within = [_stack([effect, *(effect - other for other in others)]) for effect in chosen.values()]
    return Required(f"best is {group}", metric, part, _choose(within))


def _require_likeness(
    evidence: Evidence, metric: str, groups: tuple[Group, Group, Group]
) -> Required:
    for group in groups:
        evidence.profile(group, metric)
    evidence.span(metric)
    raise UnforeseenError(
        "tests likeness, which hangs on how well the profiles of effects repeat themselves"
    )


def _choose(alternatives: Sequence[np.ndarray]) -> Criterion:
    """Return what one of several asks, any of which is enough: the one with the most noise."""
    criterion = Criterion(max(alternatives, key=lambda sums: float((sums**2).sum())))
    return criterion._replace(level=criterion.level / len(alternatives))


def _subtract_next(means: Sequence[Crossed]) -> np.ndarray:
    return _stack([one - other for one, other in pairwise(means)])


def _stack(sums: Sequence[Crossed]) -> np.ndarray:
    return np.stack([each.values for each in sums])
