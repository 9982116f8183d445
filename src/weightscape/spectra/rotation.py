"""How far the leading singular vectors of a layer matrix have turned from the initial ones."""

from typing import Any, NamedTuple

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


class Turned(NamedTuple):
    """How far singular vectors have turned.

    Attributes
    ----------
    columns : dict
        Columns of the table `spectra`; those without a value are not in it.
    overlaps : dict
        By side, the overlap of every component; None where it is not determined.
    reasons : list of str
        Why columns are missing.
    """

    columns: dict[str, Any]
    overlaps: Overlaps
    reasons: list[str]


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


def find_turn(vectors: Vectors, start: Vectors, now: Directions, before: Directions) -> Turned:
    """Return how far the leading singular vectors of a matrix have turned.

    Parameters
    ----------
    vectors, start : Vectors
        The leading ones of the matrix and of the initial one, `LEADING` or all that there are.
    now, before : Directions
        Which of them are determined.

    Returns
    -------
    Turned
        A subspace of k directions is compared where both matrices have k of them, and the singular
        values k and k + 1 are apart in both; of a side that has more than k dimensions, for else
        it is the whole space. Single vectors are compared where they are apart from both
        neighbours.
    """
    columns: dict[str, float] = {}
    missing: dict[str, list[str]] = {}
    for k in SIZES:
        why = _explain_missing(k, now, "fine-tuned") or _explain_missing(k, before, "initial")
        if why:
            missing.setdefault(why, []).append(str(k))
        for side, one, other in zip(SIDES, vectors, start, strict=True):
            n = one.shape[0]
            if k >= n:
                if not why:
                    missing.setdefault("it is the whole space", []).append(f"{side} {k}")
                continue
            columns[f"rotation_chance_{side}_{k}"] = expect_rotation(n, k)
            if not why:
                columns[f"rotation_{side}_{k}"] = find_rotation(one[:, :k], other[:, :k])
    overlaps: Overlaps = {}
    alone = now.are_alone & before.are_alone
    for side, one, other in zip(SIDES, vectors, start, strict=True):
        found = np.abs(np.sum(one[:, : alone.size] * other[:, : alone.size], axis=0))
        found = np.minimum(found, 1.0)
        overlaps[f"overlap_{side}"] = [
            float(value) if is_alone else None for value, is_alone in zip(found, alone, strict=True)
        ]
        if alone.any():
            columns[f"overlap_{side}"] = float(found[alone].mean())
    if not alone.any():
        missing["no singular value is apart from its neighbours"] = ["overlap"]
    reasons = [f"{', '.join(which)}: {why}" for why, which in missing.items()]
    return Turned(columns, overlaps, reasons)


def _explain_missing(k: int, of: Directions, which: str) -> str:
    """Return why the leading k directions of a matrix are not determined; empty if they are."""
    there = int(np.count_nonzero(of.exist))
    if there < k:
        return f"the {which} matrix has {there} directions"
    if not of.end[k - 1]:
        return f"its values {k} and {k + 1} are within {GAP:.1%} in the {which} matrix"
    return ""
