"""The table `trends`: how effects grow with the dose."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from weightscape.comparison.arrays import ALL
from weightscape.comparison.compare import estimate_columns, explain_layers, explain_limits
from weightscape.comparison.effects import SCORES, Effects
from weightscape.comparison.layers import find_whole_layers
from weightscape.comparison.paired import Array, estimate_paired
from weightscape.config.families import CONTROL
from weightscape.tables import trends
from weightscape.tables.table import from_arrays


def trends_table(all_effects: Sequence[Effects]) -> pa.Table:
    """Return the slope of every metric over the doses of every family with two doses or more.

    The slope is per doubling of the dose, so that doses of different kinds and ranges compare;
    doses that are not positive have no place on that scale and are left out, and so are controls,
    whose dose is an amount of training.
    """
    parts = [part for effects in all_effects for part in _make_parts(effects)]
    return from_arrays(parts, trends.SCHEMA)


def fit_slopes(doses: Array, effects: Array) -> Array:
    """Return the least-squares slope over log2 of the dose, seed by seed.

    Parameters
    ----------
    doses : numpy.ndarray
        Positive doses, shape (doses,), two different ones at least.
    effects : numpy.ndarray
        Shape (doses, ...).

    Returns
    -------
    numpy.ndarray
        Shape (...): units of the metric per doubling; NaN where a dose has no value.
    """
    x = np.log2(doses)
    x = x - x.mean()
    return np.asarray(np.tensordot(x, effects, axes=1) / (x @ x))


def _make_parts(effects: Effects) -> Iterator[dict[str, Any]]:
    table = effects.conditions
    dosed = table[(table["dose"].astype(float) > 0) & (table["family"] != CONTROL)]
    for (family, reference), members in dosed.groupby(["family", "reference"], sort=False):
        doses = members["dose"].to_numpy(float)
        if len(np.unique(doses)) < 2:
            continue
        of = members.index.to_numpy()
        for place, values, notes in _list_quantities(effects, of):
            estimate = estimate_paired(fit_slopes(doses, values[of])[None])
            reasons = dict.fromkeys(
                lost or notes[i] for i, lost in zip(of, members["limitation"], strict=True)
            )
            yield {
                "dataset": effects.dataset,
                "backbone": effects.backbone,
                "family": family,
                "reference": reference,
                **place,
                "n_doses": len(np.unique(doses)),
                **estimate_columns(estimate),
                "limitation": explain_limits(
                    estimate,
                    len(effects.seeds),
                    ["; ".join(reason for reason in reasons if reason)],
                ),
            }


def _list_quantities(
    effects: Effects, of: np.ndarray
) -> Iterator[tuple[dict[str, str], Array, list[str]]]:
    """Yield the place of every quantity, its effects, and what is known of each condition's.

    Means are over layers that all conditions in `of` have.
    """
    for (stage, metric), values in effects.weights.items():
        whole = find_whole_layers(values[of])
        for scope in ("body", "all"):
            place = {"scope": scope, "stage": stage, "shift": "", "metric": metric}
            chosen = effects.within(scope)
            mean, n_layers = effects.mean_over(stage, metric, chosen & whole)
            yield place, mean, explain_layers(effects, metric, chosen, n_layers)
    nothing = [""] * len(effects.conditions)
    for shift in ("none", ALL):
        for metric in SCORES:
            scores = effects.score(shift, metric)
            if scores is not None:
                place = {"scope": "scores", "stage": "", "shift": shift, "metric": metric}
                yield place, scores, nothing
        for metric in dict.fromkeys(name for name, *_ in effects.measurements):
            found = effects.measured(shift, metric)
            if found is not None:
                place = {"scope": "measurements", "stage": "", "shift": shift, "metric": metric}
                yield place, found.values, found.failures
