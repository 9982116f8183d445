"""The arrays of numpy in a pickle, whose functions are replaced by these."""

from collections.abc import Callable
from typing import Any

from weightscape.checkpoints.checkpoint import Tensor
from weightscape.checkpoints.floats import SIZES
from weightscape.checkpoints.span import Held, Span
from weightscape.checkpoints.storage import Storage, make_tensor, row_major
from weightscape.checkpoints.unpickle import Global


class Array:
    """An array of numpy while its pickle is read: the state comes after the object.

    Attributes
    ----------
    content : Any
        A `Tensor`; of an array of objects the list of them, of one of texts None.
    """

    def __init__(self, *_: Any) -> None:
        self.content: Any = None

    def build(self, state: Any) -> None:
        """Take the state (version, shape, type, order of axes, bytes)."""
        shape, dtype, is_fortran, data = state[-4:]
        self.content = data
        if not isinstance(data, list):
            self.content = make_array(data, dtype, shape, is_fortran)


class Dtype:
    """A type of numpy while its pickle is read.

    Attributes
    ----------
    name : str
        The type's name in torch; its code in numpy where torch has none.
    order : {"<", ">"}
        Order of the bytes of an entry.
    """

    def __init__(self, kind: Any, *_: Any) -> None:
        code = kind.name.rpartition(".")[2] if isinstance(kind, Global) else kind
        if not isinstance(code, str):
            raise TypeError("a type of numpy has no name")
        self.name = _CODES.get(code, code)
        self.order = "<"

    def build(self, state: Any) -> None:
        """Take the state (version, order of bytes, …)."""
        self.order = ">" if state[1] == ">" else "<"


_CODES = {
    "f8": "float64", "f4": "float32", "f2": "float16", "c16": "complex128", "c8": "complex64",
    "i8": "int64", "i4": "int32", "i2": "int16", "i1": "int8",
    "u8": "uint64", "u4": "uint32", "u2": "uint16", "u1": "uint8", "b1": "bool",
}  # fmt: skip


def make_array(data: Any, dtype: Any, shape: Any, is_fortran: Any = False) -> Tensor | None:
    """Return an array of numpy from its bytes; None if its type is not one of torch's.

    Parameters
    ----------
    data : Span, Held, bytes or str
        Its entries; Python 2 writes bytes as a text.
    dtype : Dtype
        Their type.
    shape : tuple of int
        Its shape.
    is_fortran : bool, optional
        Whether the first axis is the fastest.
    """
    if not isinstance(dtype, Dtype):
        raise TypeError("an array has no type")
    if dtype.name not in SIZES:
        return None
    held = Held(data) if isinstance(data, bytes | str) else data
    if not isinstance(held, Span | Held):
        raise TypeError("an array has no bytes")
    storage = Storage(held, dtype.name, held.size, held, dtype.order)
    strides = row_major(shape[::-1])[::-1] if is_fortran else row_major(shape)
    return make_tensor(storage, 0, shape, strides)


def _make_buffer(data: Any, dtype: Any, shape: Any, order: Any = "C") -> Tensor | None:
    return make_array(data, dtype, shape, order == "F")


def _make_scalar(dtype: Any, data: Any = b"") -> Any:
    """Return the one number of a scalar of numpy."""
    scalar = make_array(data, dtype, ())
    try:
        return scalar.read().item() if scalar else None
    except OSError:
        return None


ARRAYS: dict[str, Callable[..., Any]] = {"numpy.dtype": Dtype}
"""Functions and classes by module and name, as numpy 1 and 2 have them."""

for _package in ("numpy.core", "numpy._core"):
    ARRAYS |= {
        f"{_package}.multiarray._reconstruct": Array,
        f"{_package}.multiarray.scalar": _make_scalar,
        f"{_package}.numeric._frombuffer": _make_buffer,
    }
