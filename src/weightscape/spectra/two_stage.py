"""Eigenvalues of large symmetric matrices by LAPACK's two-stage reduction, from numpy's OpenBLAS.

`numpy.linalg.eigvalsh` reduces a matrix to a tridiagonal one in a single stage, half of whose work
reads the whole matrix from memory for every column. In two stages, to a band and from there to
three diagonals, nearly all of the work is multiplication of blocks, which stay in the caches.
"""

import ctypes
from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

BAND = 64
"""Diagonals below the main one that the first stage leaves.

A wider band makes the first stage faster and the second one slower.
"""
_NAME = "scipy_{}_64_"  # how the OpenBLAS of numpy's wheels, with integers of 64 bits, calls them
_ROUTINES = ("dsytrd_sy2sb", "dsytrd_sb2st", "dsterf")


def eigvalsh_two_stage(gram: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the eigenvalues of a symmetric matrix in ascending order [1]_.

    The errors are those of `numpy.linalg.eigvalsh`: about 1e-16 times the largest eigenvalue and
    a slowly growing function of n.

    Parameters
    ----------
    gram : ndarray of float64
        The matrix (n, n) of finite entries, n at least 1, in C order and writeable. It is
        overwritten, so that there is no second matrix of its size.

    Returns
    -------
    ndarray of float64 or None
        The n eigenvalues. None where numpy's OpenBLAS or its routines are not there; `gram` is
        as it was then.

    Raises
    ------
    numpy.linalg.LinAlgError
        If LAPACK reports an illegal argument or does not converge.
    ValueError
        If `gram` is not such an array.

    References
    ----------
    .. [1] Haidar, Ltaief and Dongarra 2011, doi:10.1145/2063384.2063394
    """
    side = gram.shape[0]
    if gram.shape != (side, side) or gram.dtype != np.float64 or not gram.flags.carray:
        raise ValueError("the matrix is not a square one of float64 in C order")
    library = _library()
    if library is None:
        return None
    # Fortran reads the matrix by columns, and so sees its transpose: the same, as it is symmetric.
    # "L" asks for the lower half in Fortran's order; the other half may hold anything.
    band = min(BAND, side - 1)
    # A row here is a column there: LAPACK keeps a band's column below one another.
    banded = np.zeros((side, band + 1))
    diagonal, beside = np.empty(side), np.empty(side)
    size, other = np.empty(1), np.empty(1)

    first = "L", side, band, gram, side, banded, band + 1, beside
    _call(library, "dsytrd_sy2sb", *first, size, -1)  # asks for the size of its workspace
    work = np.empty(int(size[0]))
    _call(library, "dsytrd_sy2sb", *first, work, work.size)

    # "Y": the band comes of the first stage. "N": no reflectors are kept, as no vectors are asked
    # for; both workspaces have sizes that only a first call with -1 tells.
    second = "Y", "N", "L", side, band, banded, band + 1, diagonal, beside
    _call(library, "dsytrd_sb2st", *second, size, -1, other, -1)
    reflectors, work = np.empty(int(size[0])), np.empty(int(other[0]))
    _call(library, "dsytrd_sb2st", *second, reflectors, reflectors.size, work, work.size)

    # Values alone, without vectors: root-free QL takes about n² steps, little beside n³.
    _call(library, "dsterf", side, diagonal, beside)
    return diagonal


@cache
def _library() -> ctypes.CDLL | None:
    loaded = (module for module in threadpool_info() if module["internal_api"] == "openblas")
    return find_library(module["filepath"] for module in loaded)


def find_library(files: Iterable[str]) -> ctypes.CDLL | None:
    """Return the first library that has the routines, or None."""
    for library in map(ctypes.CDLL, files):
        if all(hasattr(library, _NAME.format(routine)) for routine in _ROUTINES):
            return library
    return None


def _call(library: ctypes.CDLL, name: str, *arguments: str | int | NDArray[np.float64]) -> None:
    """Call a routine as Fortran does: by reference, the lengths of the strings at the end."""
    info = ctypes.c_int64()
    lengths = [ctypes.c_size_t(1) for argument in arguments if isinstance(argument, str)]
    getattr(library, _NAME.format(name))(*map(_reference, arguments), ctypes.byref(info), *lengths)
    if info.value:
        raise np.linalg.LinAlgError(f"{name} fails with the code {info.value}")


def _reference(argument: str | int | NDArray[np.float64]) -> object:
    if isinstance(argument, str):
        return ctypes.c_char_p(argument.encode())
    if isinstance(argument, int):
        return ctypes.byref(ctypes.c_int64(argument))
    return argument.ctypes.data_as(ctypes.c_void_p)
