"""The table `trends`: how effects grow with the dose."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from weightscape.comparison.compare import about_layers, columns, limitations
from weightscape.comparison.effects import ALL, CONTROL, SCORES, Effects, whole_layers
from weightscape.comparison.paired import Array, paired
from weightscape.schemas import trends
from weightscape.table import from_arrays


def trends_table(all_effects: Sequence[Effects]) -> pa.Table:
    """Return the slope of every metric over the doses of every family with two doses or more.

    The slope is per doubling of the dose, so that doses of different kinds and ranges compare;
    doses that are not positive have no place on that scale and are left out, and so are controls,
    whose dose is an amount of training.
    """
    parts = [part for effects in all_effects for part in _parts(effects)]
    return from_arrays(parts, trends.SCHEMA)


def slopes(doses: Array, effects: Array) -> Array:
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


def _parts(effects: Effects) -> Iterator[dict[str, Any]]:
    table = effects.conditions
    dosed = table[(table["dose"].astype(float) > 0) & (table["family"] != CONTROL)]
    for (family, reference), members in dosed.groupby(["family", "reference"], sort=False):
        doses = members["dose"].to_numpy(float)
        if len(np.unique(doses)) < 2:
            continue
        of = members.index.to_numpy()
        for place, values, notes in _quantities(effects, of):
            estimate = paired(slopes(doses, values[of])[None])
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
                **columns(estimate),
                "limitation": limitations(
                    estimate,
                    len(effects.seeds),
                    ["; ".join(reason for reason in reasons if reason)],
                ),
            }


def _quantities(
    effects: Effects, of: np.ndarray
) -> Iterator[tuple[dict[str, str], Array, list[str]]]:
    """Yield the place of every quantity, its effects, and what is known of each condition's.

    Means are over layers that all conditions in `of` have.
    """
    for (stage, metric), values in effects.weights.items():
        whole = whole_layers(values[of])
        for scope in ("body", "all"):
            place = {"scope": scope, "stage": stage, "shift": "", "metric": metric}
            chosen = effects.within(scope)
            mean, n_layers = effects.mean_over(stage, metric, chosen & whole)
            yield place, mean, about_layers(effects, metric, chosen, n_layers)
    nothing = [""] * len(effects.conditions)
    for shift in ("none", ALL):
        for metric in SCORES:
            scores = effects.score(shift, metric)
            if scores is not None:
                place = {"scope": "scores", "stage": "", "shift": shift, "metric": metric}
                yield place, scores, nothing
