"""Effects of the conditions on weights and scores, paired by seed: the table `comparisons`."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from weightscape.comparison.paired import holm, paired_effect
from weightscape.schemas import comparisons, scores
from weightscape.table import from_rows

CELL = ["dataset", "backbone"]
SCORE_METRICS = [field.name for field in scores.METRICS]
ALL_SHIFTS = "all"
"""The word in the column `shift` for the mean over the shifts, each counting the same."""


def compare(
    runs: pd.DataFrame,
    spectra: pd.DataFrame,
    scores: pd.DataFrame,
    metrics: Sequence[str],
) -> pa.Table:
    """Return the effect of every condition that is not its own reference.

    Parameters
    ----------
    runs, spectra, scores : pandas.DataFrame
        The tables of these names.
    metrics : sequence of str
        Columns of `spectra` to compare.

    Returns
    -------
    pyarrow.Table
        The table `comparisons`. Runs that start from other weights than their reference have
        rows for scores only.

    Notes
    -----
    A run's statistic is the mean, over the layers of the scope, of its difference from the
    reference's run of the same seed; the replicate is the seed, never the layer. Both start from
    the same weights, so that differences of fine-tuned weights are differences of changes.
    """
    weights = _weight_statistics(runs, spectra, metrics)
    results = _score_statistics(runs, scores)
    what = [f.name for f in comparisons.SCHEMA if f.name in {*weights.columns, *results.columns}]
    statistics = pd.concat([weights, results], ignore_index=True)[[*what, "seed", "difference"]]
    rows = [
        {
            **dict(zip(what, key, strict=True)),
            **paired_effect(group["difference"].to_numpy())._asdict(),
        }
        for key, group in statistics.groupby(what, dropna=False, sort=False)
    ]
    for row, corrected in zip(rows, _holm_within(rows), strict=True):
        row["p_holm"] = corrected
    return from_rows([_plain(row) for row in rows], comparisons.SCHEMA)


def _weight_statistics(
    runs: pd.DataFrame, spectra: pd.DataFrame, metrics: Sequence[str]
) -> pd.DataFrame:
    trained = spectra[spectra["stage"] != "init"]
    key = [*CELL, "stage", "layer", "role"]
    pairs = _pairs(runs[runs["comparable_weights"]], trained, key, metrics)
    scopes = {
        "all": pairs.assign(layer="", role=""),
        "body": pairs[pairs["role"] != "classifier"].assign(layer="", role=""),
        "role": pairs.assign(layer=""),
        "layer": pairs,
    }
    named = pd.concat([part.assign(scope=scope) for scope, part in scopes.items()])
    return _mean_per_seed(named).assign(test_set="", shift="", severity=None)


def _score_statistics(runs: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    key = [*CELL, "test_set", "shift", "severity"]
    pairs = _pairs(runs, scores, key, SCORE_METRICS)
    pairs = pairs.assign(scope="scores", stage="", layer="", role="")
    shifted = pairs[pairs["shift"] != "none"].assign(severity=None)
    per_shift = _mean_per_seed(shifted)
    over_shifts = _mean_per_seed(per_shift.assign(shift=ALL_SHIFTS))
    return pd.concat([pairs, per_shift, over_shifts], ignore_index=True)


def _pairs(
    runs: pd.DataFrame, values: pd.DataFrame, key: list[str], metrics: Sequence[str]
) -> pd.DataFrame:
    """Return condition minus reference for every seed, `key` and metric, a row each."""
    long = values.melt(
        [*key, "condition", "seed"], list(metrics), var_name="metric", value_name="value"
    )
    about = [*CELL, "condition", "seed", "family", "dose", "reference"]
    compared = runs.loc[runs["condition"] != runs["reference"], about]
    paired = compared.merge(long, on=[*CELL, "condition", "seed"]).merge(
        long.rename(columns={"condition": "reference"}),
        on=[*key, "reference", "seed", "metric"],
        suffixes=("", "_reference"),
    )
    return paired.assign(difference=paired["value"] - paired["value_reference"]).drop(
        columns=["value", "value_reference"]
    )


def _mean_per_seed(pairs: pd.DataFrame) -> pd.DataFrame:
    key = [name for name in pairs.columns if name != "difference"]
    return pairs.groupby(key, dropna=False, sort=False)["difference"].mean().reset_index()


def _holm_within(rows: list[dict[str, Any]]) -> Iterator[float]:
    """Yield the corrected p of each row; the conditions, but twins, share a family of tests."""
    frame = pd.DataFrame(rows)
    family = [
        "dataset",
        "backbone",
        "scope",
        "role",
        "layer",
        "stage",
        "metric",
        "test_set",
        "shift",
        "severity",
    ]
    # A twin tests the method, not a condition.
    p = frame["p"].astype(float).where(frame["family"] != "null")
    yield from p.groupby([frame[name] for name in family], dropna=False).transform(
        lambda group: holm(group.to_numpy())
    )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with None in place of the missing values of pandas."""
    return {
        name: None if value is None or (isinstance(value, float) and np.isnan(value)) else value
        for name, value in row.items()
    }
