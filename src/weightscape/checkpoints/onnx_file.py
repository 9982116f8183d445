"""ONNX files: the initialisers of a graph, in the file or in one beside it."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import FLOATING, CheckpointError, Tensor
from weightscape.checkpoints.floats import SIZES
from weightscape.checkpoints.span import Span
from weightscape.checkpoints.storage import Storage, make_tensor, make_unreadable, row_major

_DTYPES = {
    "FLOAT": "float32", "DOUBLE": "float64", "FLOAT8E4M3FN": "float8_e4m3fn",
    "FLOAT8E4M3FNUZ": "float8_e4m3fnuz", "FLOAT8E5M2": "float8_e5m2",
    "FLOAT8E5M2FNUZ": "float8_e5m2fnuz", "FLOAT8E8M0": "float8_e8m0fnu",
}  # fmt: skip


def read_onnx(path: Path) -> dict[str, Tensor]:
    """Return the initialisers of the graph in an ONNX file, by name.

    Their shapes are as the graph has them: an operator ``MatMul`` takes inputs first. Entries that
    the file keeps apart are read from files beside it and below, nowhere else.

    Raises
    ------
    CheckpointError
        If the package `onnx` is not installed.
    ValueError
        If the file is damaged.
    OSError
        If the file cannot be read.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise CheckpointError(
            f"{path}: is an ONNX file, which the package onnx reads; install it by "
            "`pip install weightscape[formats]`"
        ) from error
    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError as error:
        raise ValueError("it is no whole ONNX file") from error
    if not model.graph.node and not model.graph.initializer:
        raise ValueError("no graph of ONNX is in it")
    found = {
        part.values.name: make_unreadable(
            list(part.dims), f"sparse {_dtype_of(part.values)}", "it is sparse; save it as dense"
        )
        for part in model.graph.sparse_initializer
    }
    return found | {part.name: _make_tensor(part, path) for part in model.graph.initializer}


def _dtype_of(part: Any) -> str:
    from onnx import TensorProto

    name: str = TensorProto.DataType.Name(part.data_type)
    return _DTYPES.get(name, name.lower())


def _make_tensor(part: Any, path: Path) -> Tensor:
    from onnx.external_data_helper import uses_external_data

    dtype, shape = _dtype_of(part), tuple(part.dims)
    if dtype not in SIZES:
        return make_unreadable(shape, dtype, f"entries of the type {dtype} are not read")
    if not uses_external_data(part):
        return make_unreadable(shape, dtype, "")._replace(read=partial(_read, part, dtype, shape))
    where = {entry.key: entry.value for entry in part.external_data}
    file = _beside(path, where.get("location", ""))
    if file is None:
        location = where.get("location", "")[:200]
        why = f"its entries are said to lie in {location!r}, which is no file beside it"
        return make_unreadable(shape, dtype, why)
    start, strides = int(where.get("offset", 0)), row_major(shape)
    size = max(shape[0] * strides[0], 0) * SIZES[dtype] if shape else SIZES[dtype]
    if not 0 <= start <= file.stat().st_size - size:
        return make_unreadable(shape, dtype, f"{file.name} is shorter than its entries")
    storage = Storage((file, start), dtype, size, Span(file, start, size))
    return make_tensor(storage, 0, shape, strides)


def _beside(path: Path, location: str) -> Path | None:
    """Return a file in the folder of `path` or below, or where both are links, where those lead."""
    relative = Path(location)
    if not location or relative.is_absolute() or ".." in relative.parts:
        return None
    file = (path.parent / relative).resolve()
    folders = (path.parent.resolve(), path.resolve().parent)
    if not file.is_file() or not any(file.is_relative_to(folder) for folder in folders):
        return None
    return file


def _read(part: Any, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    from onnx.numpy_helper import to_array

    try:
        entries: NDArray[Any] = to_array(part).reshape(shape)
    except (LookupError, TypeError, ValueError) as error:
        raise OSError(f"its entries are damaged: {str(error)[:200]}") from error
    narrow = (dtype in FLOATING and dtype != "float64") or dtype == "float8_e8m0fnu"
    return entries.astype(np.float32, copy=False) if narrow else entries
