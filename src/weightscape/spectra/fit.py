"""The tables `spectra` and `eigenvalues` of one network."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from weightscape import table
from weightscape.layers.extract import read_layer_matrices, read_layer_matrix
from weightscape.schemas import eigenvalues, spectra
from weightscape.spectra.engine import Analysis, analyse, failed


def fit_spectra(
    weights_path: str | Path,
    initial_path: str | Path | None,
    identifiers: Mapping[str, Any],
    outputs: tuple[str | Path, str | Path],
    provenance: Mapping[str, Any],
) -> None:
    """Analyse every layer matrix of a network, and its change if the initial one is given.

    One layer is in memory at a time.

    Parameters
    ----------
    weights_path : str or Path
        The table `weights` of the network.
    initial_path : str or Path or None
        The table `weights` of the network that it started from. None says that the network is an
        initial one: its rows are of the stage `init`; otherwise every layer has a row of the
        stage `finetuned` and one of the stage `delta`.
    identifiers : mapping
        `dataset`, `backbone`, `condition` and `seed`.
    outputs : tuple of str or Path
        Where the tables `spectra` and `eigenvalues` go.
    provenance : mapping
        Kept in the metadata of both.
    """
    spectra_rows, eigenvalue_rows = [], []
    for layer, stage, analysis in _analyses(weights_path, initial_path):
        keys = {**identifiers, "stage": stage}
        spectra_rows.append(keys | layer | analysis.columns)
        names = {name: layer[name] for name in ("layer", "role", "block")}
        eigenvalue_rows.append(keys | names | {"values": analysis.eigenvalues})
    for path, rows, schema in zip(
        outputs, (spectra_rows, eigenvalue_rows), (spectra.SCHEMA, eigenvalues.SCHEMA), strict=True
    ):
        table.write(path, table.from_rows(rows, schema), schema, provenance)


def _analyses(
    weights_path: str | Path, initial_path: str | Path | None
) -> Iterator[tuple[dict[str, Any], str, Analysis]]:
    """Give the identifiers of a layer, a stage and the analysis."""
    if initial_path is None:
        for layer, values in read_layer_matrices(weights_path):
            yield layer, "init", analyse(values, layer["layer_type"])
        return
    with pq.ParquetFile(initial_path) as initial:
        names = initial.read(columns=["layer"])["layer"].to_pylist()
        index_of = {name: index for index, name in enumerate(names)}
        for layer, values in read_layer_matrices(weights_path):
            yield layer, "finetuned", analyse(values, layer["layer_type"])
            index = index_of.get(layer["layer"])
            start = None if index is None else read_layer_matrix(initial, index)[1]
            yield layer, "delta", _change(values, start, layer["layer_type"])


def _change(
    values: NDArray[np.float32], start: NDArray[np.float32] | None, layer_type: str
) -> Analysis:
    """Return the analysis of `values` − `start`."""
    if start is None:
        return failed(values.shape, "the initial network has no such layer")
    if start.shape != values.shape:
        return failed(values.shape, f"the initial layer has the shape {start.shape}")
    with np.errstate(invalid="ignore"):  # inf − inf, which the analysis reports
        return analyse(np.subtract(values, start, dtype=np.float64), layer_type)
