"""The table `comparisons`: every condition's effect on every metric, with interval and tests."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from weightscape.comparison.crossed import Crossed, estimate_crossed, find_unsampled
from weightscape.comparison.effects import Effects
from weightscape.comparison.paired import Array, Estimate, correct_holm, estimate_paired
from weightscape.tables import comparisons
from weightscape.tables.table import from_arrays

ABOUT = ["condition", "family", "is_twin", "dose", "reference"]
OTHER_WEIGHTS = "starts from other weights than its reference, or has none of its own"
"""Why a condition has no effect on weights."""

NO_INFLUENCES = "over the seeds alone: no influences of the test images are given"
LONE_IMAGES = "over the seeds alone: too few test images of a class to leave any out"
"""Why an interval of a score leaves out what the test images add."""


def comparisons_table(all_effects: Sequence[Effects]) -> pa.Table:
    """Return the effect of every condition on every metric, layer by layer and on average.

    Parameters
    ----------
    all_effects : sequence of Effects
        One for every dataset and backbone.

    Returns
    -------
    pyarrow.Table
        The table `comparisons`. Runs that start from other weights than their reference have no
        effect on weights; their rows say so.
    """
    parts = [
        part
        for effects in all_effects
        for part in (
            *_compare_weights(effects),
            *_compare_scores(effects),
            *_compare_measurements(effects),
        )
    ]
    return from_arrays(parts, comparisons.SCHEMA)


def _compare_weights(effects: Effects) -> Iterator[dict[str, Any]]:
    roles = effects.layers["role"].to_numpy()
    others = ["" if comparable else OTHER_WEIGHTS for comparable in effects.comparable]
    scopes = [(scope, "", effects.within(scope)) for scope in ("all", "body")]
    scopes += [("role", role, roles == role) for role in dict.fromkeys(roles)]
    for (stage, metric), values in effects.weights.items():
        place = {"stage": stage, "metric": metric}
        for scope, role, chosen in scopes:
            mean, n_layers = effects.mean_over(stage, metric, chosen)
            notes = explain_layers(effects, metric, chosen, n_layers)
            part = {"scope": scope, "role": role, **place}
            yield _make_part(effects, estimate_paired(mean), notes, n_layers, **part)
        for i, (layer, role) in enumerate(zip(effects.layers["layer"], roles, strict=True)):
            part = {"scope": "layer", "role": role, "layer": layer, **place}
            yield _make_part(effects, estimate_paired(values[..., i]), others, 1, **part)


def _compare_scores(effects: Effects) -> Iterator[dict[str, Any]]:
    for (test_set, shift, severity, metric), values in effects.scores.items():
        place = {"test_set": test_set, "shift": shift, "severity": severity, "metric": metric}
        notes = explain_images(values)
        yield _make_part(effects, estimate_crossed(values), notes, None, scope="scores", **place)


def _compare_measurements(effects: Effects) -> Iterator[dict[str, Any]]:
    for (metric, layer, (test_set, shift, severity)), found in effects.measurements.items():
        place = {"test_set": test_set, "shift": shift, "severity": severity if shift else None}
        yield _make_part(
            effects,
            estimate_paired(found.values),
            found.failures,
            None,
            scope="measurements",
            layer=layer,
            metric=metric,
            **place,
        )


def explain_layers(
    effects: Effects, metric: str, chosen: np.ndarray, n_layers: np.ndarray
) -> list[str]:
    """Return for every condition which of the chosen layers a mean leaves out, and why."""
    candidates = int((chosen & effects.counted[metric]).sum())
    short = int((chosen & ~effects.counted[metric]).sum())
    notes = []
    for comparable, found in zip(effects.comparable, n_layers, strict=True):
        if not comparable:
            notes.append(OTHER_WEIGHTS)
        elif not chosen.any():
            notes.append("there are no such layers")
        elif not candidates:
            notes.append(f"none of {short} layers has a long tail before training")
        elif found < candidates:
            notes.append(f"{candidates - found} of {candidates} layers lack a value in a seed")
        else:
            notes.append("")
    return notes


def explain_images(values: Crossed) -> list[str]:
    """Return for every condition why its interval leaves the test images out; empty if it does not.

    A single seed has no interval, whatever is known of the images.
    """
    several = np.isfinite(values.values).sum(axis=-1) > 1
    why = LONE_IMAGES if values.influences else NO_INFLUENCES
    return [why if left_out else "" for left_out in several & find_unsampled(values)]


def _make_part(
    effects: Effects,
    estimate: Estimate,
    notes: list[str],
    n_layers: np.ndarray | int | None,
    **place: Any,
) -> dict[str, Any]:
    found = {"role": "", "layer": "", "stage": "", "test_set": "", "shift": "", "severity": None}
    return {
        "dataset": effects.dataset,
        "backbone": effects.backbone,
        **{name: effects.conditions[name].to_numpy() for name in ABOUT},
        **found,
        **place,
        "n_layers": n_layers,
        **estimate_columns(estimate),
        "p_holm": _correct_over_conditions(estimate.p, effects.conditions["is_twin"]),
        "smallest_detectable": estimate.smallest_detectable,
        "limitation": explain_limits(
            estimate,
            len(effects.seeds),
            [
                "; ".join(filter(None, (lost or note, left_out)))
                for lost, left_out, note in zip(
                    effects.conditions["limitation"],
                    effects.conditions["left_out"],
                    notes,
                    strict=True,
                )
            ],
        ),
    }


def estimate_columns(estimate: Estimate) -> dict[str, Any]:
    """Return an estimate as the columns that the tables of comparisons share."""
    return {
        "effect": estimate.effect,
        "low": estimate.low,
        "high": estimate.high,
        "n_seeds": estimate.n_seeds,
        "p": estimate.p,
        "p_sign_flip": estimate.p_sign_flip,
        "p_floor": estimate.p_floor,
    }


def explain_limits(estimate: Estimate, seeds: int, reasons: Sequence[str]) -> list[str]:
    """Return for every estimate what keeps it from an interval or a test; empty if nothing does.

    `reasons` are what is known of each beforehand; where there is no value at all, they explain it.
    """
    notes = [
        "no seed has all that is compared"
        if n == 0
        else "one seed: no interval"
        if n == 1
        else "the same difference in every seed: no test"
        if error == 0
        else f"{n} of {seeds} seeds"
        if n < seeds
        else ""
        for n, error in zip(estimate.n_seeds, estimate.error, strict=True)
    ]
    return [
        reason if reason and n == 0 else "; ".join(part for part in (reason, note) if part)
        for n, reason, note in zip(estimate.n_seeds, reasons, notes, strict=True)
    ]


def _correct_over_conditions(p: Array, is_twin: "pd.Series[bool]") -> Array:
    """Return p corrected over the conditions; a twin tests the method and does not count."""
    return correct_holm(np.where(is_twin.to_numpy(bool), np.nan, p))
