"""The storages of torch, and tensors as views of them."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import Tensor
from weightscape.checkpoints.floats import SIZES, decode
from weightscape.checkpoints.span import Held, Span

_MOST_AXES = 64  # of an array of numpy
_MOST_ENTRIES = 2**59  # of a view, which takes no memory: its bytes are still counted in 64 bits


@dataclass
class Storage:
    """A piece of memory that tensors are views of.

    Attributes
    ----------
    key : hashable
        The same for storages that are the same piece.
    dtype : str
        Type of its entries, by its name in torch.
    size : int
        How many bytes it has, as the pickle says.
    data : Span or Held or None
        Its bytes; None until they are found.
    order : {"<", ">"}
        Order of the bytes of an entry.
    fault : str
        Why it has no bytes.
    """

    key: Hashable
    dtype: str
    size: int
    data: Span | Held | None = None
    order: str = "<"
    fault: str = ""

    def read(self, offset: int, size: int) -> NDArray[np.uint8]:
        """Return bytes of it.

        Raises
        ------
        OSError
            If it has none, or they cannot be read.
        """
        if self.data is None or self.data.size < self.size:
            found = 0 if self.data is None else self.data.size
            raise OSError(self.fault or f"{found} of the {self.size} bytes of it are in the file")
        return self.data.read(offset, size)


def make_tensor(
    storage: Storage,
    offset: Any,
    shape: Any,
    strides: Any,
    metadata: Any = None,
    dtype: str | None = None,
) -> Tensor:
    """Return a view of a storage; where it reaches beyond it, one that cannot be read.

    Parameters
    ----------
    storage : Storage
        What it is a view of.
    offset : int
        Of its first entry, in entries.
    shape, strides : tuple of int
        Entries along the axes, and from one to the next in the storage.
    metadata : dict, optional
        Whether the entries are negated (``neg``) or conjugated (``conj``) when they are read.
    dtype : str, optional
        Type of the entries where it is not that of the storage.
    """
    shape, strides = _as_counts(shape), _as_counts(strides)
    (offset,) = _as_counts((offset,))
    if len(shape) != len(strides):
        raise ValueError("a tensor has more axes than strides")
    # A stride along an axis of one entry says nothing, and may be any number.
    strides = tuple(
        0 if count < 2 or 0 in shape else stride
        for count, stride in zip(shape, strides, strict=True)
    )
    dtype = dtype or storage.dtype
    if dtype not in SIZES:
        return make_unreadable(shape, dtype, f"no type {dtype} is known")
    extent = 1 + sum((count - 1) * stride for count, stride in zip(shape, strides, strict=True))
    if 0 in shape:
        extent, offset = 0, 0
    elif (offset + extent) * SIZES[dtype] > storage.size or prod(shape) > _MOST_ENTRIES:
        return make_unreadable(shape, dtype, "it reaches beyond the end of its storage")
    marks = metadata if isinstance(metadata, dict) else {}
    read = partial(_read, storage, dtype, offset, extent, shape, strides, marks)
    return Tensor(shape, dtype, read, (storage.key, dtype, offset, shape, strides))


def make_unreadable(shape: Any, dtype: str, reason: str) -> Tensor:
    """Return a tensor whose entries are not there, for a reason that its `read` raises."""

    def read() -> NDArray[Any]:
        raise OSError(reason)

    return Tensor(_as_counts(shape), dtype, read)


def _read(
    storage: Storage,
    dtype: str,
    offset: int,
    extent: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    marks: dict[str, Any],
) -> NDArray[Any]:
    size = SIZES[dtype]
    data = storage.read(offset * size, extent * size) if extent else np.empty(0, np.uint8)
    with np.errstate(all="ignore"):  # entries that are not finite are reported where they matter
        entries = decode(data, dtype, storage.order)
    if entries.dtype.kind in "fc":
        entries = np.negative(entries) if marks.get("neg") else entries
        entries = np.conjugate(entries) if marks.get("conj") else entries
    width = entries.itemsize
    # The view of entries that are repeated (a stride of zero) takes no memory of its own.
    return np.ndarray(shape, entries.dtype, entries, strides=[width * each for each in strides])


def row_major(shape: Any) -> tuple[int, ...]:
    """Return the strides of an array whose last axis is the fastest, in entries."""
    counts = _as_counts(shape)
    return tuple(prod(counts[axis + 1 :]) for axis in range(len(counts)))


def _as_counts(numbers: Any) -> tuple[int, ...]:
    if not isinstance(numbers, tuple | list) or len(numbers) > _MOST_AXES:
        raise ValueError("a shape is no tuple, or has too many axes")
    counts = tuple(numbers)
    for count in counts:
        if type(count) is not int or not 0 <= count < 2**62:  # True is an int, and no count
            raise ValueError("a count is no number from 0 on")
    return counts
