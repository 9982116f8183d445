"""Weighted Vendi scores: diversity that counts as far as a set is like the real images."""

import numpy as np
import numpy.typing as npt

from weightscape.diversity.vendi import Features, squared_lengths


def paired_likeness(reference: Features, other: Features) -> float:
    """Return ρ of the weighted Vendi score as published.

    ρ = ⟨X, Y⟩_F / (‖X‖_F ‖Y‖_F), the rows of one set paired with those of the other by their
    order, both sets cut to the length of the shorter one: another order gives another ρ.

    Parameters
    ----------
    reference, other : ndarray of real numbers, shapes (n, d) and (m, d)
        Features that are not normalised.

    Returns
    -------
    float
        Between −1 and 1; NaN where a set has no image or nothing but zeros.

    References
    ----------
    Ba, Mancenido & Pan (2025), arXiv:2410.14602v2, and the code released with it.
    """
    length = min(len(reference), len(other))
    one, two = reference[:length], other[:length]
    product = sum(np.vdot(x.astype(np.float64), y) for x, y in zip(one, two, strict=True))
    scale = np.sqrt(squared_lengths(one).sum() * squared_lengths(two).sum())
    return float(product / scale) if scale > 0 else np.nan


def class_likeness(
    reference: Features,
    reference_labels: npt.NDArray[np.int64],
    other: Features,
    other_labels: npt.NDArray[np.int64],
) -> float:
    """Return the mean of the published ρ over all pairings of images of the same class.

    With μ_k and ν_k the mean rows of class k, and a_k and b_k the means of their squared lengths,

        ρ = Σ w_k ⟨μ_k, ν_k⟩ / √(Σ w_k a_k · Σ w_k b_k).

    Where both sets have the same number of images of every class, this is exactly the mean of
    `paired_likeness` over all orders that pair each image with one of its own class, which is what
    the file order of the publication does. The order is summed out, not replaced by another rule:
    an optimal assignment would grow with the number of images, and pairs across classes would say
    how alike the classes are rather than the sets.

    Parameters
    ----------
    reference, other : ndarray of real numbers, shapes (n, d) and (m, d)
        Features that are not normalised; the number of rows need not be the same.
    reference_labels, other_labels : ndarray of int64, shapes (n,) and (m,)
        Their classes. w_k is the share of class k in the reference; classes that one of the sets
        lacks are left out.

    Returns
    -------
    float
        Between −1 and 1; NaN where the sets have no class in common or nothing but zeros. The
        reference gives less than 1 with itself, because its images differ: compare with that.
    """
    product = length_one = length_two = 0.0
    squares_one, squares_two = squared_lengths(reference), squared_lengths(other)
    for k in np.intersect1d(reference_labels, other_labels):
        one, two = reference_labels == k, other_labels == k
        means = reference[one].mean(0, np.float64), other[two].mean(0, np.float64)
        share = np.count_nonzero(one)
        product += share * float(np.dot(*means))
        length_one += share * float(squares_one[one].mean())
        length_two += share * float(squares_two[two].mean())
    scale = np.sqrt(length_one * length_two)
    return float(product / scale) if scale > 0 else np.nan
