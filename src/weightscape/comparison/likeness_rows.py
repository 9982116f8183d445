"""The table `likeness`: any two conditions, and any two families, layer by layer."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from weightscape.comparison.amount import FEWEST_LAYERS
from weightscape.comparison.effects import Effects
from weightscape.comparison.layers import find_noise, find_whole_layers
from weightscape.comparison.likeness import MIN_LAYERS, MIN_RELIABILITY, Likeness, likeness
from weightscape.comparison.paired import Array
from weightscape.comparison.span import find_span
from weightscape.comparison.weightiest import find_weightiest
from weightscape.tables import likeness as schema
from weightscape.tables.table import from_arrays


def group_families(effects: Effects) -> dict[str, np.ndarray]:
    """Return for every family which conditions are in it, shape (conditions,).

    Conditions without pre-training are in none: a study has them beside those with, and what they
    do to weights and scores is another question. Where there are no others, they are.
    """
    of = effects.conditions["family"].to_numpy()
    scratch = effects.conditions["from_scratch"].to_numpy(bool)
    meant = ~scratch if (~scratch & effects.comparable).any() else np.ones(len(of), bool)
    meant |= ~effects.comparable  # what has no effect on weights may have one on scores
    return {family: (of == family) & meant for family in dict.fromkeys(of[meant])}


def likeness_table(all_effects: Sequence[Effects]) -> pa.Table:
    """Return the likeness of any two conditions and any two families: the table `likeness`.

    A family's profile is the mean over its conditions. Conditions that have no effect on weights,
    for want of a reference with the same initial weights, are left out; `comparisons` has them.
    """
    rows = [row for effects in all_effects for row in _make_parts(effects)]
    return from_arrays(rows, schema.SCHEMA)


def _make_parts(effects: Effects) -> Iterator[dict[str, Any]]:
    usable = effects.comparable & (effects.conditions["limitation"] == "").to_numpy()
    names = effects.conditions["condition"].to_numpy()
    groups = {
        "condition": {name: names == name for name in names[usable]},
        "family": {
            name: of & usable for name, of in group_families(effects).items() if (of & usable).any()
        },
    }
    for (stage, metric), values in effects.weights.items():
        noise = find_noise(values)
        for scope in ("body", "all"):
            layers = effects.within(scope) & effects.counted[metric]
            for level, members in groups.items():
                if not members:
                    continue
                # The mean over a family's members weakens the noise of each of their runs; that
                # of the reference stays, and is why different seeds are compared.
                profiles = np.stack(
                    [values[of][..., layers].mean(axis=0) for of in members.values()]
                )
                span, reason = find_span(effects, stage, metric, usable)
                # What is said of families is said in the report: it must not rest on one layer.
                named = effects.layers["layer"][layers] if level == "family" else []
                yield {
                    "dataset": effects.dataset,
                    "backbone": effects.backbone,
                    "level": level,
                    "scope": scope,
                    "stage": stage,
                    "metric": metric,
                    **_make_columns(
                        list(members),
                        profiles,
                        span[..., layers],
                        noise[layers],
                        reason,
                        list(named),
                    ),
                }


def _make_columns(
    names: list[str],
    profiles: Array,
    span: Array,
    noise: Array,
    reason: str,
    layers: list[str],
) -> dict[str, Any]:
    """Return the columns of every two profiles.

    `reason` says why there is no span; of the `layers` each is left out, none where it is empty.
    """
    raw = likeness(profiles, noise=noise)
    left = (
        likeness(profiles, span, noise) if not reason else likeness(np.full_like(profiles, np.nan))
    )
    whole = find_whole_layers(np.concatenate([profiles, span]))
    one, other = (index.ravel() for index in np.indices((len(names), len(names))))
    # Of a pair, a seed counts that both have: n_seeds is what the interval rests on.
    there = np.asarray(np.isfinite(profiles).any(axis=2))
    both = (there[:, None] & there[None]).sum(axis=2).ravel()
    columns: dict[str, Any] = {
        "one": np.array(names, dtype=object)[one],
        "other": np.array(names, dtype=object)[other],
    }
    for start, found in (("", left), ("raw_", raw)):
        estimate, reliability = found.estimate, found.reliability
        columns |= {
            f"{start}r": found.r.ravel(),
            f"{start}reliability": reliability[one],
            f"{start}reliability_other": reliability[other],
            f"{start}likeness": found.corrected.ravel(),
            f"{start}low": estimate.low.ravel(),
            f"{start}high": estimate.high.ravel(),
        }
    return columns | {
        "error": left.estimate.error.ravel(),
        **_leave_layers_out(left, profiles, span, noise, layers),
        "explained": left.explained[one],
        "explained_other": left.explained[other],
        "pearson": _correlate_means(profiles[..., whole]).ravel(),
        "n_seeds": both,
        "n_layers": int(whole.sum()),
        "limitation": [
            _explain_limits(left, i, j, whole, int(n), profiles.shape[1], reason)
            for i, j, n in zip(one.tolist(), other.tolist(), both, strict=True)
        ],
    }


def _leave_layers_out(
    left: Likeness, profiles: Array, span: Array, noise: Array, layers: list[str]
) -> dict[str, Any]:
    """Return the columns of the likeness of every two without the layer that it rests on most."""
    whole = np.flatnonzero(find_whole_layers(np.concatenate([profiles, span])))
    others = ~np.eye(len(profiles), dtype=bool)
    is_told = bool(np.isfinite(left.corrected[others]).any())
    can = bool(layers) and is_told and len(whole) > FEWEST_LAYERS
    rest = [np.setdiff1d(whole, layer) for layer in whole] if can else []
    found = find_weightiest(
        left.estimate,
        [likeness(profiles[..., of], span[..., of], noise[of]).estimate for of in rest],
    )
    # To itself a profile has a likeness of 1, whatever the layers.
    part = np.where(others, found.part, -1).ravel()
    named = np.array([*(layers[i] for i in whole if can), ""], dtype=object)
    return {
        "without_layer": named[part],
        "likeness_without": np.where(part >= 0, found.effect.ravel(), np.nan),
        "error_without": np.where(part >= 0, found.error.ravel(), np.nan),
    }


def _correlate_means(profiles: Array) -> Array:
    """Return Pearson's r of every two mean profiles; NaN for those without spread."""
    found = np.isfinite(profiles)
    mean = np.where(found, profiles, 0.0).sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    if mean.shape[1] < MIN_LAYERS:
        return np.full((len(mean), len(mean)), np.nan)
    centred = mean - mean.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    unit = centred / np.where(length > 0, length, np.nan)
    return np.asarray(unit @ unit.T)


def _explain_limits(
    left: Likeness, i: int, j: int, whole: np.ndarray, seeds: int, of_seeds: int, reason: str
) -> str:
    """Return what keeps the likeness of two profiles from being told; empty if nothing does."""
    layers, of = int(whole.sum()), len(whole)
    notes = [reason] if reason else []
    if layers < FEWEST_LAYERS:
        notes.append(f"layers: {layers}, {FEWEST_LAYERS} are needed")
    elif layers < of:
        notes.append(f"{of - layers} of {of} layers left out: no value in every run")
    if seeds < 2:
        notes.append(f"seeds: {seeds}, two are needed")
    elif seeds < of_seeds:
        notes.append(f"{seeds} of {of_seeds} seeds")
    if layers >= FEWEST_LAYERS and seeds >= 2 and not reason:
        reliability = np.minimum(left.reliability[i], left.reliability[j])
        if left.is_beyond[i] or left.is_beyond[j]:
            notes.append("mostly the amount of training, and further than the controls go")
        elif np.isnan(reliability):
            notes.append("nothing is left of a profile beside the amount of training")
        elif reliability < MIN_RELIABILITY:
            notes.append(f"a reliability is below {MIN_RELIABILITY}: inconclusive")
        elif np.isnan(left.estimate.error[i, j]):
            notes.append("two seeds: no interval")
    return "; ".join(notes)
