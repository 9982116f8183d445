"""How far the leading singular vectors of a layer matrix have turned from the initial ones."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightscape.spectra.metrics_rotation import SIDES, SIZES
from weightscape.spectra.power_law import ZERO
from weightscape.spectra.vectors import Vectors

LEADING = max(SIZES)
"""How many singular vectors are compared."""

GAP = 1e-3
"""Share of a singular value by which the next one is below it, if the two are apart.

The vectors of two equal singular values are any two of their plane, and those of nearly equal ones
hang on what is smaller than this difference. What the rounding to bfloat16, the coarsest common
type, mixes into one another across this gap is about 1/√n of either, in n dimensions.
"""

Overlaps = dict[str, list[float | None]]
"""By `overlap_left` and `overlap_right`, |u·u′| of every leading component."""


class Directions(NamedTuple):
    """Which of the leading directions of a matrix are determined.

    Attributes
    ----------
    exist : ndarray of bool
        For each of the leading ones, whether its singular value is above zero.
    end : ndarray of bool
        Whether it is apart from the next one, so that the subspace of all up to it is determined.
    """

    exist: NDArray[np.bool_]
    end: NDArray[np.bool_]

    @property
    def are_alone(self) -> NDArray[np.bool_]:
        """Return whether each is apart from both its neighbours."""
        alone: NDArray[np.bool_] = self.exist & self.end
        alone[1:] &= self.end[:-1]
        return alone


def find_directions(ascending: NDArray[np.float64]) -> Directions:
    """Return which of the leading directions are determined, by the eigenvalues of one matrix."""
    singular = np.sqrt(np.maximum(ascending[::-1][: LEADING + 1], 0))
    here = singular[:LEADING]
    following = np.zeros_like(here)
    following[: singular.size - 1] = singular[1:]
    return Directions(here > np.sqrt(ZERO) * singular[0], following < (1 - GAP) * here)


def find_rotation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the mean squared sine of the principal angles between two subspaces [1]_.

    It is 1 − φ, φ the normalised similarity of subspaces of one dimension in [2]_: 0 for the same
    subspace, 1 for orthogonal ones, and symmetric.

    Parameters
    ----------
    one, other : ndarray of float64
        Orthonormal bases (n, k) of both.

    References
    ----------
    .. [1] Björck and Golub 1973, doi:10.2307/2005662
    .. [2] Hu et al. 2021, equation 4, arXiv:2106.09685
    """
    # What of one lies outside the other: 1 − φ itself would lose small angles to rounding.
    outside = one - other @ (other.T @ one)
    return min(float(np.sum(outside**2) / one.shape[1]), 1.0)


def expect_rotation(n: int, k: int) -> float:
    """Return the expected rotation between a subspace and a random one: 1 − k/n.

    The projection onto k uniformly random of n dimensions has the mean (k/n)·1 [1]_.

    References
    ----------
    .. [1] James 1954, doi:10.1214/aoms/1177728846
    """
    return 1 - k / n


def find_rotations(
    vectors: Vectors, start: Vectors, now: Directions, before: Directions
) -> tuple[dict[str, float], str]:
    """Return how far the leading subspaces of a matrix have turned, beside chance.

    Parameters
    ----------
    vectors, start : Vectors
        The leading ones of the matrix and of the initial one, `LEADING` or all that there are.
    now, before : Directions
        Which of them are determined.

    Returns
    -------
    columns : dict
        `rotation_*`, `rotation_chance_*` and `subspace_*`. A subspace of k directions is compared
        where both matrices have k of them and the singular values k and k + 1 are apart in both, on
        a side that has more than k dimensions, for else it is the whole space.
    reason : str
        Why some are missing; empty if none is.
    """
    columns: dict[str, float] = {}
    missing: dict[str, list[str]] = {}
    for k in SIZES:
        why = _explain_missing(k, now, "fine-tuned") or _explain_missing(k, before, "initial")
        if why:
            missing.setdefault(why, []).append(str(k))
        for side, one, other in zip(SIDES, vectors, start, strict=True):
            n = one.shape[0]
            if k < n:
                columns[f"rotation_chance_{side}_{k}"] = expect_rotation(n, k)
            if k < n and not why:
                columns[f"rotation_{side}_{k}"] = find_rotation(one[:, :k], other[:, :k])
            elif not why:
                missing.setdefault("it is the whole space", []).append(f"{side} {k}")
    for side in SIDES:
        if (turned := columns.get(f"rotation_{side}_{LEADING}")) is not None:
            columns[f"subspace_{side}"] = 1 - turned
    return columns, "; ".join(f"{', '.join(which)}: {why}" for why, which in missing.items())


def find_overlaps(vectors: Vectors, start: Vectors, alone: NDArray[np.bool_]) -> Overlaps:
    """Return |u·u′| of every leading component with the initial one of the same place.

    Parameters
    ----------
    vectors, start : Vectors
        As of `find_rotations`.
    alone : ndarray of bool
        Which of them are apart from both neighbours in both matrices; the others have None.
    """
    found: Overlaps = {}
    for side, one, other in zip(SIDES, vectors, start, strict=True):
        cosines = np.abs(np.sum(one * other, axis=0)).clip(max=1)
        found[f"overlap_{side}"] = [
            float(cosine) if is_alone else None
            for cosine, is_alone in zip(cosines, alone, strict=True)
        ]
    return found


def _explain_missing(k: int, of: Directions, which: str) -> str:
    """Return why the leading k directions of a matrix are not determined; empty if they are."""
    there = int(np.count_nonzero(of.exist))
    if there < k:
        return f"the {which} matrix has {there} directions"
    if not of.end[k - 1]:
        return f"singular values {k} and {k + 1} of the {which} matrix are within {GAP:.1%}"
    return ""
