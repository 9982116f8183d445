"""Likeness of the layer profiles that conditions leave in the weights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from weightscape.comparison.amount import FEWEST_LAYERS, Left, take_out
from weightscape.comparison.layers import find_whole_layers
from weightscape.comparison.paired import Array, Estimate, jackknife

MIN_RELIABILITY = 0.5
"""Below it a profile is too noisy for its likeness to another to mean anything."""

MIN_LAYERS = 3
"""Two points always lie on a line: a correlation over fewer layers than this says nothing."""


@dataclass(frozen=True)
class Likeness:
    """How alike profiles are; arrays of shape (profiles, profiles).

    Attributes
    ----------
    r : numpy.ndarray
        Mean over pairs of different seeds of Pearson's r; its diagonal is the reliability.
    corrected : numpy.ndarray
        r over the geometric mean of the reliabilities; NaN, to be read as inconclusive, where
        either is below `MIN_RELIABILITY`. It may leave [−1, 1] by chance; it is not clipped.
    r_without : numpy.ndarray
        r without each seed that there is, shape (profiles, profiles, seeds).
    without : numpy.ndarray
        The corrected r without each seed that there is, shape (profiles, profiles, seeds),
        whatever the reliabilities; NaN where one of them is not positive.
    explained : numpy.ndarray
        Share of every profile that the span explains, shape (profiles,); NaN without one.
    is_beyond : numpy.ndarray
        Whether a profile goes further than the span can tell, shape (profiles,); it is not
        compared.
    """

    r: Array
    corrected: Array
    r_without: Array
    without: Array
    explained: Array
    is_beyond: np.ndarray

    @property
    def reliability(self) -> Array:
        """The likeness of a profile to itself in another seed, shape (profiles,)."""
        return np.diagonal(self.r).copy()

    @property
    def estimate(self) -> Estimate:
        """The corrected r with its jackknife error."""
        return jackknife(self.corrected, self.without)


def likeness(
    effects: ArrayLike, span: ArrayLike | None = None, noise: ArrayLike | None = None
) -> Likeness:
    """Return how alike profiles are, free of shared noise and corrected for the rest.

    Effects of one seed share the noise of their reference's run, which alone correlates two
    conditions without any effect at about .5; so only pairs of different seeds are compared. Noise
    that is not shared weakens a correlation; dividing by the geometric mean of the reliabilities
    undoes that (Spearman 1904, doi:10.2307/1412159). A profile says where along the network a
    condition acts: what it does to all layers alike is taken out.

    Parameters
    ----------
    effects : array_like
        Shape (profiles, seeds, layers): what is compared in every seed and layer. Layers that have
        no value in some profile and seed are left out; a seed without any value in a profile is
        one that the profile lacks, and one that all lack is left out.
    span : array_like, optional
        Shape (vectors, seeds, layers): what is taken out of every profile, see
        `weightscape.comparison.amount`.
    noise : array_like, optional
        Standard deviation of every layer's effect between seeds, positive, shape (layers,). Layers
        weigh by how well they are measured (Walther et al. 2016,
        doi:10.1016/j.neuroimage.2015.12.012); all alike without it.

    Returns
    -------
    Likeness
        With NaN where no pair of seeds counts: a single seed, too few layers, no spread.
    """
    profiles = np.asarray(effects, dtype=np.float64)
    vectors = profiles[:0] if span is None else np.asarray(span, dtype=np.float64)
    count = len(profiles)
    stack = np.concatenate([profiles, vectors])
    seeds = np.isfinite(profiles).any(axis=(0, 2))
    stack = stack[:, seeds]
    whole = find_whole_layers(stack)
    sd = np.ones(len(whole)) if noise is None else np.asarray(noise, dtype=np.float64)
    stack = _without_level(stack[..., whole], sd[whole])
    found = _compare(stack, count)
    parts = [_compare(np.delete(stack, k, axis=1), count) for k in range(seeds.sum())]
    nothing = np.empty((count, count, 0))
    r_without = np.stack([r for r, *_ in parts], axis=-1) if parts else nothing
    # Whatever the reliability: a threshold that falls on one side with all seeds and on the
    # other without one would make the jackknife's spread one of the threshold.
    without = np.stack([_correct(r, 0.0) for r, *_ in parts], axis=-1) if parts else nothing
    r, explained, is_beyond = found
    corrected = _correct(r, MIN_RELIABILITY)
    corrected[is_beyond], corrected[:, is_beyond] = np.nan, np.nan
    return Likeness(r, corrected, r_without, without, explained, is_beyond)


def _without_level(stack: Array, sd: Array) -> Array:
    """Return profiles in units of the layers' noise, without what is the same in all layers."""
    level = 1 / sd
    level = level / np.sqrt((level**2).sum())
    scaled = stack / sd
    return np.asarray(scaled - (scaled @ level)[..., None] * level)


def _compare(stack: Array, count: int) -> tuple[Array, Array, np.ndarray]:
    """Return r of the first `count` profiles, and how they stand to the span of the others."""
    profiles, span = stack[:count], stack[count:]
    left, least = Left(profiles, np.full(count, np.nan), np.zeros(count, bool)), MIN_LAYERS
    if len(span):
        left, least = take_out(profiles, span), FEWEST_LAYERS
    if stack.shape[2] < least:
        return np.full((count, count), np.nan), left.explained, left.is_beyond
    return _mean(_correlate_seeds(left.profiles)), left.explained, left.is_beyond


def _correlate_seeds(profiles: Array) -> Array:
    """Return r of every two profiles' seeds, (profiles, profiles, seeds, seeds); NaN for equal."""
    # Of unit vectors about zero, the product is Pearson's r; a profile without spread has none.
    length = np.sqrt((profiles**2).sum(axis=2, keepdims=True))
    scale = np.abs(profiles).max(initial=0.0, where=np.isfinite(profiles))
    unit = profiles / np.where(length > 1e-12 * scale, length, np.nan)
    pairs: Array = np.einsum("akl,bml->abkm", unit, unit, optimize=True)
    # Both effects of one seed hold the noise of one run, that of their reference.
    diagonal = np.arange(profiles.shape[1])
    pairs[:, :, diagonal, diagonal] = np.nan
    return pairs


def _mean(pairs: Array) -> Array:
    """Return the mean over the pairs of seeds that count; NaN where none does."""
    found = np.isfinite(pairs)
    counted = found.sum(axis=(2, 3))
    total: Array = np.where(found, pairs, 0.0).sum(axis=(2, 3))
    return total / np.where(counted > 0, counted, np.nan)


def _correct(r: Array, least: float) -> Array:
    reliability = np.diagonal(r)
    # A reliability that is not positive has no root, and chance alone can make one negative.
    enough = (reliability >= least) & (reliability > 0)
    root = np.sqrt(np.where(enough, reliability, np.nan))
    return np.asarray(r / np.outer(root, root))
