"""Arrays that may be larger than memory, and the one way to write and read safetensors files.

An array that is large lies on disk, behind numpy's memory map. A file holds, beside its arrays, one
JSON text: safetensors writes several entries of metadata in an order that differs from run to run.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from weightscape.atomic import beside

KEY = "weightscape"
"""The entry of a file's metadata that is ours."""

IN_MEMORY = 2**32
"""Bytes up to which an array lies in memory."""

CHUNK = 2**26
"""Bytes that are copied at a time."""

TYPES = {
    "BOOL": np.bool_,
    "U8": np.uint8,
    "I8": np.int8,
    "U16": np.uint16,
    "I16": np.int16,
    "F16": np.float16,
    "U32": np.uint32,
    "I32": np.int32,
    "F32": np.float32,
    "U64": np.uint64,
    "I64": np.int64,
    "F64": np.float64,
}
"""The types of safetensors that numpy has too."""


def allocate(
    shape: tuple[int, ...], folder: str | Path | None = None, dtype: npt.DTypeLike = np.uint8
) -> npt.NDArray[Any]:
    """Return an array to be filled: in memory, or in a file without a name.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    folder : str or Path, optional
        Where an array of more than `IN_MEMORY` bytes lies; the system's temporary folder when
        missing. The file goes with the array.
    dtype : dtype, optional
        The type of its values; that of images when missing.
    """
    kind = np.dtype(dtype)
    if int(np.prod(shape, dtype=np.int64)) * kind.itemsize <= IN_MEMORY:
        return np.empty(shape, kind)
    with tempfile.TemporaryFile(dir=folder) as file:
        return np.memmap(file, kind, mode="w+", shape=shape)


def take_rows(array: npt.NDArray[Any], indices: npt.NDArray[np.integer[Any]]) -> npt.NDArray[Any]:
    """Return ``array[indices]``, copied in chunks and on disk where it is large."""
    found = allocate((len(indices), *array.shape[1:]), dtype=array.dtype)
    for part in _chunks(found):
        found[part] = array[indices[part]]
    return found


class Header(NamedTuple):
    """What a safetensors file says before its data.

    Attributes
    ----------
    entries : dict of dict
        For every tensor its `dtype`, `shape` and `data_offsets`, counted from `start`.
    start : int
        Where the data begin.
    about : dict
        Our own entry of the metadata; empty where the file has none.
    metadata : dict of str
        All entries of the metadata, as they are in the file.
    """

    entries: dict[str, dict[str, Any]]
    start: int
    about: dict[str, Any]
    metadata: dict[str, str]


def read_header(path: str | Path) -> Header:
    """Return the header of a safetensors file; header and size of the file agree.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no safetensors file, or is cut short.
    """
    try:
        with safe_open(path, framework="numpy") as checked:
            metadata = checked.metadata() or {}
    except SafetensorError as error:
        raise ValueError(f"{path}: is not a whole safetensors file ({error})") from error
    # The library does not tell where a tensor lies, which reading by position needs.
    with Path(path).open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entries: dict[str, dict[str, Any]] = json.loads(file.read(length))
    entries.pop("__metadata__", None)
    return Header(entries, 8 + length, json.loads(metadata.get(KEY, "{}")), metadata)


def read_about(path: str | Path) -> dict[str, Any]:
    """Return what `write_tensors` has been told of the arrays in a file.

    Raises
    ------
    ValueError
        As of `read_header`; and if the file is none of `write_tensors`.
    """
    about = read_header(path).about
    if not about:
        raise ValueError(f"{path} has no entry {KEY!r} in its metadata")
    return about


def write_tensors(
    path: str | Path, tensors: Mapping[str, npt.NDArray[Any]], about: Mapping[str, Any]
) -> None:
    """Write arrays of the types in `TYPES` to a safetensors file, whole or not at all.

    Never is all of one in memory.

    Parameters
    ----------
    path : str or Path
        Where the file goes.
    tensors : mapping of str to ndarray
        The arrays by name.
    about : mapping
        Kept in the metadata as JSON; not empty.

    Raises
    ------
    ValueError
        If an array is of another type.

    References
    ----------
    The format: https://huggingface.co/docs/safetensors/index#format.
    """
    header: dict[str, Any] = {"__metadata__": {KEY: json.dumps(about, sort_keys=True)}}
    names = {np.dtype(kind): name for name, kind in TYPES.items()}
    end = 0
    # The widest types first, so that every array is aligned.
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0]))
    for name, array in ordered:
        if array.dtype not in names:
            raise ValueError(f"safetensors has no type for {name}, which are {array.dtype}")
        start, end = end, end + array.nbytes
        header[name] = {
            "dtype": names[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with beside(path) as unfinished, unfinished.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, array in ordered:
            rows = np.atleast_1d(array)
            for part in _chunks(rows):
                file.write(np.ascontiguousarray(rows[part]).data)


def read_tensors(
    path: str | Path, names: Iterable[str] | None = None
) -> dict[str, npt.NDArray[Any]]:
    """Return arrays of a safetensors file: in memory, or mapped where they are large.

    Parameters
    ----------
    path : str or Path
        The file.
    names : iterable of str, optional
        Which arrays; all when missing.

    Raises
    ------
    KeyError
        If the file lacks one of the `names`.
    ValueError
        As of `read_header`.
    """
    header = read_header(path)
    found: dict[str, npt.NDArray[Any]] = {}
    with Path(path).open("rb") as file:
        for name in header.entries if names is None else names:
            entry = header.entries[name]
            kind, shape = np.dtype(TYPES[entry["dtype"]]), tuple(entry["shape"])
            start, end = entry["data_offsets"]
            offset = header.start + start
            if end - start > IN_MEMORY:
                # Copy on write: torch wants arrays that could be written to.
                found[name] = np.memmap(file, kind, mode="c", offset=offset, shape=shape)
            else:
                file.seek(offset)
                found[name] = np.fromfile(file, kind, (end - start) // kind.itemsize).reshape(shape)
    return found


def _chunks(array: npt.NDArray[Any]) -> list[slice]:
    """Return slices along the first axis of at most `CHUNK` bytes, one row at least."""
    row = max(1, array.nbytes // max(len(array), 1))
    step = max(1, CHUNK // row)
    return [slice(start, start + step) for start in range(0, len(array), step)]
