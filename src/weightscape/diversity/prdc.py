"""How far a set of images is like real ones, and how much of the real ones it covers."""

from typing import NamedTuple

import numpy as np

from weightscape.diversity.distances import squared_distances, squared_radii
from weightscape.diversity.vendi import Array, Features


class Fidelity(NamedTuple):
    """What `measure_fidelity` gives.

    Attributes
    ----------
    precision : float
        Share of the images that lie within the neighbourhood of a real one.
    recall : float
        Share of the real images that lie within the neighbourhood of one of the set.
    density : float
        Neighbourhoods of real images that an image lies in, over k, on average: about 1 for
        images like real ones; unlike precision, one outlier among the real images moves it little.
    coverage : float
        Share of the real images with an image of the set in their neighbourhood.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def measure_fidelity(
    real: Features, images: Features, k: int = 5, real_radii: Array | None = None
) -> Fidelity:
    """Return precision, recall, density and coverage of a set of images.

    The neighbourhood of an image reaches up to its k-th nearest neighbour in its own set, that one
    left out. All four depend on the number of images: compare sets of the same size only.

    Parameters
    ----------
    real, images : ndarray of real numbers, shapes (n, d) and (m, d)
        Features of the real images and of the set.
    k : int, optional
        Neighbours that make a neighbourhood.
    real_radii : ndarray of float64, shape (n,), optional
        `weightscape.diversity.distances.squared_radii` of `real`, where they are known already.

    Raises
    ------
    ValueError
        If one of the sets has not more than k images.

    References
    ----------
    Kynkäänniemi et al. (2019), Improved Precision and Recall Metric for Assessing Generative
    Models, arXiv:1904.06991; Naeem et al. (2020), Reliable Fidelity and Diversity Metrics for
    Generative Models, arXiv:2002.09797. As in the latter's package prdc 0.2, the border of a
    neighbourhood does not belong to it.
    """
    if real_radii is None:
        real_radii = squared_radii(real, k)
    radii = squared_radii(images, k)
    neighbourhoods = np.zeros(len(images), np.int64)
    recalled = np.empty(len(real), np.bool_)
    covered = np.empty(len(real), np.bool_)
    for part, distances in squared_distances(real, images):
        inside = distances < real_radii[part, None]
        neighbourhoods += inside.sum(axis=0)
        covered[part] = inside.any(axis=1)
        recalled[part] = (distances < radii).any(axis=1)
    return Fidelity(
        precision=float((neighbourhoods > 0).mean()),
        recall=float(recalled.mean()),
        density=float(neighbourhoods.mean()) / k,
        coverage=float(covered.mean()),
    )
