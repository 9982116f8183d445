"""Safetensors files, read one parameter at a time and without torch."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError, Tensor
from weightscape.tensors import read_header

_DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
    "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8",
    "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8",
    "BOOL": "bool", "C64": "complex64",
}  # fmt: skip


def open_safetensors(path: Path) -> Checkpoint:
    """Return the checkpoint in a safetensors file.

    The entries are read by file position: a mapping of the file, as the library makes, would keep
    all that is read in memory, and numpy has no bfloat16 to give them as. A file that
    `weightscape.network.saved.save_network` has written says which module is the classifier, the
    groups of its convolutions, and why its training failed if it did.

    Raises
    ------
    CheckpointError
        If the file is no safetensors file, or is cut short.
    """
    try:
        entries, first, about = read_header(path)
    except ValueError as error:
        raise CheckpointError(f"{error}; copy or download it again") from error

    def read(name: str) -> NDArray[np.floating]:
        start, stop = entries[name]["data_offsets"]
        with open(path, "rb") as raw:
            raw.seek(first + start)
            data = np.fromfile(raw, np.uint8, stop - start)
        if data.size < stop - start:
            raise OSError(f"{path} has become shorter while it was read")
        return _WIDEN[entries[name]["dtype"]](data).reshape(entries[name]["shape"])

    parameters = {
        name: Tensor(
            tuple(entry["shape"]),
            _DTYPES.get(entry["dtype"], entry["dtype"].lower()),
            partial(read, name),
        )
        for name, entry in entries.items()
    }
    network = about.get("network", {})
    return Checkpoint(
        str(path),
        parameters,
        classifier=network.get("classifier"),
        failure=network.get("failure", ""),
        groups=network.get("groups"),
    )


def _bfloat16(data: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Widen bfloat16, which is the upper half of a float32."""
    return (data.view("<u2").astype(np.uint32) << 16).view(np.float32)


def _float8(mantissa_bits: int, has_infinity: bool) -> Callable[..., NDArray[np.float32]]:
    """Return a function that widens 8-bit floats.

    Formats E4M3 (no infinity, one NaN) and E5M2 (as in IEEE 754) of Micikevicius et al. 2022,
    arXiv:2209.05433.
    """
    exponent_bits = 7 - mantissa_bits
    codes = np.arange(128)
    exponent, fraction = codes >> mantissa_bits, codes & ((1 << mantissa_bits) - 1)
    leading = (exponent > 0) << mantissa_bits
    bias = (1 << (exponent_bits - 1)) - 1 + mantissa_bits
    values = np.ldexp((fraction + leading).astype(np.float32), np.maximum(exponent, 1) - bias)
    if has_infinity:
        values[exponent == exponent.max()] = np.nan
        values[(exponent == exponent.max()) & (fraction == 0)] = np.inf
    else:
        values[-1] = np.nan
    table = np.concatenate([values, -values]).astype(np.float32)
    return lambda data: table[data]


_WIDEN: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.floating]]] = {
    "F64": lambda data: data.view("<f8"),
    "F32": lambda data: data.view("<f4"),
    "F16": lambda data: data.view("<f2").astype(np.float32),
    "BF16": _bfloat16,
    "F8_E4M3": _float8(3, has_infinity=False),
    "F8_E5M2": _float8(2, has_infinity=True),
}
