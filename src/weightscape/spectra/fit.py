"""The tables `spectra` and `eigenvalues` of one network."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from weightscape.config.run import RunId
from weightscape.config.spectra import DEFAULTS, Forms, Spectra
from weightscape.layers.extract import read_layer_matrices, read_layer_matrix
from weightscape.seeds import seed_for
from weightscape.spectra.change import Start
from weightscape.spectra.forms import in_forms
from weightscape.spectra.initial_vectors import read_initial_vectors
from weightscape.spectra.rounding import bound_rounding
from weightscape.spectra.stream import Layer, analyse_layers
from weightscape.spectra.table import SCHEMA as SPECTRA
from weightscape.tables import table
from weightscape.tables.eigenvalues import OVERLAPS
from weightscape.tables.eigenvalues import SCHEMA as EIGENVALUES


class Initial(NamedTuple):
    """The files of the network that another one starts from.

    Attributes
    ----------
    weights, eigenvalues : str or Path
        The tables of these names.
    vectors : str or Path or None
        What `write_initial_vectors` has written; they are computed anew where None.
    """

    weights: str | Path
    eigenvalues: str | Path
    vectors: str | Path | None = None


def fit_spectra(
    weights_path: str | Path,
    initial: Initial | None,
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
    initial : Initial or None
        The network that it started from. None says that the network is an initial one: its rows
        are of the stage `init`; otherwise every layer has a row of the stage `finetuned` and one
        of the stage `delta`.
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
    layers = read_layers(weights_path, initial, options.form)
    seed = seed_for("spectra", *run)
    for layer, analysis in analyse_layers(layers, options, threads, seed):
        if layer["stage"] == "init":  # its own tail is the initial one
            analysis.columns["alpha_fixed_k"] = analysis.columns["alpha"]
        keys = {**run._asdict(), **layer}
        spectra_rows.append(keys | analysis.columns)
        keys.pop("layer_type")
        kept = {name: analysis.overlaps.get(name) for name in OVERLAPS}
        eigenvalue_rows.append(keys | {"values": analysis.eigenvalues} | kept)
    for path, rows, schema in zip(
        outputs, (spectra_rows, eigenvalue_rows), (SPECTRA, EIGENVALUES), strict=True
    ):
        table.write(path, table.from_rows(rows, schema), schema, provenance)


def read_layers(
    weights_path: str | Path, initial: Initial | None, asked: Forms, with_delta: bool = True
) -> Iterator[Layer]:
    """Give the layer matrices of every stage and form, with both among their identifiers.

    Parameters
    ----------
    weights_path, initial
        As of `fit_spectra`.
    asked : {"pooled", "unfolded", "both"}
        The forms that are asked for.
    with_delta : bool, optional
        Whether there is a stage delta where there is an initial network.
    """
    if initial is None:
        for about, values in read_layer_matrices(weights_path):
            layer = Layer({**about, "stage": "init"}, values, about["layer_type"])
            yield from in_forms(layer, asked)
        return
    known = _read_eigenvalues(initial.eigenvalues)
    with pq.ParquetFile(initial.weights) as before:
        names = before.read(columns=["layer"])["layer"].to_pylist()
        index_of = {name: index for index, name in enumerate(names)}
        for about, values in read_layer_matrices(weights_path):
            start = None
            if (name := about["layer"]) in index_of:
                entries = read_layer_matrix(before, index_of[name])[1]
                vectors = initial.vectors and read_initial_vectors(initial.vectors, name)
                start = Start(entries, vectors=vectors or None)
            tuned = Layer({**about, "stage": "finetuned"}, values, about["layer_type"], start)
            yield from in_forms(tuned, asked, known.get(name, {}))
            if not with_delta:
                continue
            delta = _subtract({**about, "stage": "delta"}, values, start and start.values)
            yield from in_forms(delta, asked)


def _read_eigenvalues(path: str | Path) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Return the eigenvalues of a network by layer and form."""
    found: dict[str, dict[str, NDArray[np.float64]]] = {}
    columns = table.read(path, ["layer", "form", "values"])
    names = columns.drop_columns(["values"]).to_pylist()
    for name, values in zip(names, columns["values"], strict=True):
        found.setdefault(name["layer"], {})[name["form"]] = values.values.to_numpy()
    return found


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
        kept = bound_rounding(values, (values.dtype.name, start.dtype.name), start)
        return Layer(about, difference, about["layer_type"], rounding=kept)
    return Layer(about, values, about["layer_type"], obstacle=obstacle)
