"""The amount of training, taken out of what conditions do to the layers.

Whatever keeps a network from going its whole way, a lower rate as well as dropout, leaves a part of
the same profile: that of the baseline's own change. Two conditions that only train less are as
alike as two that share a mechanism. So their profiles are compared in what is left when the span of
the baseline's own change, and of the effects of conditions that differ in the amount of training
alone (controls), is taken out. The own change by itself is enough where a training goes straight;
where its path bends, the controls show which way.
"""

from typing import NamedTuple

import numpy as np

from weightscape.comparison.paired import Array

FEWEST_LAYERS = 8
"""With fewer layers than this, taking the amount out leaves too few directions to compare in."""

MIN_REPEATED = 0.5
"""Least repeatability with which a direction of the span counts, that of a profile.

The part of a control that the own change does not explain may be noise alone, which is so where the
path is straight. Its true share is found from different seeds and is then near zero or below; a
regression on it would blow that noise up without bound. The floor bounds it.
"""


MOSTLY = 0.5
"""Share from which on a profile is mostly amount: it must be within reach of the controls."""

SLACK = 0.1
"""How far beyond the controls a profile may be, as a share of what they do, for being measured."""


class Left(NamedTuple):
    """Profiles without the amount of training.

    Attributes
    ----------
    profiles : numpy.ndarray
        What is left, shape (profiles, seeds, layers).
    explained : numpy.ndarray
        Share of every profile that the amount explains, between 0 and 1, shape (profiles,); NaN for
        a profile that repeats itself too little for there to be anything to explain.
    is_beyond : numpy.ndarray
        Whether a profile is mostly amount and goes so much further than the controls that a bend of
        the path may be all that is left of it, shape (profiles,).
    """

    profiles: Array
    explained: Array
    is_beyond: np.ndarray


def take_out(profiles: Array, span: Array) -> Left:
    """Return what is left of profiles when a span, measured with noise, is taken out.

    A regression on a noisy span leaves a part of it behind, which all profiles that hold some of it
    share, so that they seem alike; and the more seeds stand behind the profiles, the surer that
    likeness looks. Two things keep it out. The coefficients come from products of *different*
    seeds, whose noise has nothing in common, so that they are not drawn to zero (regression with
    errors in variables, Fuller 1987, doi:10.1002/9780470316665, here with a repeated measurement
    as the instrument). And from the profile of a seed the span of the same seed is taken, not the
    mean span: what noise leaves behind differs from seed to seed, and products of different seeds
    do not see it. What is paid is noise, which lowers the reliability of what is left, as it
    should.

    Parameters
    ----------
    profiles : numpy.ndarray
        Shape (profiles, seeds, layers), scaled by the noise of every layer; a seed that a profile
        lacks is NaN throughout.
    span : numpy.ndarray
        The baseline's own change first, then the effect of every control, in the same way; shape
        (vectors, seeds, layers).

    Returns
    -------
    Left
        With NaN for seeds that the profile, or any vector of the span, lacks.
    """
    coefficients = _regress(profiles, span)
    left = profiles - np.einsum("pv,vsl->psl", coefficients, span)
    before, after = (np.diagonal(multiply_seeds(part, part)) for part in (profiles, left))
    found = np.isfinite(profiles).all(axis=2)
    within = np.where(found, np.nan_to_num(profiles**2).sum(axis=2), 0.0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        repeats = before >= MIN_REPEATED * within / found.sum(axis=1)
        explained = np.clip(np.where(repeats, 1 - after / before, np.nan), 0.0, 1.0)
    bends = _find_bends(profiles, span)
    is_beyond = (explained > MOSTLY) & (bends > 0) & ~(after > bends)
    return Left(left, explained, is_beyond)


def multiply_seeds(one: Array, other: Array) -> Array:
    """Return the mean inner product over pairs of different seeds, shape (of one, of other).

    It estimates the product of the mean profiles without the bias that noise of one seed, which
    both share, brings in. NaN where no pair of seeds is there.
    """
    a, b = (np.nan_to_num(part, nan=0.0) for part in (one, other))
    there, there_too = (np.isfinite(part).any(axis=2).astype(float) for part in (one, other))
    total = a.sum(axis=1) @ b.sum(axis=1).T - np.einsum("asl,bsl->ab", a, b)
    pairs = np.outer(there.sum(axis=1), there_too.sum(axis=1)) - there @ there_too.T
    return np.asarray(total / np.where(pairs > 0, pairs, np.nan))


def _regress(profiles: Array, span: Array) -> Array:
    """Return the coefficients of the profiles on the span, shape (profiles, vectors)."""
    whole = np.isfinite(span).all(axis=(0, 2))
    if whole.sum() < 2:
        return np.full((len(profiles), len(span)), np.nan)
    vectors = span[:, whole]
    within = np.einsum("asl,bsl->ab", vectors, vectors) / whole.sum()
    # In these coordinates the vectors of one seed have unit length and are orthogonal, so that an
    # eigenvalue of their product between seeds is how far that direction repeats itself.
    length, turn = np.linalg.eigh(within)
    some = length > length.max(initial=0.0) * 1e-12  # a control may be the sum of others
    scale = turn[:, some] / np.sqrt(length[some])
    repeated, directions = np.linalg.eigh(scale.T @ multiply_seeds(vectors, vectors) @ scale)
    axes = scale @ directions
    found = multiply_seeds(profiles, span) @ axes / np.maximum(repeated, MIN_REPEATED)
    return np.asarray(found @ axes.T)


def _find_bends(profiles: Array, span: Array) -> Array:
    """Return the square of what a bend of the path may leave of every profile, shape (profiles,).

    The amount of a profile is its share of a control's effect, which is the path near its end. As
    far as a control goes it is interpolated, and nothing is left. Further, or to the other side, it
    is extrapolated: of a quadratic that is known at nothing and at a control, ρ times as far
    ρ(ρ − 1) of the bend that the control shows is unknown. A bend that noise hides counts too: of a
    control that hardly does anything, no bend is seen, and everything is far beyond it.
    """
    own, controls = span[:1], span[1:]
    within = np.diagonal(multiply_seeds(controls, controls))
    across = multiply_seeds(controls, own)[:, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        bends = np.maximum(within - across**2 / multiply_seeds(own, own)[0, 0], 0.0)
        bends = bends + _find_errors(controls)
        ratios = multiply_seeds(profiles, controls) / within
        is_near = (ratios >= -SLACK) & (ratios <= 1 + SLACK)
        known = np.where(is_near, 0.0, (ratios * (ratios - 1)) ** 2 * bends)
        known = np.where(within > 0, known, np.inf)
    # The control that leaves least unknown decides; a span that says nothing is no bound.
    return np.asarray(np.nan_to_num(known, nan=np.inf).min(axis=1, initial=np.inf))


def _find_errors(vectors: Array) -> Array:
    """Return the standard error, by noise, of the square of vectors that are nothing else.

    Layers are equally noisy in units of their noise: of L of them with variances σ², a product of
    two seeds has a variance of Lσ⁴, and the mean over n(n − 1)/2 pairs 2Lσ⁴/(n(n − 1)).
    """
    squares = np.nan_to_num(vectors**2).sum(axis=2)
    seeds = np.isfinite(vectors).all(axis=2).sum(axis=1)
    noise = squares.sum(axis=1) / seeds - np.diagonal(multiply_seeds(vectors, vectors))
    layers = vectors.shape[2]
    return np.asarray(np.maximum(noise, 0.0) * np.sqrt(2 / (layers * seeds * (seeds - 1))))
