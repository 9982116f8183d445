"""How much of a spectrum the rounding of stored weights may have made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightscape.spectra.eigenvalues import factor_of

FORMATS = {
    "float64": (52, -1022), "float32": (23, -126), "float16": (10, -14), "bfloat16": (7, -126),
    "float8_e4m3fn": (3, -6), "float8_e5m2": (2, -14),
    "float8_e4m3fnuz": (3, -7), "float8_e5m2fnuz": (2, -15),
}  # fmt: skip
"""Bits of the fraction and exponent of the smallest normal number of every type, by its name in
torch; IEEE 754 and, of 8 bits, Micikevicius et al. 2022, arXiv:2209.05433, and Noune et al. 2022,
arXiv:2206.02915."""
_SCALED = "scaled "  # before the type of codes that scales multiply
_CODES = {"float4_e2m1fn": 1, "int8": 6}  # bits of the fraction where an entry is largest
_LEAST = -1022  # exponent of the smallest normal number of float64
_BINADES = 32  # told apart: what is 2⁻³¹ of the largest entry has no rounding that matters
_BLOCK = 2**18  # entries that are looked at at a time


@dataclass(frozen=True)
class Rounding:
    """A bound of the rounding in a layer matrix, or in the difference of two.

    Attributes
    ----------
    dtype : str
        The type that the weights are stored in, the coarser one of two, by its name in torch.
    rows, columns : ndarray of float64
        Mean squared norm of the rounding in every row (slices, rows) and column (slices, cols).
    unmoved : float or None
        Share of the entries that are the same in both; None where there is one matrix.
    """

    dtype: str
    rows: NDArray[np.float64]
    columns: NDArray[np.float64]
    unmoved: float | None = None

    @property
    def edge(self) -> float:
        """Return the singular value up to which it reaches, the largest one over all slices.

        It is the norm of the strongest row and that of the strongest column together [1]_: for
        rounding of one variance s² everywhere s(√N + √M), the edge of the Marchenko–Pastur law.

        References
        ----------
        .. [1] Bandeira and van Handel 2016, theorem 3.1, arXiv:1408.6185
        """
        edges = np.sqrt(self.rows.max(axis=1)) + np.sqrt(self.columns.max(axis=1))
        return float(edges.max())

    def unfold(self) -> "Rounding":
        """Return the bound of the one matrix that has the slices side by side."""
        rows, columns = self.rows.sum(axis=0), self.columns.ravel()
        return Rounding(self.dtype, rows[np.newaxis], columns[np.newaxis], self.unmoved)


class Kept(NamedTuple):
    """What of a spectrum is not rounding.

    Attributes
    ----------
    eigenvalues : ndarray of float64
        In ascending order; of a difference, those within the rounding are zero.
    matrix_rank : int
        Number of singular values above the rounding, of weights too.
    columns : dict of str to float
        Of a difference `rounding_edge` and `share_unmoved`.
    reason : str
        What has been cut; empty for nothing.
    """

    eigenvalues: NDArray[np.float64]
    matrix_rank: int
    columns: dict[str, float]
    reason: str

    @property
    def has_bulk(self) -> bool:
        """Whether most of the spectrum has not been cut."""
        kept = int(np.count_nonzero(self.eigenvalues))
        return not self.reason or 2 * kept > self.eigenvalues.size


def bound_rounding(
    values: NDArray[Any], dtypes: Sequence[str], start: NDArray[Any] | None = None
) -> Rounding:
    """Return a bound of the rounding in stored weights, or in their difference from others.

    To the nearest, an entry is off by up to half of the distance u between the numbers of its
    binade: by u²/12 in the mean square. Of a difference the roundings of both add up. Where
    training starts from the weights as they are stored, that of the start is no error; but a file
    does not tell whether it was a copy of others of more digits, so both count.

    An entry that has not moved says that the change is within the rounding, not that there is
    none: its error is the change itself. Of a change within the rounding, what is seen is mostly
    chance: which entries it takes to their next number. So the rounding in the entries of one row
    and binade is u²/6 each, whether they moved or not, but no more than the whole that they moved
    by; and likewise in those of one column.

    Parameters
    ----------
    values : ndarray
        The entries (slices, rows, cols) as they are stored, of a type that holds them exactly.
    dtypes : sequence of str
        The types that they, and the entries of `start` if given, are stored in: keys of `FORMATS`,
        or ``scaled`` and one of them, int8 or float4_e2m1fn, for codes times scales. The distance
        of scaled floats is that of their binade, with no smallest normal number, as the scale
        that holds for an entry goes with the largest of its block; that of int8 is the same for
        all entries, as large as the largest of them makes it.
    start : ndarray, optional
        What is subtracted from them, of the same shape.

    Returns
    -------
    Rounding
        Without meaning where an entry is not finite.

    References
    ----------
    .. [1] Widrow and Kollár 2008, Quantization noise, Cambridge, doi:10.1017/CBO9780511754661
    """
    slices, height, width = values.shape
    rows, columns = np.zeros((slices, height)), np.zeros((slices, width))
    unmoved = 0
    with np.errstate(invalid="ignore", over="ignore"):  # inf − inf, and squares
        for index in range(slices):
            other = None if start is None else start[index]
            rows[index], columns[index], same = _bound_slice(values[index], other, dtypes)
            unmoved += same
    coarse = min(dtypes, key=_bits)
    return Rounding(coarse, rows, columns, None if start is None else unmoved / values.size)


def cut_rounding(
    ascending: NDArray[np.float64],
    matrix_rank: int,
    values: NDArray[np.generic],
    layer_type: str,
    rounding: Rounding | None = None,
) -> Kept:
    """Return what of a spectrum is not rounding.

    The rank of any matrix is what is above its rounding; the eigenvalues of weights are kept all
    the same, those of a difference are cut. numpy's bound of the error of an SVD,
    max(N, M)·eps of the largest singular value, is no use with the eps of a stored type: for
    bfloat16 it is above all singular values from a side of 128 on.

    Parameters
    ----------
    ascending : ndarray of float64
        Eigenvalues, as `eigenvalues` gives them.
    matrix_rank : int
        Number of singular values above the rounding of float64.
    values : ndarray
        The entries (slices, rows, cols).
    layer_type : str
        Kind of the operator.
    rounding : Rounding, optional
        That of the type in which the weights are stored; by default their own type's.

    Returns
    -------
    Kept
        What is left.
    """
    factor = factor_of(layer_type)
    if rounding is None:
        dtype = values.dtype.name
        if dtype not in FORMATS or ascending[0] > _bound_without_entries(
            ascending, dtype, values.size, factor
        ):
            return Kept(ascending, matrix_rank, {}, "")
        rounding = bound_rounding(values, (dtype,))
    edge = factor * rounding.edge**2
    above = int(np.count_nonzero(ascending > edge))
    matrix_rank = min(matrix_rank, above)
    if rounding.unmoved is None:
        return Kept(ascending, matrix_rank, {}, "")
    columns = {"rounding_edge": edge, "share_unmoved": rounding.unmoved}
    if above == ascending.size or ascending[-1] == 0:
        return Kept(ascending, matrix_rank, columns, "")
    of = f"the rounding of {rounding.dtype}"
    cut = f"{ascending.size - above} of {ascending.size} eigenvalues are within {of}"
    reason = cut if above else f"the change is below {of}"
    return Kept(np.where(ascending > edge, ascending, 0), matrix_rank, columns, reason)


def _bound_slice(
    values: NDArray[Any], start: NDArray[Any] | None, dtypes: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Return the bounds of rows and columns, and how many entries have not moved."""
    height, width = values.shape
    largest = max(np.abs(part).max() for part in (values, start) if part is not None)
    top = int(np.frexp(largest)[1])
    variances = _variances(top, dtypes)
    rows, columns = np.empty(height), np.zeros((2, width * _BINADES))
    unmoved = 0
    step = max(1, _BLOCK // width)
    for first in range(0, height, step):
        block = values[first : first + step]
        other = np.zeros(1, block.dtype) if start is None else start[first : first + step]
        moved = np.subtract(block, other, dtype=np.float64)
        unmoved += moved.size - np.count_nonzero(moved)
        squares = np.square(moved).ravel()
        size = np.maximum(np.abs(block), np.abs(other))
        binade = np.where(size > 0, top - np.frexp(size)[1], _BINADES).clip(0, _BINADES - 1)
        of_row = (np.arange(len(block))[:, np.newaxis] * _BINADES + binade).ravel()
        of_column = (np.arange(width) * _BINADES + binade).ravel()
        rows[first : first + step] = _least(
            _histograms(of_row, squares, len(block) * _BINADES), variances
        )
        columns += _histograms(of_column, squares, width * _BINADES)
    return rows, _least(columns, variances), unmoved


def _histograms(
    bins: NDArray[np.integer[Any]], squares: NDArray[np.float64], size: int
) -> NDArray[np.float64]:
    """Return the number of entries in every bin, and the sum of their squares."""
    return np.stack([np.bincount(bins, minlength=size), np.bincount(bins, squares, size)])


def _least(histograms: NDArray[np.float64], variances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rounding of every line: in each binade no more than the change."""
    counts, squares = histograms.reshape(2, -1, _BINADES)
    found: NDArray[np.float64] = np.minimum(counts * variances, squares).sum(axis=1)
    return found


def _variances(top: int, dtypes: Sequence[str]) -> NDArray[np.float64]:
    """Return the mean square of the rounding in every binade, from [2^(top − 1), 2^top) down."""
    exponents = top - 1 - np.arange(_BINADES)
    found = np.zeros(_BINADES)
    for dtype in dtypes:
        least = top - 1 if dtype == f"{_SCALED}int8" else FORMATS.get(dtype, (0, _LEAST))[1]
        found += np.ldexp(1 / 12, 2 * (np.maximum(exponents, least) - _bits(dtype)))
    return found


def _bits(dtype: str) -> int:
    codes = dtype.removeprefix(_SCALED)
    return _CODES[codes] if codes in _CODES else FORMATS[codes][0]


def _bound_without_entries(
    ascending: NDArray[np.float64], dtype: str, entries: int, factor: float
) -> float:
    """Return an eigenvalue that no rounding of weights reaches: the entries need no look.

    u is at most 2^(−bits) of an entry, or of the smallest normal number; and no row or column has
    a larger norm than the whole.
    """
    bits, least = FORMATS[dtype]
    smallest = entries * np.ldexp(1.0, 2 * (least - bits))
    return float(np.ldexp(ascending.sum(), -2 * bits) + factor * smallest) / 3
