"""Effects of the conditions of one dataset and backbone: differences from their references."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weightscape.comparison.arrays import (
    ALL,
    CELL,
    IID,
    OVER_SHIFTS,
    Axes,
    Images,
    Measured,
    measurement_arrays,
    need_columns,
    refuse_doubles,
)
from weightscape.comparison.choice import settle
from weightscape.comparison.crossed import Crossed
from weightscape.comparison.differences import pair_conditions
from weightscape.comparison.forms import FORM, keep_form
from weightscape.comparison.layers import count_layers, find_own_changes, find_weights
from weightscape.comparison.paired import Array
from weightscape.comparison.quantities import complete_runs
from weightscape.comparison.scored import PLACE, Key, crossed_scores
from weightscape.scoring.metrics import METRICS as OF_SCORES

SCORES = [metric.name for metric in OF_SCORES]

OF_NONE: Images = ("", "", 0)
"""What a quantity has that is of no images."""


class Tables(NamedTuple):
    """The tables that effects are found in; all but `runs` may be empty.

    Attributes
    ----------
    runs, spectra, scores, measurements, influences : pandas.DataFrame
        The tables of these names, or any with their identifier columns. `runs` may lack those in
        `quantities.OPTIONAL`, `spectra` its stage, its form and its rows of initial weights.
        Without `influences` nothing is known of what the test images add to an error.
    """

    runs: pd.DataFrame
    spectra: pd.DataFrame = pd.DataFrame()
    scores: pd.DataFrame = pd.DataFrame()
    measurements: pd.DataFrame = pd.DataFrame()
    influences: pd.DataFrame = pd.DataFrame()


@dataclass(frozen=True)
class Effects:
    """Condition minus reference, by seed, on every metric of one dataset and backbone.

    Attributes
    ----------
    dataset, backbone : str
        Their names.
    group : str
        The data set, of which the dataset may hold out one domain.
    conditions : pandas.DataFrame
        A row per condition that is not its own reference, in the order of the arrays: condition,
        family, dose, is_rate, reference, is_twin, from_scratch, kind, `left_out`, which settings
        could not be chosen, and `limitation`, why it has no effects.
    comparable : numpy.ndarray
        Whether effects on weights have a meaning, shape (conditions,).
    seeds : list of int
        The replicates.
    accuracy : str
        The score that is meant by accuracy: a column of `scores`.
    layers : pandas.DataFrame
        layer and role, in the order of the network.
    weights : mapping
        For every (stage, metric) an array of shape (conditions, seeds, layers).
    own : mapping
        For ("finetuned", metric) how far fine-tuning itself moves every condition's reference,
        shape (conditions, seeds, layers).
    counted : mapping
        For every metric which layers count in means over layers, shape (layers,).
    scores : mapping
        For every (test_set, shift, severity, metric) the values over conditions and seeds, with
        what the images add to them, see `Crossed`. A severity of None is the mean over severities,
        a shift `all` the mean over shifts.
    measurements : mapping
        For every metric, layer and (test_set, shift, severity) the same of what is measured, with
        why a condition has no effect on it. The layer is empty for the whole network, and the
        images are `OF_NONE` for what is of none.

    Notes
    -----
    A condition and its reference start from the same weights, so that differences of fine-tuned
    weights are differences of changes. Where either is missing an array holds NaN.
    """

    dataset: str
    group: str
    backbone: str
    conditions: pd.DataFrame
    comparable: np.ndarray
    seeds: list[int]
    accuracy: str
    layers: pd.DataFrame
    weights: Mapping[tuple[str, str], Array]
    own: Mapping[tuple[str, str], Array]
    counted: Mapping[str, np.ndarray]
    scores: Mapping[Key, Crossed]
    measurements: Mapping[tuple[str, str, Images], Measured]

    def within(self, scope: str) -> np.ndarray:
        """Return which layers are in the scope `all` or `body`, shape (layers,)."""
        return np.ones(len(self.layers), bool) if scope == "all" else self._body

    @property
    def _body(self) -> np.ndarray:
        return (self.layers["role"] != "classifier").to_numpy()

    def score(self, shift: str, metric: str) -> Crossed | None:
        """Return the effect on a score over all shifts (`all`) or on the test set (`none`).

        Over conditions and seeds; None where it is not measured.
        """
        images = OVER_SHIFTS if shift == ALL else IID
        return self.scores.get((*images, metric))

    def measured(self, shift: str, metric: str) -> Measured | None:
        """Return the effect on what is measured, over all shifts (`all`) or not (`none`).

        What is measured by layer is averaged over the layers, each counting the same, where there
        is no value of the whole network. None where it is not measured.
        """
        for images in (OVER_SHIFTS,) if shift == ALL else (IID, OF_NONE):
            if whole := self.measurements.get((metric, "", images)):
                return whole
            layers = [
                found
                for (name, _, where), found in self.measurements.items()
                if (name, where) == (metric, images)
            ]
            if layers:
                reasons = zip(*(found.failures for found in layers), strict=True)
                return Measured(
                    np.mean([found.values for found in layers], axis=0),
                    ["; ".join(dict.fromkeys(filter(None, each))) for each in reasons],
                )
        return None

    def mean_over(self, stage: str, metric: str, chosen: np.ndarray) -> tuple[Array, np.ndarray]:
        """Return the effect on a metric averaged over layers.

        Parameters
        ----------
        stage, metric : str
            What is averaged.
        chosen : numpy.ndarray
            Which layers, shape (layers,); of them those in `counted` are taken that have a value
            in every seed of the condition, so that all seeds average the same layers.

        Returns
        -------
        mean : numpy.ndarray
            Shape (conditions, seeds), NaN without a layer.
        n_layers : numpy.ndarray
            Layers in the mean, shape (conditions,).
        """
        values = self.weights[stage, metric]
        measured = np.isfinite(values)
        run_is_there = np.asarray(measured.any(axis=2, keepdims=True))
        whole = np.asarray((measured | ~run_is_there).all(axis=1) & measured.any(axis=1))
        whole &= chosen & self.counted[metric]
        n_layers = whole.sum(axis=1)
        total = np.where(whole[:, None, :] & run_is_there, values, 0.0).sum(axis=2)
        mean = total / np.where(n_layers > 0, n_layers, np.nan)[:, None]
        return np.where(run_is_there[..., 0], mean, np.nan), n_layers


def effects_of(tables: Tables, metrics: Sequence[str], form: str = FORM) -> list[Effects]:
    """Return the effects of every dataset and backbone.

    Parameters
    ----------
    tables : Tables
        The tables of a study, or of several.
    metrics : sequence of str
        Columns of `spectra`.
    form : {"pooled", "unfolded"}, optional
        The form of convolutions whose rows count, see `keep_form`.

    Raises
    ------
    ValueError
        If a column is missing; a run is there twice: in `runs`, or for a layer or test set; runs
        were tested on different images; or no convolution has the `form`.
    """
    known = settle(keep_form(tables._asdict(), form))
    runs, spectra, scores, measurements, influences = Tables(**known)
    runs = complete_runs(runs)
    if "stage" not in spectra.columns:
        spectra = spectra.assign(stage="finetuned")
    run = [*CELL, "condition", "seed"]
    need_columns(runs, "runs", [*run, "reference"])
    refuse_doubles(runs, runs.duplicated(run).to_numpy())
    if len(spectra):
        need_columns(spectra, "spectra", [*run, "layer", "role", *metrics])
    if len(scores):
        need_columns(scores, "scores", [*run, *PLACE])
    if len(influences):
        need_columns(influences, "influences", [*run, *PLACE, "metric", "images", "influences"])
    return [
        _find_effects(
            cell,
            Tables(
                part,
                _select(spectra, cell, part),
                _select(scores, cell),
                _select(measurements, cell),
                _select(influences, cell),
            ),
            metrics,
        )
        for cell, part in runs.groupby(CELL, sort=False)
    ]


def _select(table: pd.DataFrame, cell: Any, runs: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the rows of one dataset and backbone, with the initial weights of comparable runs."""
    if not len(table):
        return table
    found = table["backbone"] == cell[1]
    if runs is not None and "initial" in runs.columns:
        initial = runs.loc[runs["comparable_weights"].astype(bool), "initial"]
        found |= (table["stage"] == "init") & table["backbone"].isin(set(initial))
    rows: pd.DataFrame = table[(table["dataset"] == cell[0]) & found]
    return rows


def _find_effects(cell: Any, tables: Tables, metrics: Sequence[str]) -> Effects:
    """Return the effects in the tables of one dataset and backbone."""
    runs = tables.runs
    axes = Axes(
        [*runs["condition"].drop_duplicates()], sorted(int(seed) for seed in runs["seed"].unique())
    )
    pairs, compared = pair_conditions(runs, axes)
    layers, weights = find_weights(tables.spectra, axes, pairs, metrics)
    first = runs.drop_duplicates("condition")
    initials = dict(zip(first["condition"], first["initial"], strict=True))
    columns = ["condition", "family", "dose", "is_rate", "reference", "is_twin", "from_scratch"]
    columns += ["kind", "left_out"]
    conditions = compared[columns].assign(limitation=np.array(pairs.limitations, object))
    return Effects(
        dataset=cell[0],
        group=str(runs["dataset_group"].iloc[0]),
        backbone=cell[1],
        conditions=conditions.reset_index(drop=True),
        comparable=pairs.comparable,
        seeds=axes.seeds,
        accuracy=str(runs["score"].iloc[0]),
        layers=layers,
        weights=weights,
        own=find_own_changes(tables.spectra, axes, pairs, metrics, initials),
        counted={metric: count_layers(metric, tables.spectra, layers) for metric in metrics},
        scores={
            key: pairs.subtract_crossed(values)
            for key, values in crossed_scores(tables.scores, tables.influences, axes, SCORES)
        },
        measurements={
            key: Measured(pairs.subtract(found.values), pairs.join(found.failures))
            for key, found in measurement_arrays(tables.measurements, axes)
        },
    )
