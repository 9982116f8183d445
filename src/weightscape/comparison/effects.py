"""Effects of the conditions of one dataset and backbone: differences from their references."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from weightscape.comparison.paired import Array
from weightscape.schemas import scores as score_schema
from weightscape.spectra.trust import MIN_TAIL

CELL = ["dataset", "backbone"]
SCORES = [field.name for field in score_schema.METRICS]
TWIN = "null"
"""The family of the twins, which differ from their reference in chance alone."""

CONTROL = "control"
"""The family of conditions that differ from their reference in the amount of training alone."""

NO_CHOICE = (TWIN, CONTROL)
"""The families that show what chance, or more or less training, does: no choice is among them."""

ALL = "all"
"""In the columns `test_set` and `shift`: the mean over the shifts, each counting the same."""

OF_THE_TAIL = {"alpha", "alpha_weighted", "log_alpha_norm", "num_pl_spikes"}
"""Metrics of the power-law tail, which say little where the tail is short."""

OPTIONAL: dict[str, Any] = {
    "dose": np.nan,
    "comparable_weights": True,
    "pretrained": "",
    "family": "",
    "score": "accuracy",
}
"""Columns of `runs` that a table from elsewhere may lack, and what stands for them."""


@dataclass(frozen=True)
class Effects:
    """Condition minus reference, by seed, on every metric of one dataset and backbone.

    Attributes
    ----------
    dataset, backbone : str
        Their names.
    conditions : pandas.DataFrame
        A row per condition that is not its own reference, in the order of the arrays: condition,
        family, dose, reference, pretrained, and `limitation`, why it has no effects.
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
    counted : mapping
        For every metric which layers count in means over layers, shape (layers,).
    scores : mapping
        For every (test_set, shift, severity, metric) an array of shape (conditions, seeds). A
        severity of None is the mean over severities, a shift `all` the mean over shifts.

    Notes
    -----
    A condition and its reference start from the same weights, so that differences of fine-tuned
    weights are differences of changes. Where either is missing an array holds NaN.
    """

    dataset: str
    backbone: str
    conditions: pd.DataFrame
    comparable: np.ndarray
    seeds: list[int]
    accuracy: str
    layers: pd.DataFrame
    weights: Mapping[tuple[str, str], Array]
    counted: Mapping[str, np.ndarray]
    scores: Mapping[tuple[str, str, int | None, str], Array]

    def within(self, scope: str) -> np.ndarray:
        """Return which layers are in the scope `all` or `body`, shape (layers,)."""
        return np.ones(len(self.layers), bool) if scope == "all" else self._body

    @property
    def _body(self) -> np.ndarray:
        return (self.layers["role"] != "classifier").to_numpy()

    def score(self, shift: str, metric: str) -> Array | None:
        """Return the effect on a score over all shifts (`all`) or on the test set (`none`).

        Shape (conditions, seeds); None where it is not measured.
        """
        key = (ALL, ALL, None) if shift == ALL else ("test", "none", 0)
        return self.scores.get((*key, metric))

    def meant(self, metric: str) -> str:
        """Return the metric that is meant: of an accuracy, that of the study's score."""
        shifted, gap = metric.startswith("shifted_"), metric.endswith("_gap")
        if metric.removeprefix("shifted_").removesuffix("_gap") != "accuracy":
            return metric
        return f"{'shifted_' * shifted}{self.accuracy}{'_gap' * gap}"

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


def whole_layers(effects: Array) -> np.ndarray:
    """Return the layers with which conditions are compared to one another, shape (layers,).

    `effects` has the shape (conditions, seeds, layers). A layer counts that has a value in every
    run: with other layers in each mean, a difference of means is one of layers too. A run without
    any value is one that is not there.
    """
    found = np.isfinite(effects)
    present = found.any(axis=2, keepdims=True)
    whole = np.asarray((found | ~present).all(axis=(0, 1)))
    return whole & bool(present.any())


def about_lacking(counted: np.ndarray, whole: np.ndarray) -> str:
    """Return how many of the layers that count are not among the `whole` ones; empty if all are."""
    lost = (counted & ~whole).sum()
    return f"{lost} of {counted.sum()} layers lack a value in a run" if lost else ""


def effects_of(
    runs: pd.DataFrame, spectra: pd.DataFrame, scores: pd.DataFrame, metrics: Sequence[str]
) -> list[Effects]:
    """Return the effects of every dataset and backbone.

    Parameters
    ----------
    runs, spectra, scores : pandas.DataFrame
        The tables of these names, or any with their identifier columns. `runs` may lack those in
        `OPTIONAL`, `spectra` its stage and its rows of initial weights, and either of `spectra`
        and `scores` may be empty.
    metrics : sequence of str
        Columns of `spectra`.

    Raises
    ------
    ValueError
        If a column is missing, or a run is there twice: in `runs`, or for a layer or test set.
    """
    runs = runs.assign(
        **{name: default for name, default in OPTIONAL.items() if name not in runs.columns}
    )
    if "stage" not in spectra.columns:
        spectra = spectra.assign(stage="finetuned")
    _need(runs, "runs", [*CELL, "condition", "seed", "reference"])
    _no_run_twice(runs, runs.duplicated([*CELL, "condition", "seed"]).to_numpy())
    if len(spectra):
        _need(spectra, "spectra", [*CELL, "condition", "seed", "layer", "role", *metrics])
    if len(scores):
        _need(scores, "scores", [*CELL, "condition", "seed", "test_set", "shift", "severity"])
    return [
        _of_cell(cell, part, _rows(spectra, cell, part), _rows(scores, cell), metrics)
        for cell, part in runs.groupby(CELL, sort=False)
    ]


def _need(table: pd.DataFrame, name: str, columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise ValueError(f"the table {name} lacks the columns {', '.join(missing)}")


def _no_run_twice(rows: pd.DataFrame, twice: np.ndarray) -> None:
    if twice.any():
        dataset, backbone, condition, seed = rows.loc[twice, [*CELL, "condition", "seed"]].iloc[0]
        raise ValueError(
            f"the run of {condition} with seed {seed} ({dataset}, {backbone}) is there twice;"
            " keep one"
        )


def _rows(table: pd.DataFrame, cell: Any, runs: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the rows of one dataset and backbone, with the initial weights of comparable runs."""
    if not len(table):
        return table
    found = table["backbone"] == cell[1]
    if runs is not None and "initial" in runs.columns:
        initial = runs.loc[runs["comparable_weights"].astype(bool), "initial"]
        found |= (table["stage"] == "init") & table["backbone"].isin(set(initial))
    rows: pd.DataFrame = table[(table["dataset"] == cell[0]) & found]
    return rows


def _of_cell(
    cell: Any,
    runs: pd.DataFrame,
    spectra: pd.DataFrame,
    scores: pd.DataFrame,
    metrics: Sequence[str],
) -> Effects:
    about = runs.drop_duplicates("condition")
    names, seeds = list(about["condition"]), sorted(int(seed) for seed in runs["seed"].unique())
    compared = about[about["condition"] != about["reference"]]
    place = pd.Index(names)
    one = place.get_indexer(pd.Index(compared["condition"]))
    other = place.get_indexer(pd.Index(compared["reference"]))
    missing = other < 0
    comparable = compared["comparable_weights"].to_numpy(bool)

    def difference(values: Array, meaningful: np.ndarray) -> Array:
        found: Array = np.subtract(values[one], values[other])
        found[missing | ~meaningful] = np.nan
        return found

    trained = spectra[spectra["stage"] != "init"] if len(spectra) else spectra
    layers = (
        trained[["layer", "role"]].drop_duplicates("layer").reset_index(drop=True)
        if len(trained)
        else pd.DataFrame({"layer": [], "role": []}, dtype=object)
    )
    weights = {
        (str(stage), metric): difference(values[..., i], comparable)
        for stage, part in (trained.groupby("stage", sort=False) if len(trained) else ())
        for values in [_array(part, names, seeds, "layer", list(layers["layer"]), metrics)]
        for i, metric in enumerate(metrics)
    }
    always = np.ones(len(compared), bool)
    reason = np.where(missing, "its reference " + compared["reference"] + " has no runs", "")
    columns = ["condition", "family", "dose", "reference", "pretrained"]
    return Effects(
        dataset=cell[0],
        backbone=cell[1],
        conditions=compared[columns].assign(limitation=reason).reset_index(drop=True),
        comparable=comparable,
        seeds=seeds,
        accuracy=str(about["score"].iloc[0]),
        layers=layers,
        weights=weights,
        counted={metric: _counted(metric, spectra, layers) for metric in metrics},
        scores={key: difference(values, always) for key, values in _scores(scores, names, seeds)},
    )


def _array(
    rows: pd.DataFrame,
    names: list[str],
    seeds: list[int],
    key: str,
    keys: list[Any],
    metrics: Sequence[str],
) -> Array:
    """Return the metrics as an array of shape (conditions, seeds, keys, metrics)."""
    places = [
        pd.Index(known).get_indexer(pd.Index(rows[column]))
        for column, known in (("condition", names), ("seed", seeds), (key, keys))
    ]
    known = np.all([place >= 0 for place in places], axis=0)
    at = tuple(place[known] for place in places)
    shape = (len(names), len(seeds), len(keys))
    _no_run_twice(rows[known], pd.Index(np.ravel_multi_index(at, shape)).duplicated())
    values = np.full((*shape, len(metrics)), np.nan)
    values[at] = rows.loc[known, list(metrics)].to_numpy(float, na_value=np.nan)
    return values


def _counted(metric: str, spectra: pd.DataFrame, layers: pd.DataFrame) -> np.ndarray:
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


def _scores(
    scores: pd.DataFrame, names: list[str], seeds: list[int]
) -> Iterator[tuple[tuple[str, str, int | None, str], Array]]:
    """Yield each metric on each test set, on each shift, and on all of them."""
    metrics = [metric for metric in SCORES if metric in scores.columns]
    if not len(scores) or not metrics:
        return
    place = ["test_set", "shift", "severity"]
    sets = scores[place].drop_duplicates()
    number = scores.merge(sets.assign(set=range(len(sets))), on=place)
    values = _array(number, names, seeds, "set", list(range(len(sets))), metrics)
    keys = list(sets.itertuples(index=False, name=None))
    per_shift: dict[tuple[str, str], list[int]] = {}
    for i, (test_set, shift, _) in enumerate(keys):
        if shift != "none":
            per_shift.setdefault((test_set, shift), []).append(i)
    for m, metric in enumerate(metrics):
        for i, (test_set, shift, severity) in enumerate(keys):
            yield (test_set, shift, int(severity), metric), values[:, :, i, m]
        means = {key: values[:, :, of, m].mean(axis=2) for key, of in per_shift.items()}
        for (test_set, shift), mean in means.items():
            yield (test_set, shift, None, metric), mean
        if means:
            yield (ALL, ALL, None, metric), np.mean(list(means.values()), axis=0)
