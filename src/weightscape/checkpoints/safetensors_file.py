"""Safetensors files, read one parameter at a time and without torch."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError, Tensor
from weightscape.checkpoints.floats import SIZES
from weightscape.checkpoints.span import Span
from weightscape.checkpoints.storage import Storage, make_tensor, make_unreadable, row_major
from weightscape.tensors import read_header

ADAPTERS = "lora_adapter_metadata"
"""The entry of the metadata in which diffusers keeps the settings of adapters."""

_DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
    "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu", "F4": "float4_e2m1fn_x2",
    "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8",
    "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8",
    "BOOL": "bool", "C64": "complex64",
}  # fmt: skip


def open_safetensors(path: Path) -> Checkpoint:
    """Return the checkpoint in a safetensors file.

    A file that `weightscape.network.saved.save_network` has written says which module is the
    classifier, the groups of its convolutions, and why its training failed if it did.

    Raises
    ------
    CheckpointError
        If the file is no safetensors file, or is cut short.
    """
    parameters, about = read_safetensors(path)
    network = about.get("network", {})
    return Checkpoint(
        str(path),
        parameters,
        classifier=network.get("classifier"),
        failure=network.get("failure", ""),
        groups=network.get("groups"),
    )


def read_adapter_config(path: Path) -> dict[str, Any]:
    """Return what diffusers keeps in a safetensors file of the adapters in it.

    That are the settings of PEFT, by names such as ``unet.lora_alpha``; empty where there are none.
    """
    try:
        found = json.loads(read_header(path).metadata.get(ADAPTERS, "{}"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {ADAPTERS: found} if isinstance(found, dict) and found else {}


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], Mapping[str, Any]]:
    """Return the tensors of a safetensors file, and our own entry of its metadata.

    The entries are read by file position: the library maps the file, which would keep all that is
    read in memory, and numpy has no bfloat16 to give them as.

    Raises
    ------
    CheckpointError
        As of `open_safetensors`.
    """
    try:
        entries, first, about, _ = read_header(path)
    except ValueError as error:
        raise CheckpointError(f"{error}; copy or download it again") from error
    if not isinstance(about, dict) or not isinstance(about.get("network", {}), dict):
        raise CheckpointError(f"{path}: the metadata are damaged; copy or download it again")

    def tensor(name: str, dtype: str, shape: list[int], start: int, stop: int) -> Tensor:
        kind = _DTYPES.get(dtype, dtype.lower())
        if kind == "float4_e2m1fn_x2":  # the file counts the numbers, torch the pairs of them
            shape = [*shape[:-1], shape[-1] // 2]
        if kind not in SIZES:
            return make_unreadable(shape, kind, f"entries of the type {dtype} are not read")
        data = Span(path, first + start, stop - start)
        return make_tensor(Storage((path, name), kind, data.size, data), 0, shape, row_major(shape))

    return {
        name: tensor(name, entry["dtype"], entry["shape"], *entry["data_offsets"])
        for name, entry in entries.items()
    }, about
