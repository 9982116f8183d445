"""Training sets of real and synthetic images."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from weightscape.data.examples import Examples, concatenate
from weightscape.seeds import seed_for

if TYPE_CHECKING:
    from weightscape.config.recipe import Recipe
    from weightscape.config.run import RunId

DOMAIN = "synthetic"
"""The domain of synthetic images in a training set."""


def add_synthetic(
    real: Examples,
    synthetic: Sequence[Examples],
    ratios: Sequence[float],
    *,
    replaces: bool = False,
    seed: int = 0,
) -> Examples:
    """Return real training images and, after them, the wanted share of synthetic ones.

    Parameters
    ----------
    real : Examples
        The training images.
    synthetic : sequence of Examples
        Images of each generator.
    ratios : sequence of float
        For each of them, how many to take over the number of real images: of class k the first
        round(ratio · real images of k).
    replaces : bool, optional
        Whether real images go, as many of a class as synthetic ones come, so that every class
        keeps its number. Generators are then served in turn until all real images of a class are
        replaced.
    seed : int, optional
        Decides which real images go. Those that stay with a higher ratio stay with a lower one.

    Returns
    -------
    images : Examples
        The images. Synthetic ones are of the domain "synthetic", where there are any.

    Raises
    ------
    ValueError
        If a generator has too few images of a class.
    """
    if not synthetic:
        return real
    left = np.bincount(real.labels, minlength=len(real.classes))
    parts = []
    for images, ratio in zip(synthetic, ratios, strict=True):
        wanted = per_class(real, ratio)
        if replaces:
            wanted = np.minimum(wanted, left)
            left = left - wanted
        chosen = [np.flatnonzero(images.labels == k)[:count] for k, count in enumerate(wanted)]
        for name, found, count in zip(real.classes, chosen, wanted, strict=True):
            if len(found) < count:
                raise ValueError(
                    f"class {name}: {count} synthetic images are wanted, {len(found)} are there"
                )
        parts.append(images.subset(np.concatenate(chosen)))
    kept = real.subset(_staying(real.labels, left, seed)) if replaces else real
    names = tuple(dict.fromkeys((*real.domain_names, DOMAIN)))
    domain = names.index(DOMAIN)
    return concatenate(
        [replace(kept, domain_names=names)]
        + [replace(part, domains=np.full(len(part), domain), domain_names=names) for part in parts]
    )


def mix_for(
    real: Examples, synthetic: Sequence[Examples], recipe: "Recipe", run: "RunId"
) -> Examples:
    """Return the images that a run trains on, see `add_synthetic`.

    Which real images go is the same for all conditions of a seed.
    """
    return add_synthetic(
        real,
        synthetic,
        list(recipe.synthetic.values()),
        replaces=recipe.synthetic_replaces,
        seed=seed_for("replaced", run.dataset, run.seed),
    )


def per_class(real: Examples, ratio: float) -> np.ndarray:
    """Return how many synthetic images of each class a ratio asks for, int64 (classes,)."""
    counts = np.bincount(real.labels, minlength=len(real.classes))
    return np.asarray(np.rint(ratio * counts), np.int64)


def _staying(labels: np.ndarray, counts: np.ndarray, seed: int) -> np.ndarray:
    """Return the ascending indices of so many images of each class, drawn."""
    rng = np.random.default_rng(seed)
    kept = [rng.permutation(np.flatnonzero(labels == k))[:count] for k, count in enumerate(counts)]
    return np.sort(np.concatenate(kept))
