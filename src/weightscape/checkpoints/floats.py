"""The types of stored entries, by their names in torch, and how their bytes become numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def _make_float8(
    mantissa_bits: int, *, infinity: bool = False, unsigned_zero: bool = False
) -> NDArray[np.float32]:
    """Return the values of all codes of an 8-bit float.

    Formats E4M3 (no infinity, one NaN of each sign) and E5M2 (as in IEEE 754) of Micikevicius et
    al. 2022, arXiv:2209.05433, and those whose one NaN is in the place of the negative zero and
    whose bias is greater by one (fnuz) of Noune et al. 2022, arXiv:2206.02915.
    """
    exponent_bits = 7 - mantissa_bits
    codes = np.arange(128)
    exponent, fraction = codes >> mantissa_bits, codes & ((1 << mantissa_bits) - 1)
    leading = (exponent > 0) << mantissa_bits
    bias = (1 << (exponent_bits - 1)) - (not unsigned_zero) + mantissa_bits
    values = np.ldexp((fraction + leading).astype(np.float32), np.maximum(exponent, 1) - bias)
    if infinity:
        values[exponent == exponent.max()] = np.nan
        values[(exponent == exponent.max()) & (fraction == 0)] = np.inf
    elif not unsigned_zero:
        values[-1] = np.nan
    table = np.concatenate([values, -values]).astype(np.float32)
    if unsigned_zero:
        table[128] = np.nan
    return table


def _make_powers() -> NDArray[np.float32]:
    """Return the powers of two of E8M0, a type of scales; OCP Microscaling Formats 1.0, 5.4.1."""
    powers = np.ldexp(np.float32(1), np.arange(256) - 127).astype(np.float32)
    powers[-1] = np.nan
    return powers


with np.errstate(over="ignore"):  # the code of E8M0's NaN
    _TABLES = {
        "float8_e4m3fn": _make_float8(3),
        "float8_e5m2": _make_float8(2, infinity=True),
        "float8_e4m3fnuz": _make_float8(3, unsigned_zero=True),
        "float8_e5m2fnuz": _make_float8(2, unsigned_zero=True),
        "float8_e8m0fnu": _make_powers(),
    }
_NUMPY = {
    "float64": "f8", "float32": "f4", "float16": "f2", "bfloat16": "u2",
    "complex128": "c16", "complex64": "c8", "complex32": "f2",
    "int64": "i8", "int32": "i4", "int16": "i2", "int8": "i1",
    "uint64": "u8", "uint32": "u4", "uint16": "u2", "uint8": "u1", "bool": "?",
    "qint8": "i1", "quint8": "u1", "qint32": "i4", "quint4x2": "u1", "quint2x4": "u1",
    "float4_e2m1fn_x2": "u1",
}  # fmt: skip

SIZES = {name: np.dtype(code).itemsize for name, code in _NUMPY.items()}
SIZES |= {**dict.fromkeys(_TABLES, 1), "complex32": 4}
"""Bytes of an entry of every type that can be decoded."""


def decode(data: NDArray[np.uint8], dtype: str, order: str = "<") -> NDArray[Any]:
    """Return entries from their bytes, floats of less than 32 bits exactly as float32.

    Parameters
    ----------
    data : ndarray of uint8
        Contiguous, a whole number of entries.
    dtype : str
        A type of `SIZES`; codes of quantised types are given as they are.
    order : {"<", ">"}
        Order of the bytes of an entry.

    Returns
    -------
    ndarray
        One-dimensional, in the machine's own order of bytes.
    """
    if dtype in _TABLES:
        numbers: NDArray[np.float32] = _TABLES[dtype][data]
        return numbers
    found: NDArray[Any] = data.view(np.dtype(order + _NUMPY[dtype]))
    if dtype == "bfloat16":  # the upper half of a float32
        wide: NDArray[Any] = np.left_shift(found, np.uint32(16), dtype=np.uint32)
        return wide.view(np.float32)
    if dtype == "bool":  # where a damaged file has another byte than 0 and 1
        return data.astype(np.bool_)
    if dtype in ("float16", "complex32"):
        wide = found.astype(np.float32)
        return wide.view(np.complex64) if dtype == "complex32" else wide
    return found.astype(found.dtype.newbyteorder("="), copy=False)
