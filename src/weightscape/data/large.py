"""Arrays that may be larger than memory: on disk behind numpy's memory map."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

IN_MEMORY = 2**32
"""Bytes up to which an array lies in memory."""

CHUNK = 2**26
"""Bytes that are copied at a time."""

TYPES = {"U8": np.uint8, "I64": np.int64}
"""The types of safetensors that images and their labels have."""


def allocate(shape: tuple[int, ...], folder: str | Path | None = None) -> npt.NDArray[np.uint8]:
    """Return an array of uint8 to be filled: in memory, or in a file without a name.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    folder : str or Path, optional
        Where an array of more than `IN_MEMORY` bytes lies; the system's temporary folder when
        missing. The file goes with the array.
    """
    if int(np.prod(shape, dtype=np.int64)) <= IN_MEMORY:
        return np.empty(shape, np.uint8)
    with tempfile.TemporaryFile(dir=folder) as file:
        return np.memmap(file, np.uint8, mode="w+", shape=shape)


def taken(
    images: npt.NDArray[np.uint8], indices: npt.NDArray[np.integer[Any]]
) -> npt.NDArray[np.uint8]:
    """Return ``images[indices]``, copied in chunks and on disk where it is large."""
    found = allocate((len(indices), *images.shape[1:]))
    for part in _chunks(found):
        found[part] = images[indices[part]]
    return found


def write_tensors(
    path: str | Path, tensors: Mapping[str, npt.NDArray[Any]], metadata: Mapping[str, str]
) -> None:
    """Write arrays of the types in `TYPES` as a safetensors file, never all of one in memory.

    References
    ----------
    The format: https://huggingface.co/docs/safetensors/index#format.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    names = {np.dtype(kind): name for name, kind in TYPES.items()}
    end = 0
    # The widest types first, so that every array is aligned.
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].itemsize, item[0]))
    for name, array in ordered:
        start, end = end, end + array.nbytes
        header[name] = {
            "dtype": names[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with Path(path).open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, array in ordered:
            for part in _chunks(array):
                file.write(np.ascontiguousarray(array[part]).data)


def read_tensors(path: str | Path, names: tuple[str, ...]) -> dict[str, npt.NDArray[Any]]:
    """Return arrays of a safetensors file: in memory, or mapped where they are large.

    Raises
    ------
    KeyError
        If the file lacks one of the `names`.
    """
    found: dict[str, npt.NDArray[Any]] = {}
    with Path(path).open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        for name in names:
            about = header[name]
            kind, shape = np.dtype(TYPES[about["dtype"]]), tuple(about["shape"])
            start, end = about["data_offsets"]
            offset = 8 + length + start
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
