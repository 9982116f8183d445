"""The data of the report's explorer: spectra of the first seed, and a metric of every run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from weightscape.comparison.metrics import metrics_of
from weightscape.comparison.quantities import MEAN, find_accuracies, find_score
from weightscape.config.score import WORDS
from weightscape.figures.style import DECADES, INITIAL, list_conditions, marker

NETWORKS = 60
"""Conditions per dataset and backbone whose spectra are shown."""

LAYERS = 120
"""Layers per dataset and backbone."""

VALUES = 60_000
"""Runs times layers per dataset and backbone: a study of many runs shows fewer layers."""

BINS = 40
"""Bars per spectrum."""

FITS = tuple(metric.name for metric in metrics_of("spectra") if metric.drawn)
"""What the explorer draws curves from, or says of a spectrum."""

SYMBOLS = {
    "o": "circle", "s": "square", "v": "triangle-down", "D": "diamond", "^": "triangle-up",
    "P": "cross", "X": "x", "p": "pentagon", "d": "diamond-tall", "h": "hexagon", "H": "hexagon2",
    "*": "star", "<": "triangle-left",
}  # fmt: skip
"""Plotly's names for matplotlib's markers."""

PANELS = (("init", "finetuned"), ("delta",))
"""Stages that share their bars."""

STAGES = ("finetuned", "delta")

Spectra = Mapping[tuple[str, str, str, str, str], NDArray[np.float64]]
"""Eigenvalues by dataset, backbone, condition, stage and layer."""


class Network(NamedTuple):
    """A network whose spectra are shown: of initial weights the condition is ``init``."""

    dataset: str
    backbone: str
    condition: str
    seed: int

    @property
    def name(self) -> str:
        """What it is called in the data: the condition, or the initial network after ``init``."""
        return f"init {self.backbone}" if self.condition == "init" else self.condition


class Cell(NamedTuple):
    """What is shown of one dataset and backbone."""

    runs: pd.DataFrame
    trained: pd.DataFrame
    conditions: pd.DataFrame
    networks: list[Network]
    layers: pd.DataFrame
    left_out: str


def explorer_data(
    tables: Mapping[str, pd.DataFrame], eigenvalues: Iterable[pa.Table], metrics: Sequence[str]
) -> dict[str, Any]:
    """Return what the explorer shows, as JSON values.

    Parameters
    ----------
    tables : mapping
        The tables runs, spectra and scores; of a layer `spectra` has one form.
    eigenvalues : iterable of pyarrow.Table
        Under the schema `eigenvalues`, in any number of parts; only those of the first seed and of
        the forms in `spectra` are used.
    metrics : sequence of str
        Columns of `spectra` that can be picked.

    Returns
    -------
    dict
        `cells`, one per dataset and backbone, and what they share. Numbers are rounded; None is
        a missing one. A spectrum is a list of counts in bars of equal width in
        log10, between the `edges` of its layer and panel.
    """
    cells = [
        _cell(runs.reset_index(drop=True), tables["spectra"])
        for _, runs in tables["runs"].groupby(["dataset", "backbone"], sort=False)
    ]
    wanted = {network for cell in cells for network in cell.networks}
    spectra = dict(_read(eigenvalues, wanted, set(tables["spectra"]["form"])))
    fits = dict(_fits(tables["spectra"], wanted))
    return {
        "fits": list(FITS),
        "metrics": list(metrics),
        "score": WORDS[find_score(tables["runs"])],
        "initial_colour": INITIAL,
        "cells": [_data(cell, tables["scores"], spectra, fits, metrics) for cell in cells],
    }


def _cell(runs: pd.DataFrame, spectra: pd.DataFrame) -> Cell:
    """Choose the networks and layers to show: references first, layers evenly over the network."""
    dataset, backbone = runs["dataset"].iloc[0], runs["backbone"].iloc[0]
    here = (spectra["dataset"] == dataset) & (spectra["backbone"] == backbone)
    trained = spectra[here & spectra["stage"].isin(STAGES)]
    ordered = list_conditions(runs)
    references = set(runs["reference"])
    names = sorted(ordered["condition"], key=lambda name: name not in references)[:NETWORKS]
    seed = int(runs["seed"].min())
    initials = runs.loc[runs["condition"].isin(names), "initial"].unique()
    networks = [Network(dataset, name, "init", seed) for name in initials]
    networks += [Network(dataset, backbone, name, seed) for name in names]
    layers = trained[["layer", "role"]].drop_duplicates("layer")
    most = min(LAYERS, max(1, VALUES // len(runs)), len(layers))
    kept = layers.iloc[np.linspace(0, len(layers) - 1, most).round().astype(int)]
    notes = []
    if len(names) < len(ordered):
        notes.append(f"the spectra of {len(ordered) - len(names)} of {len(ordered)} conditions")
    if most < len(layers):
        notes.append(f"{len(layers) - most} of {len(layers)} layers, evenly over the network")
    left_out = f"Left out for size: {' and '.join(notes)}." if notes else ""
    return Cell(runs, trained, ordered, networks, kept, left_out)


def _read(
    eigenvalues: Iterable[pa.Table], wanted: set[Network], forms: set[str]
) -> Iterator[tuple[tuple[str, str, str, str, str], NDArray[np.float64]]]:
    for part in eigenvalues:
        for i, row in enumerate(part.drop_columns(["values"]).to_pylist()):
            network = Network(*(row[name] for name in Network._fields))
            if network in wanted and row["form"] in forms:
                values = part["values"][i].values.to_numpy(zero_copy_only=False)
                yield (*network[:3], row["stage"], row["layer"]), values


def _fits(
    spectra: pd.DataFrame, wanted: set[Network]
) -> Iterator[tuple[tuple[str, str, str, str, str], list[Any]]]:
    seeds = {network.seed for network in wanted}
    first = spectra[spectra["seed"].isin(seeds)]
    keys = first[["dataset", "backbone", "condition", "seed", "stage", "layer"]]
    for key, values in zip(
        keys.itertuples(index=False, name=None),
        first[list(FITS)].itertuples(index=False, name=None),
        strict=True,
    ):
        if Network(*key[:4]) in wanted:
            yield (*key[:3], *key[4:]), [_short(value) for value in values]


def _data(
    cell: Cell,
    scores: pd.DataFrame,
    spectra: Spectra,
    fits: Mapping[tuple[str, str, str, str, str], list[Any]],
    metrics: Sequence[str],
) -> dict[str, Any]:
    """Return a cell as JSON values."""
    first = cell.networks[-1]
    drawn, edges = {}, {}
    for layer in cell.layers["layer"]:
        for panel in PANELS:
            keys = {
                _key(network.name, stage, layer): (*network[:3], stage, layer)
                for network in cell.networks
                for stage in panel
            }
            there = {name: key for name, key in keys.items() if key in spectra}
            ends = _ends([spectra[key] for key in there.values()])
            if ends is not None:
                edges[_key(panel[-1], layer)] = ends
                for name, key in there.items():
                    drawn[name] = [_bars(spectra[key], ends), fits.get(key)]
    shown = {network.condition for network in cell.networks}
    about = {row["condition"]: row for row in cell.runs.to_dict("records")}
    return {
        "name": f"{first.backbone} on {first.dataset}",
        "seed": first.seed,
        "layers": cell.layers.to_dict("records"),
        "conditions": [
            {
                "name": row.condition,
                "family": row.family,
                "colour": row.shade,
                "symbol": SYMBOLS[marker(str(row.family))],
                "initial": f"init {about[row.condition]['initial']}",
                "comparable": bool(about[row.condition]["comparable_weights"]),
                "shown": row.condition in shown,
            }
            for row in cell.conditions.itertuples()
        ],
        "checked": _checked(cell, shown),
        "edges": edges,
        "spectra": drawn,
        "runs": _runs(cell, scores, metrics),
        "left_out": cell.left_out,
    }


def _checked(cell: Cell, shown: set[str]) -> list[str]:
    """Return the conditions to begin with: a reference and the strongest dropout, or another."""
    of_shown = cell.conditions[cell.conditions["condition"].isin(shown)]
    is_reference = of_shown["condition"].isin(cell.runs["reference"])
    others = of_shown[~is_reference & ~of_shown["is_twin"]]
    dropout = others[others["family"] == "dropout"]
    chosen = dropout if len(dropout) else others
    return [*of_shown["condition"][is_reference][:1], *chosen["condition"][-1:]]


def _runs(cell: Cell, scores: pd.DataFrame, metrics: Sequence[str]) -> dict[str, Any]:
    """Return every run: condition, seed, scores, and values by stage, layer and metric."""
    keys = cell.runs[["condition", "seed"]]
    accuracy = find_accuracies(scores, cell.runs)
    accuracy = keys.merge(accuracy[accuracy["shift"] == MEAN], on=list(keys), how="left")
    index = pd.MultiIndex.from_frame(keys)
    places = {name: i for i, name in enumerate(cell.conditions["condition"])}
    values = {}
    for stage in STAGES:
        of_stage = cell.trained[cell.trained["stage"] == stage]
        by_layer = dict(iter(of_stage.groupby("layer")))
        values[stage] = [
            [
                [_short(value, 6) for value in column]
                for column in by_layer[layer]
                .set_index(list(keys))[list(metrics)]
                .reindex(index)
                .to_numpy(float)
                .T
            ]
            if layer in by_layer
            else None
            for layer in cell.layers["layer"]
        ]
    return {
        "condition": [places[name] for name in keys["condition"]],
        "seed": [int(seed) for seed in keys["seed"]],
        "shifted": [_short(value) for value in accuracy["shifted"]],
        "iid": [_short(value) for value in accuracy["iid"]],
        "values": values,
    }


def _key(*parts: str) -> str:
    return "\n".join(parts)


def _ends(spectra: Sequence[NDArray[np.float64]]) -> tuple[float, float] | None:
    """Return the common ends of the bars of several spectra, as log10; None without a bar."""
    pooled = np.concatenate([np.empty(0), *spectra])
    drawn = np.log10(pooled[pooled > 0])
    if not drawn.size:
        return None
    top = float(drawn.max())
    bottom = min(max(float(drawn.min()), top - DECADES), top - 0.1)
    # Outwards to two decimals, so that the largest and the smallest are within.
    return float(np.floor(bottom * 100) / 100), float(np.ceil(top * 100) / 100)


def _bars(values: NDArray[np.float64], ends: tuple[float, float]) -> list[int]:
    counts, _ = np.histogram(np.log10(values[values > 0]), BINS, ends)
    return [int(count) for count in counts]


def _short(value: Any, digits: int = 4) -> Any:
    """Return a number with so many significant digits, a truth value as it is; None if missing."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    number = float(f"{float(value):.{digits}g}")
    return number if np.isfinite(number) else None
