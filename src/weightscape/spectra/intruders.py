"""Intruder dimensions: leading singular vectors that are like none of the initial ones."""

import numpy as np
from numpy.typing import NDArray


def count_intruders(
    leading: NDArray[np.float64], initial: NDArray[np.float64], cosine: float
) -> int:
    """Return how many of the leading singular vectors are like no initial one [1]_.

    Of r singular values that are equal the vectors are any basis of their space; one that lies
    within the space of r initial ones has a cosine of at least 1/√r with one of them.

    Parameters
    ----------
    leading : ndarray of float64
        Left singular vectors (n, k) of the tuned matrix.
    initial : ndarray of float64
        All left singular vectors (n, m) of the initial matrix whose singular value is not zero.
    cosine : float
        ε: a vector is an intruder where its largest cosine, of either sign, is below this.

    References
    ----------
    .. [1] Shuttleworth et al. 2025, definition 1, arXiv:2410.21228; ten vectors and ε = 0.5 are
       the defaults of its implementation in peft
    """
    largest = np.abs(initial.T @ leading).max(axis=0, initial=0)
    return int(np.count_nonzero(largest < cosine))
