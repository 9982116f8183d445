"""Random matrices about which the truth is known."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct
from scipy.linalg import eigvalsh_tridiagonal

_TURNS = 2


def pareto(alpha: float, size: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return draws from the density (alpha − 1)·x^(−alpha), x ≥ 1."""
    return (1 - generator.random(size)) ** (-1 / (alpha - 1))


def with_spectrum(
    eigenvalues: NDArray[np.float64], N: int, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Return an N×M matrix W whose WᵀW has these M eigenvalues.

    The singular vectors are those of a diagonal matrix after random signs, cosine transforms and
    permutations of rows and columns, twice: each is orthogonal, and together they spread every
    singular value over all entries, at a small part of the cost of random orthogonal matrices.
    """
    M = eigenvalues.size
    values = np.zeros((N, M), np.float32)
    values[np.arange(M), np.arange(M)] = np.sqrt(eigenvalues)
    for _ in range(_TURNS):
        for axis in (0, 1):
            signs = generator.choice(np.array([-1, 1], np.float32), values.shape[axis])
            values *= np.expand_dims(signs, 1 - axis)
            values = dct(values, axis=axis, norm="ortho", overwrite_x=True)
            values = values.take(generator.permutation(values.shape[axis]), axis=axis)
    return values


def gaussian(N: int, M: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """Return an N×M matrix of independent Gaussian entries with variance 1/N."""
    return generator.standard_normal((N, M), np.float32) / np.float32(np.sqrt(N))


def gaussian_spectrum(N: int, M: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return the eigenvalues of WᵀW of an N×M matrix W of independent standard Gaussian entries.

    They are drawn as those of a tridiagonal matrix of the same law, in ascending order.

    References
    ----------
    Dumitriu and Edelman 2002, doi:10.1063/1.1507823
    """
    diagonal = generator.chisquare(N - np.arange(M))
    beside = generator.chisquare(M - 1 - np.arange(M - 1))
    squares = diagonal + np.append(0, beside)
    return np.asarray(eigvalsh_tridiagonal(squares, np.sqrt(diagonal[:-1] * beside)), np.float64)


def spiked(strength: float, N: int, M: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """Return a `gaussian` matrix plus θuvᵀ, u and v random unit vectors.

    θ is `strength` times the Baik–Ben Arous–Péché threshold (M/N)^(1/4).
    """
    left, right = (v / np.linalg.norm(v) for v in map(generator.standard_normal, (N, M)))
    theta = strength * (M / N) ** 0.25
    return gaussian(N, M, generator) + (theta * np.outer(left, right)).astype(np.float32)


def round_to_bfloat16(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the finite `values` to the nearest bfloat16, of two as near the even one."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    # A bfloat16 is the upper half of a float32, and the lower half decides where it is rounded to.
    even = bits >> np.uint32(16) & np.uint32(1)
    rounded = bits + np.uint32(0x7FFF) + even & np.uint32(0xFFFF0000)
    return rounded.view(np.float32)


def bulk_edge(values: NDArray[np.float32]) -> float:
    """Return the upper edge of the eigenvalues of WᵀW of independent entries (N×M).

    References
    ----------
    Marchenko and Pastur 1967, doi:10.1070/SM1967v001n04ABEH001994
    """
    N, M = values.shape
    return float(np.mean(np.square(values, dtype=np.float64)) * (np.sqrt(N) + np.sqrt(M)) ** 2)


def outlier(strength: float, Q: float) -> float:
    """Return where the largest eigenvalue of a `spiked` matrix lies in the limit of large size.

    References
    ----------
    Benaych-Georges and Nadakuditi 2012, doi:10.1016/j.jmva.2012.04.019, section 3.1
    """
    c = 1 / Q
    theta = max(strength, 1.0) * c**0.25  # below the threshold the spike stays in the bulk
    return (1 + theta**2) * (c + theta**2) / theta**2
