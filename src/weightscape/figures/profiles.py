"""What training changed, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, WithJsonSchema

from weightscape.spectra.metrics import METRICS, SINCE_START

if TYPE_CHECKING:
    import pandas as pd

LAYER_METRICS = tuple(metric.name for metric in METRICS if metric.is_number)
"""Columns of the spectra that are numbers: a figure that reads them there needs no comparison."""


def _is_number(name: str) -> str:
    if name not in LAYER_METRICS:
        raise ValueError(f"{name!r} is no number in the spectra: {', '.join(LAYER_METRICS)}")
    return name


LayerMetric = Annotated[
    str,
    AfterValidator(_is_number),
    WithJsonSchema({"enum": list(LAYER_METRICS), "type": "string"}),
]

COLUMNS = ("condition", "family", "dose", "reference", "seed", "layer", "role", "block", "position")


def changes(spectra: pd.DataFrame, runs: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return the change of every metric in every layer of every run: fine-tuned minus initial.

    Parameters
    ----------
    spectra : pandas.DataFrame
        The study's spectra, initial networks included.
    runs : pandas.DataFrame
        The runs to look at, of one dataset and backbone. Those whose weights are not comparable
        with their reference's are left out.
    metrics : sequence of str
        Columns of `spectra`.

    Returns
    -------
    pandas.DataFrame
        One row per run, layer and metric, with the run's condition, family, dose, reference and
        seed; the layer, its role, its block and its position (0 for the first of the network); the
        metric and its change, missing where either side is.
    """
    runs = runs[runs["comparable_weights"]]
    layer, values = ["layer", "role", "block"], list(metrics)
    tuned = spectra[spectra["stage"] == "finetuned"].merge(
        runs[
            ["dataset", "backbone", "condition", "seed", "family", "dose", "reference", "initial"]
        ],
        on=["dataset", "backbone", "condition", "seed"],
    )
    initial = spectra.loc[
        spectra["stage"] == "init", ["dataset", "backbone", "seed", "layer", *values]
    ].rename(columns={"backbone": "initial"})
    both = tuned.merge(
        initial,
        on=["dataset", "initial", "seed", "layer"],
        how="left",
        suffixes=("", "_init"),
        validate="many_to_one",
    )
    for metric in values:
        before = both.pop(f"{metric}_init").astype(float)
        both[metric] = both[metric].astype(float) - (0 if metric in SINCE_START else before)
    order = both[layer].drop_duplicates("layer").sort_values("block", kind="stable")["layer"]
    both["position"] = both["layer"].map({name: i for i, name in enumerate(order)}).astype(int)
    return both.melt(
        id_vars=list(COLUMNS), value_vars=values, var_name="metric", value_name="change"
    )
