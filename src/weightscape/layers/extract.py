"""The weights of a network as a table with a row per layer matrix."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import FLOATING
from weightscape.checkpoints.safetensors_file import open_safetensors
from weightscape.layers.catalogue import LayerMatrix, catalogue, matrix
from weightscape.tables import table
from weightscape.tables.identifiers import LAYER
from weightscape.tables.weights import SCHEMA

_IDENTIFIERS = (*(field.name for field in LAYER), "layer_type")


def extract_weights(
    model_path: str | Path, output_path: str | Path, provenance: Mapping[str, Any]
) -> None:
    """Write the layer matrices of a checkpoint as the table `weights`, one row group per row.

    One parameter is in memory at a time.

    Parameters
    ----------
    model_path : str or Path
        A safetensors file that `weightscape.network.saved.save_network` has written; its
        metadata names the classifier module, and the convolutions that have groups.
    output_path : str or Path
        Where the table goes.
    provenance : mapping
        Kept in the table's metadata.

    Raises
    ------
    CheckpointError
        If the file is no safetensors file.
    ValueError
        If the metadata does not name the classifier, or a weight is not of floating point.
    """
    table.write(
        output_path,
        _make_rows(Path(model_path)),
        SCHEMA,
        provenance,
        # Weights hardly repeat; their bytes, sorted by significance, compress better.
        use_dictionary=False,
        use_byte_stream_split=["values.list.element"],
        write_statistics=False,
    )


def read_layer_matrices(
    path: str | Path,
) -> Iterator[tuple[dict[str, Any], NDArray[np.float32]]]:
    """Give the layer matrices of a table `weights`, one in memory at a time.

    Parameters
    ----------
    path : str or Path
        A table that `extract_weights` has written.

    Yields
    ------
    identifiers : dict
        `layer`, `role`, `block` and `layer_type`.
    values : ndarray of float32
        The entries (slices, rows, cols).
    """
    with pq.ParquetFile(path) as file:
        for index in range(file.num_row_groups):
            yield read_layer_matrix(file, index)


def read_layer_matrix(
    file: pq.ParquetFile, index: int
) -> tuple[dict[str, Any], NDArray[np.float32]]:
    """Return the layer matrix in row group `index` of an open table `weights`.

    Returns
    -------
    identifiers : dict
        `layer`, `role`, `block` and `layer_type`.
    values : ndarray of float32
        The entries (slices, rows, cols).
    """
    row = file.read_row_group(index)
    identifiers = row.select(_IDENTIFIERS).to_pylist()[0]
    values = row["values"].chunk(0).flatten().to_numpy(zero_copy_only=True)
    return identifiers, values.reshape(row["shape"][0].as_py())


def _make_rows(path: Path) -> Iterator[pa.Table]:
    checkpoint = open_safetensors(path)
    if checkpoint.classifier is None:
        raise ValueError(f"{path}: the metadata does not say what the network is")
    stored = checkpoint.parameters
    shapes = {name: about.shape for name, about in stored.items()}
    for layer in catalogue(shapes, checkpoint.classifier, checkpoint.groups).layers:
        name = layer.parameter
        dtype = stored[name].dtype
        if dtype not in FLOATING:
            raise ValueError(f"{path}: {name} is {dtype}; a weight must be of floating point")
        yield _make_row(layer, matrix(stored[name].read(), layer), dtype)


def _make_row(layer: LayerMatrix, values: NDArray[np.floating], dtype: str) -> pa.Table:
    columns = {
        "layer": [layer.layer],
        "role": [layer.role],
        "block": [layer.block],
        "layer_type": [layer.layer_type],
        "shape": [values.shape],
        "dtype": [dtype],
        "values": pa.ListArray.from_arrays(
            [0, values.size], values.ravel().astype(np.float32, copy=False)
        ),
    }
    return pa.table([pa.array(columns[f.name], f.type) for f in SCHEMA], schema=SCHEMA)
