"""Effects on the weights layer by layer, and which layers count in means over them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from weightscape.comparison.arrays import Axes, to_array
from weightscape.comparison.differences import Pairs
from weightscape.comparison.paired import Array
from weightscape.spectra.metrics import METRICS, SINCE_START
from weightscape.spectra.trust import MIN_TAIL

OF_THE_TAIL = {metric.name for metric in METRICS if metric.of_tail}
"""Metrics of the power-law tail, which say little where the tail is short."""


def find_weights(
    spectra: pd.DataFrame, axes: Axes, pairs: Pairs, metrics: Sequence[str]
) -> tuple[pd.DataFrame, dict[tuple[str, str], Array]]:
    """Return the layers, and for every stage and metric the effects on them.

    Of the stage delta there are the metrics alone that it has.
    """
    if not len(spectra) or not len(trained := spectra[spectra["stage"] != "init"]):
        return pd.DataFrame({"layer": [], "role": []}, dtype=object), {}
    layers = trained[["layer", "role"]].drop_duplicates("layer").reset_index(drop=True)
    weights = {}
    for stage, part in trained.groupby("stage", sort=False):
        values = to_array(part, axes, "layer", list(layers["layer"]), metrics)
        for i, metric in enumerate(metrics):
            if stage != "delta" or np.isfinite(values[..., i]).any():
                weights[str(stage), metric] = pairs.subtract(values[..., i], weights=True)
    return layers, weights


def find_own_changes(
    spectra: pd.DataFrame,
    axes: Axes,
    pairs: Pairs,
    metrics: Sequence[str],
    initials: Mapping[str, str],
) -> dict[tuple[str, str], Array]:
    """Return how the fine-tuning of every condition's reference moves the layers.

    Parameters
    ----------
    spectra : pandas.DataFrame
        The rows of one dataset and backbone, those of the initial weights among them.
    axes, pairs, metrics
        As of `find_weights`.
    initials : mapping
        For every condition the backbone under which its initial weights stand.

    Returns
    -------
    dict
        For ("finetuned", metric) the reference's metric minus that of its initial weights, shape
        (conditions, seeds, layers), in the layers' order of `find_weights`; NaN where either is
        missing. Of the matrix of changes itself, the stage `delta`, there is none: before the
        training it is zero.
    """
    if not len(spectra) or not (spectra["stage"] == "finetuned").any():
        return {}
    layers = list(spectra.loc[spectra["stage"] != "init", "layer"].drop_duplicates())
    trained = to_array(spectra[spectra["stage"] == "finetuned"], axes, "layer", layers, metrics)
    before = np.full_like(trained, np.nan)
    rows = spectra[spectra["stage"] == "init"]
    for name in dict.fromkeys(initials.values()):
        start = Axes(["init"], axes.seeds)
        part = rows[rows["backbone"] == name].assign(condition="init")
        before[[initials[c] == name for c in axes.conditions]] = to_array(
            part, start, "layer", layers, metrics
        )
    before[..., [metric in SINCE_START for metric in metrics]] = 0
    own = np.where((pairs.other >= 0)[:, None, None, None], (trained - before)[pairs.other], np.nan)
    return {("finetuned", metric): own[..., i] for i, metric in enumerate(metrics)}


def find_noise(effects: Array) -> Array:
    """Return the standard deviation of every layer's effect between seeds, shape (layers,).

    Parameters
    ----------
    effects : numpy.ndarray
        Shape (conditions, seeds, layers). The variances of the conditions are averaged, each with
        its degrees of freedom: the noise of a run does not depend on what the run is told to do by
        nearly as much as a handful of seeds would make one believe.

    Returns
    -------
    numpy.ndarray
        Positive: a layer that no seed moves differently gets the least noise of the others, and all
        have 1 where none has any.
    """
    found = np.isfinite(effects)
    count = found.sum(axis=1)
    mean = np.where(found, effects, 0.0).sum(axis=1) / np.maximum(count, 1)
    squares = np.where(found, (effects - mean[:, None]) ** 2, 0.0).sum(axis=(0, 1))
    freedom = np.maximum(count - 1, 0).sum(axis=0)
    sd = np.sqrt(squares / np.where(freedom > 0, freedom, np.nan))
    least = sd[sd > 0].min(initial=np.inf)
    return np.where(sd > 0, sd, least if np.isfinite(least) else 1.0)


def count_layers(metric: str, spectra: pd.DataFrame, layers: pd.DataFrame) -> np.ndarray:
    """Return which layers count in means: for the tail, those whose tail is long before training.

    The initial weights know nothing of the conditions, so that the choice favours none.
    """
    if metric not in OF_THE_TAIL or not {"num_pl_spikes", "stage"} <= set(spectra.columns):
        return np.ones(len(layers), bool)
    initial = spectra[spectra["stage"] == "init"]
    if initial.empty:
        return np.ones(len(layers), bool)
    tail = initial["num_pl_spikes"].astype(float).fillna(0.0).groupby(initial["layer"]).min()
    return tail.reindex(layers["layer"]).fillna(0.0).to_numpy() >= MIN_TAIL


def find_whole_layers(effects: Array) -> np.ndarray:
    """Return the layers with which conditions are compared to one another, shape (layers,).

    `effects` has the shape (conditions, seeds, layers). A layer counts that has a value in every
    run: with other layers in each mean, a difference of means is one of layers too. A run without
    any value is one that is not there.
    """
    found = np.isfinite(effects)
    present = found.any(axis=2, keepdims=True)
    whole = np.asarray((found | ~present).all(axis=(0, 1)))
    return whole & bool(present.any())


def explain_lacking(counted: np.ndarray, whole: np.ndarray) -> str:
    """Return how many of the layers that count are not among the `whole` ones; empty if all are."""
    lost = (counted & ~whole).sum()
    return f"{lost} of {counted.sum()} layers lack a value in a run" if lost else ""
