"""The table `relations`: whether what moves the weights moves the scores."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from weightscape.comparison.arrays import ALL
from weightscape.comparison.effects import Effects
from weightscape.comparison.layers import explain_lacking, find_whole_layers
from weightscape.comparison.paired import Array, jackknife
from weightscape.comparison.weightiest import find_weightiest
from weightscape.config.families import CONTROL
from weightscape.config.score import BESIDE, SCORES
from weightscape.scoring.metrics import METRICS
from weightscape.tables import relations
from weightscape.tables.table import from_arrays

MIN_CONDITIONS = 4
"""A correlation over fewer conditions than this says nothing."""


OTHERS = [metric.name for metric in METRICS if metric.compared and metric.name not in SCORES]
"""Scores of interest beside what a study means by accuracy."""


def relations_table(all_effects: Sequence[Effects]) -> pa.Table:
    """Return how effects on weights go with effects on accuracy and calibration.

    The units are the conditions, twins and controls left out, so that the correlation speaks of
    those that the study has; its interval is over the seeds.
    """
    parts = [part for effects in all_effects for part in _make_parts(effects)]
    return from_arrays(parts, relations.SCHEMA)


def correlate(weights: Array, scores: Array) -> tuple[float, Array]:
    """Return Pearson's r over conditions between different seeds, and without each seed.

    The run of a shared reference moves all effects of a seed alike, on weights and on scores;
    between different seeds it does not.

    Parameters
    ----------
    weights, scores : numpy.ndarray
        Effects of the same conditions and seeds, shape (conditions, seeds), without NaN.

    Returns
    -------
    r : float
        Mean over pairs of different seeds; NaN with one seed or without spread.
    without : numpy.ndarray
        The same without each seed, shape (seeds,).
    """
    seeds = weights.shape[1]
    pairs = _normalise(weights).T @ _normalise(scores)
    pairs[np.diag_indices(seeds)] = 0.0
    left = pairs.sum() - pairs.sum(axis=0) - pairs.sum(axis=1)
    r = float(pairs.sum()) / (seeds * (seeds - 1)) if seeds > 1 else np.nan
    rest = (seeds - 1) * (seeds - 2)
    return r, left / rest if rest > 0 else np.full(seeds, np.nan)


def _normalise(effects: Array) -> Array:
    centred = effects - effects.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    return np.asarray(centred / np.where(length > 0, length, np.nan))


def _make_parts(effects: Effects) -> Iterator[dict[str, Any]]:
    chooses = ~effects.conditions["is_twin"] & (effects.conditions["family"] != CONTROL)
    chosen = chooses.to_numpy(bool)
    names = effects.conditions["condition"].to_numpy()[chosen]
    beside = BESIDE.get(effects.accuracy)
    of_interest = [effects.accuracy, *([beside] if beside else []), *OTHERS]
    for (stage, metric), values in effects.weights.items():
        whole = find_whole_layers(values[chosen])
        for scope in ("body", "all"):
            counted = effects.within(scope) & effects.counted[metric]
            moved, _ = effects.mean_over(stage, metric, counted & whole)
            note = explain_lacking(counted, whole)
            for shift in ("none", ALL):
                for score in of_interest:
                    scores = effects.score(shift, score)
                    if scores is not None:
                        place = {"scope": scope, "stage": stage, "metric": metric, "shift": shift}
                        yield {
                            "dataset": effects.dataset,
                            "backbone": effects.backbone,
                            **place,
                            "score": score,
                            **_make_columns(names, moved[chosen], scores.values[chosen], note),
                        }


def _make_columns(
    names: np.ndarray, weights: Array, scores: Array, about_layers: str
) -> dict[str, Any]:
    both = np.isfinite(weights) & np.isfinite(scores)
    conditions = np.asarray(both.any(axis=1))
    seeds = np.asarray(both[conditions].all(axis=0) & conditions.any())
    weights, scores = weights[conditions][:, seeds], scores[conditions][:, seeds]
    count, n_seeds = weights.shape
    r, without = np.nan, np.full(n_seeds, np.nan)
    notes = [about_layers] if about_layers else []
    if count < len(conditions):
        notes.append(f"{len(conditions) - count} of {len(conditions)} conditions lack a value")
    if count < MIN_CONDITIONS:
        notes.append(f"conditions: {count}, {MIN_CONDITIONS} are needed")
    elif n_seeds < 2:
        notes.append(f"seeds that all have: {n_seeds}, two are needed")
    else:
        r, without = correlate(weights, scores)
        if n_seeds < len(seeds):
            notes.append(f"{n_seeds} of {len(seeds)} seeds")
        if np.isnan(r):
            notes.append("the same effect of every condition: no correlation")
        elif n_seeds == 2:
            notes.append("two seeds: no interval")
    estimate = jackknife(r, without)
    left_out = range(count) if count > MIN_CONDITIONS and n_seeds > 1 else []
    rest = [
        jackknife(*correlate(np.delete(weights, i, axis=0), np.delete(scores, i, axis=0)))
        for i in left_out
    ]
    found = find_weightiest(estimate, rest)
    return {
        "r": estimate.effect.item(),
        "low": estimate.low.item(),
        "high": estimate.high.item(),
        "without_condition": names[conditions][found.part] if found.part >= 0 else "",
        "r_without": found.effect.item(),
        "low_without": found.low.item(),
        "high_without": found.high.item(),
        "n_conditions": count,
        "n_seeds": n_seeds,
        "limitation": "; ".join(notes),
    }
