"""GGUF files: tensors as llama.cpp runs them, dequantised.

The header is read here, by https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, as the
library's reader believes every length that a damaged file announces.
"""

from functools import partial
from math import prod
from pathlib import Path
from struct import Struct, calcsize
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import CheckpointError, Tensor
from weightscape.checkpoints.span import Reader, Span
from weightscape.checkpoints.storage import Storage, make_tensor, make_unreadable, row_major

_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"
}  # fmt: skip
_ALIGNMENT = "general.alignment"
_MOST_AXES = 4
_PLAIN = {
    "F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64",
    "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64",
}  # fmt: skip


def read_gguf(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a GGUF file, by name.

    Shapes are those of torch, outputs first. Quantised tensors are read as the numbers that they
    stand for, and have the type ``float32``.

    Raises
    ------
    CheckpointError
        If the package `gguf` is not installed.
    EOFError, LookupError, ValueError
        If the file is damaged.
    OSError
        If the file cannot be read.
    """
    try:
        from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
    except ImportError as error:
        raise CheckpointError(
            f"{path}: is a GGUF file, which the package gguf reads; install it by "
            "`pip install weightscape[formats]`"
        ) from error
    size = path.stat().st_size
    with Reader(Span(path, 0, size)) as reader:
        header = _Header(reader)
        infos = header.read()
        start = -(-reader.position // header.alignment) * header.alignment
    found = {}
    for name, shape, code, offset in infos:
        kind = GGMLQuantizationType(code)
        block, width = GGML_QUANT_SIZES[kind]
        data = Span(path, start + offset, prod(shape) // block * width)
        if data.start + data.size > size or (shape and shape[-1] % block):
            raise EOFError(f"the tensor {name[:80]} is not whole")
        if plain := _PLAIN.get(kind.name):
            storage = Storage((path, name), plain, data.size, data, header.order)
            found[name] = make_tensor(storage, 0, shape, row_major(shape))
        elif header.order == ">":
            why = f"{kind.name} in big-endian order is not read; convert the file to little-endian"
            found[name] = make_unreadable(shape, "float32", why)
        else:
            found[name] = Tensor(shape, "float32", partial(_dequantise, data, kind, shape))
    return found


def _dequantise(data: Span, kind: Any, shape: tuple[int, ...]) -> NDArray[np.float32]:
    from gguf.quants import dequantize

    if 0 in shape:
        return np.empty(shape, np.float32)
    try:
        with np.errstate(all="ignore"):  # scales that are not finite
            entries: NDArray[np.float32] = dequantize(data.read(0, data.size), kind)
    except NotImplementedError as error:
        raise OSError(f"the package gguf cannot dequantise {kind.name}") from error
    return entries.reshape(shape)


class _Header:
    """What stands before the tensors of a GGUF file."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        reader.take(4)
        version = reader.take(4)
        # The version is small, and so tells the order of its own bytes.
        self.order = ">" if version[:2] == b"\0\0" else "<"
        if max(version) not in _VERSIONS or sum(version) != max(version):
            raise ValueError("its version of GGUF is not known")
        self.alignment = 32

    def read(self) -> list[tuple[str, tuple[int, ...], int, int]]:
        """Return name, shape, type and offset of every tensor, past all else."""
        tensors, facts = self._number("Q"), self._number("Q")
        for _ in range(facts):
            key = self._text()
            value = self._value(self._number("I"))
            if key == _ALIGNMENT:
                self.alignment = value
        if not isinstance(self.alignment, int) or self.alignment < 1:
            raise ValueError("the alignment is no number from 1 on")
        return [self._tensor() for _ in range(tensors)]

    def _tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        name, axes = self._text(), self._number("I")
        if axes > _MOST_AXES:
            raise ValueError(f"a tensor has {axes} axes")
        shape = tuple(self._number("Q") for _ in range(axes))[::-1]
        return name, shape, self._number("I"), self._number("Q")

    def _value(self, kind: int) -> Any:
        """Return a number; of anything else, pass by it."""
        if kind == _STRING:
            self._reader.skip(self._number("Q"))
        elif kind == _ARRAY:
            inner, count = self._number("I"), self._number("Q")
            if inner in _SCALARS:
                self._reader.skip(count * calcsize(_SCALARS[inner]))
            else:
                for _ in range(count):
                    self._value(inner)
        else:
            return self._number(_SCALARS[kind])
        return None

    def _number(self, code: str) -> Any:
        form = Struct(self.order + code)
        return form.unpack(self._reader.take(form.size))[0]

    def _text(self) -> str:
        return self._reader.take(self._number("Q")).decode()
