"""One set of effects for the held-out domains of a data set, which are judged together."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

import numpy as np

from weightscape.comparison.arrays import IID, OVER_SHIFTS, Images, Measured
from weightscape.comparison.crossed import Crossed, average_apart
from weightscape.comparison.effects import OF_NONE, Effects

K = TypeVar("K")

PLACES: tuple[Images, ...] = (IID, OVER_SHIFTS, OF_NONE)
"""Images that every domain has: those of the test set, all shifted ones, none."""


def pool_domains(all_effects: Sequence[Effects]) -> list[Effects]:
    """Return the effects of every data set and backbone, those of its held-out domains averaged.

    Networks that are trained with another domain held out each share most of their training images:
    they are one study of that data set, of which the mean over the domains, seed by seed, is one
    result. Data sets, and backbones, stay apart.

    Parameters
    ----------
    all_effects : sequence of Effects
        One for every dataset and backbone.

    Returns
    -------
    list of Effects
        In the order of their first; `dataset` is the name of the data set. Of scores and of what is
        measured, those on `PLACES`. A condition, and a layer, that one domain lacks is left out.
    """
    keys = [(effects.group, effects.backbone) for effects in all_effects]
    order = sorted(range(len(keys)), key=lambda i: keys.index(keys[i]))
    found = []
    for key, places in groupby(order, key=lambda i: keys[i]):
        members = [all_effects[i] for i in places]
        found.append(members[0] if len(members) == 1 else _average(key[0], members))
    return found


def _average(group: str, members: Sequence[Effects]) -> Effects:
    names = [list(member.conditions["condition"]) for member in members]
    conditions = [name for name in names[0] if all(name in each for each in names)]
    layers = [list(member.layers["layer"]) for member in members]
    common = [name for name in layers[0] if all(name in each for each in layers)]
    seeds = [seed for seed in members[0].seeds if all(seed in each.seeds for each in members)]
    rows = [[each.index(name) for name in conditions] for each in names]
    columns = [[each.index(name) for name in common] for each in layers]
    times = [[member.seeds.index(seed) for seed in seeds] for member in members]
    places = list(zip(members, rows, times, columns, strict=True))
    first, table = members[0], members[0].conditions.iloc[rows[0]].reset_index(drop=True)
    limitations = [
        _join(member.conditions["limitation"].iloc[of[i]] for member, of, *_ in places)
        for i in range(len(conditions))
    ]
    return Effects(
        dataset=group,
        group=group,
        backbone=first.backbone,
        conditions=table.assign(limitation=np.array(limitations, object)),
        comparable=np.all([member.comparable[of] for member, of, *_ in places], axis=0),
        seeds=seeds,
        accuracy=first.accuracy,
        layers=first.layers.iloc[columns[0]].reset_index(drop=True),
        weights={
            key: np.mean([m.weights[key][np.ix_(r, t, c)] for m, r, t, c in places], axis=0)
            for key in _find_common(member.weights for member in members)
        },
        own={
            key: np.mean([m.own[key][np.ix_(r, t, c)] for m, r, t, c in places], axis=0)
            for key in _find_common(member.own for member in members)
        },
        counted={
            key: np.all([m.counted[key][c] for m, _, _, c in places], axis=0)
            for key in _find_common(member.counted for member in members)
        },
        scores={
            key: average_apart([_take(m.scores[key], r, t) for m, r, t, _ in places])
            for key in _find_common(member.scores for member in members)
            if key[:3] in PLACES
        },
        measurements={
            key: Measured(
                np.mean(
                    [m.measurements[key].values[np.ix_(r, t)] for m, r, t, _ in places], axis=0
                ),
                [
                    _join(m.measurements[key].failures[r[i]] for m, r, _, _ in places)
                    for i in range(len(conditions))
                ],
            )
            for key in _find_common(member.measurements for member in members)
            if key[2] in PLACES
        },
    )


def _take(scores: Crossed, conditions: list[int], seeds: list[int]) -> Crossed:
    chosen = scores[conditions]
    return Crossed(chosen.values[:, seeds], tuple(each[:, seeds] for each in chosen.influences))


def _find_common(mappings: Iterable[Mapping[K, object]]) -> list[K]:
    """Return the keys that all have, in the order of the first."""
    first, *rest = mappings
    return [key for key in first if all(key in each for each in rest)]


def _join(notes: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(note for note in notes if note))
