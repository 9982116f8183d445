"""The tables `spectra` and `eigenvalues` of one network."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from weightscape.config.run import RunId
from weightscape.config.spectra import DEFAULTS, Spectra
from weightscape.layers.extract import read_layer_matrices, read_layer_matrix
from weightscape.seeds import seed_for
from weightscape.spectra.change import Start
from weightscape.spectra.stream import Layer, analyse_layers
from weightscape.spectra.table import SCHEMA as SPECTRA
from weightscape.tables import table
from weightscape.tables.eigenvalues import SCHEMA as EIGENVALUES


def fit_spectra(
    weights_path: str | Path,
    initial_paths: tuple[str | Path, str | Path] | None,
    run: RunId,
    outputs: tuple[str | Path, str | Path],
    provenance: Mapping[str, Any],
    options: Spectra = DEFAULTS,
    threads: int = 1,
) -> None:
    """Analyse every layer matrix of a network, and its change if the initial one is given.

    A few layers are in memory at a time.

    Parameters
    ----------
    weights_path : str or Path
        The table `weights` of the network.
    initial_paths : tuple of str or Path, or None
        The tables `weights` and `eigenvalues` of the network that it started from. None says that
        the network is an initial one: its rows are of the stage `init`; otherwise every layer has
        a row of the stage `finetuned` and one of the stage `delta`.
    run : RunId
        Whose network it is; the draws depend on all of it.
    outputs : tuple of str or Path
        Where the tables `spectra` and `eigenvalues` go.
    provenance : mapping
        Kept in the metadata of both.
    options : Spectra, optional
        Which of the costly quantities are computed.
    threads : int, optional
        Cores to use.
    """
    spectra_rows, eigenvalue_rows = [], []
    layers = _read_layers(weights_path, initial_paths)
    seed = seed_for("spectra", *run)
    for layer, analysis in analyse_layers(layers, options, threads, seed):
        keys = {**run._asdict(), **layer}
        spectra_rows.append(keys | analysis.columns)
        keys.pop("layer_type")
        eigenvalue_rows.append(keys | {"values": analysis.eigenvalues})
    for path, rows, schema in zip(
        outputs, (spectra_rows, eigenvalue_rows), (SPECTRA, EIGENVALUES), strict=True
    ):
        table.write(path, table.from_rows(rows, schema), schema, provenance)


def _read_layers(
    weights_path: str | Path, initial_paths: tuple[str | Path, str | Path] | None
) -> Iterator[Layer]:
    """Give the layer matrices of every stage, with the stage among their identifiers."""
    if initial_paths is None:
        for about, values in read_layer_matrices(weights_path):
            yield Layer({**about, "stage": "init"}, values, about["layer_type"])
        return
    known = table.read(initial_paths[1], ["layer", "values"])
    eigenvalues_of = dict(zip(known["layer"].to_pylist(), known["values"], strict=True))
    with pq.ParquetFile(initial_paths[0]) as initial:
        names = initial.read(columns=["layer"])["layer"].to_pylist()
        index_of = {name: index for index, name in enumerate(names)}
        for about, values in read_layer_matrices(weights_path):
            start = None
            if (name := about["layer"]) in index_of:
                start = Start(
                    read_layer_matrix(initial, index_of[name])[1],
                    eigenvalues_of[name].values.to_numpy(),
                )
            yield Layer({**about, "stage": "finetuned"}, values, about["layer_type"], start)
            yield _subtract({**about, "stage": "delta"}, values, start and start.values)


def _subtract(
    about: dict[str, Any], values: NDArray[np.float32], start: NDArray[np.generic] | None
) -> Layer:
    """Return the layer matrix `values` − `start`."""
    if start is None:
        obstacle = "the initial network has no such layer"
    elif start.shape != values.shape:
        obstacle = f"the initial layer has the shape {start.shape}"
    else:
        with np.errstate(invalid="ignore"):  # inf − inf, which the analysis reports
            difference = np.subtract(values, start, dtype=np.float64)
        return Layer(about, difference, about["layer_type"])
    return Layer(about, values, about["layer_type"], obstacle=obstacle)
