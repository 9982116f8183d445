"""The weights of a network as a table with a row per layer matrix."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from safetensors import safe_open

from weightscape import table
from weightscape.layers.catalogue import LayerMatrix, catalogue, matrix
from weightscape.schemas.identifiers import LAYER
from weightscape.schemas.weights import SCHEMA

_DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_IDENTIFIERS = (*(field.name for field in LAYER), "layer_type")


def extract_weights(
    model_path: str | Path, output_path: str | Path, provenance: Mapping[str, Any]
) -> None:
    """Write the layer matrices of a checkpoint as the table `weights`, one row group per row.

    One parameter is in memory at a time.

    Parameters
    ----------
    model_path : str or Path
        A safetensors file that `weightscape.network.checkpoint.save_network` has written; its
        metadata names the classifier module.
    output_path : str or Path
        Where the table goes.
    provenance : mapping
        Kept in the table's metadata.

    Raises
    ------
    ValueError
        If the metadata does not name the classifier, or a weight is not of floating point.
    """
    table.write(
        output_path,
        _rows(Path(model_path)),
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


def _rows(path: Path) -> Iterator[pa.Table]:
    with safe_open(path, framework="numpy") as checkpoint:
        classifier = _classifier(path, checkpoint.metadata())
        stored = {name: checkpoint.get_slice(name) for name in checkpoint.keys()}
        shapes = {name: tuple(part.get_shape()) for name, part in stored.items()}
        for layer in catalogue(shapes, classifier):
            name = layer.parameter
            code = stored[name].get_dtype()
            if code not in _DTYPES:
                raise ValueError(f"{path}: {name} is {code}; a weight must be one of {_DTYPES}")
            if code == "BF16":
                parameter = _bfloat16(path, name, shapes[name])
            else:
                parameter = checkpoint.get_tensor(name)
            yield _row(layer, matrix(parameter, layer), _DTYPES[code])


def _classifier(path: Path, metadata: Mapping[str, str] | None) -> str:
    about = json.loads((metadata or {}).get("weightscape", "{}"))
    if "network" not in about:
        raise ValueError(f"{path}: the metadata does not say what the network is")
    classifier: str = about["network"]["classifier"]
    return classifier


def _row(layer: LayerMatrix, values: NDArray[np.float32], dtype: str) -> pa.Table:
    columns = {
        "layer": [layer.layer],
        "role": [layer.role],
        "block": [layer.block],
        "layer_type": [layer.layer_type],
        "shape": [values.shape],
        "dtype": [dtype],
        "values": pa.ListArray.from_arrays([0, values.size], values.ravel()),
    }
    return pa.table([pa.array(columns[f.name], f.type) for f in SCHEMA], schema=SCHEMA)


def _bfloat16(path: Path, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Read a parameter that safetensors cannot give to numpy, which has no bfloat16.

    A bfloat16 is the upper half of a float32. Layout of the file: an 8-byte length, a JSON header
    of that length, the data (https://github.com/huggingface/safetensors#format).
    """
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        start, stop = json.loads(file.read(length))[name]["data_offsets"]
        file.seek(8 + length + start)
        halves = np.frombuffer(file.read(stop - start), "<u2")
    return (halves.astype(np.uint32) << 16).view(np.float32).reshape(shape)
