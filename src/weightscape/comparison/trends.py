"""The table `trends`: how effects grow with the dose."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from weightscape.comparison.arrays import ALL
from weightscape.comparison.compare import (
    estimate_columns,
    explain_images,
    explain_layers,
    explain_limits,
)
from weightscape.comparison.crossed import Crossed, estimate_crossed
from weightscape.comparison.effects import SCORES, Effects
from weightscape.comparison.layers import find_whole_layers
from weightscape.comparison.paired import Array
from weightscape.config.families import CONTROL
from weightscape.tables import trends
from weightscape.tables.table import from_arrays

LOG, LOG_ODDS = "log2", "log2 odds"
"""The scales of doses: of those without bound, and of rates."""


def trends_table(all_effects: Sequence[Effects]) -> pa.Table:
    """Return the slope of every metric over the doses of every family with two doses or more.

    The slope is per doubling of the dose, so that doses of different kinds and ranges compare; of a
    rate p, per doubling of its odds p/(1 − p), for a dropout of .95 keeps half the units that one
    of .9 keeps, and is no more than 6 % larger. Doses that have no place on that scale (zero, and a
    rate of 1) are left out, and so are controls, whose dose is an amount of training.
    """
    parts = [part for effects in all_effects for part in _make_parts(effects)]
    return from_arrays(parts, trends.SCHEMA)


def rescale(doses: Array, scale: str) -> Array:
    """Return doses on the scale `log2` or `log2 odds`; NaN for those without a place on it."""
    x = np.where(doses > 0, doses, np.nan)
    if scale == LOG_ODDS:
        x = np.where(x < 1, x / np.where(x < 1, 1 - x, np.nan), np.nan)
    return np.asarray(np.log2(x))


def fit_slopes(x: Array, effects: Array) -> Array:
    """Return the least-squares slope, seed by seed.

    Parameters
    ----------
    x : numpy.ndarray
        Doses on their scale, shape (doses,), two different ones at least.
    effects : numpy.ndarray
        Shape (doses, ...).

    Returns
    -------
    numpy.ndarray
        Shape (...): units of the metric per unit of the scale; NaN where a dose has no value.
    """
    x = x - x.mean()
    return np.asarray(np.tensordot(x, effects, axes=1) / (x @ x))


def _make_parts(effects: Effects) -> Iterator[dict[str, Any]]:
    table = effects.conditions
    dosed = table[table["dose"].notna() & (table["family"] != CONTROL)]
    for (family, reference), members in dosed.groupby(["family", "reference"], sort=False):
        scale = LOG_ODDS if members["is_rate"].all() else LOG
        x = rescale(members["dose"].to_numpy(float), scale)
        members, x = members[np.isfinite(x)], x[np.isfinite(x)]
        if len(np.unique(x)) < 2:
            continue
        of = members.index.to_numpy()
        for place, values, notes in _list_quantities(effects, of):
            slopes = _fit_crossed(x, values[of])
            estimate = estimate_crossed(slopes)
            yield {
                "dataset": effects.dataset,
                "backbone": effects.backbone,
                "family": family,
                "reference": reference,
                **place,
                "scale": scale,
                "n_doses": len(np.unique(x)),
                **estimate_columns(estimate),
                "limitation": explain_limits(
                    estimate,
                    len(effects.seeds),
                    [_join_reasons(place["scope"], members, notes, slopes)],
                ),
            }


def _fit_crossed(x: Array, values: Crossed) -> Crossed:
    """Return the slopes of one family, of shape (1, seeds)."""
    slopes = tuple(fit_slopes(x, np.asarray(each, float))[None] for each in values.influences)
    return Crossed(fit_slopes(x, values.values)[None], slopes)


def _join_reasons(scope: str, members: pd.DataFrame, notes: Sequence[str], slopes: Crossed) -> str:
    reasons = [
        lost or notes[i] for i, lost in zip(members.index, members["limitation"], strict=True)
    ]
    reasons += explain_images(slopes) if scope == "scores" else []
    return "; ".join(dict.fromkeys(filter(None, reasons)))


def _list_quantities(
    effects: Effects, of: np.ndarray
) -> Iterator[tuple[dict[str, str], Crossed, list[str]]]:
    """Yield the place of every quantity, its effects, and what is known of each condition's.

    Means are over layers that all conditions in `of` have.
    """
    for (stage, metric), values in effects.weights.items():
        whole = find_whole_layers(values[of])
        for scope in ("body", "all"):
            place = {"scope": scope, "stage": stage, "shift": "", "metric": metric}
            chosen = effects.within(scope)
            mean, n_layers = effects.mean_over(stage, metric, chosen & whole)
            yield place, Crossed(mean), explain_layers(effects, metric, chosen, n_layers)
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
                yield place, Crossed(found.values), found.failures
