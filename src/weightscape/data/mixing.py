"""Training sets of real and synthetic images."""

from collections.abc import Sequence

import numpy as np

from weightscape.data.labelled import Labelled, concatenate


def with_synthetic(
    real: Labelled, synthetic: Sequence[Labelled], ratios: Sequence[float]
) -> Labelled:
    """Return the real training images and, after them, the wanted share of synthetic ones.

    Parameters
    ----------
    real : Labelled
        The training images.
    synthetic : sequence of Labelled
        Images of each generator.
    ratios : sequence of float
        For each of them, how many to take over the number of real images: of class k the first
        round(ratio · real images of k).

    Raises
    ------
    ValueError
        If a generator has too few images of a class.
    """
    parts = [real]
    for images, ratio in zip(synthetic, ratios, strict=True):
        wanted = per_class(real, ratio)
        chosen = [np.flatnonzero(images.labels == k)[:count] for k, count in enumerate(wanted)]
        for name, found, count in zip(real.classes, chosen, wanted, strict=True):
            if len(found) < count:
                raise ValueError(
                    f"class {name}: {count} synthetic images are wanted, {len(found)} are there"
                )
        parts.append(images.subset(np.concatenate(chosen)))
    return concatenate(parts)


def per_class(real: Labelled, ratio: float) -> np.ndarray:
    """Return how many synthetic images of each class a ratio asks for, int64 (classes,)."""
    counts = np.bincount(real.labels, minlength=len(real.classes))
    return np.asarray(np.rint(ratio * counts), np.int64)
