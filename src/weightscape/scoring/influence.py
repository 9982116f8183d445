"""How far every group of test images moves a score: the jackknife that leaves groups out.

A score is of a finite test set. How far it would move with another one of this size is seen from
how far it moves without each part of it. Images are in groups, each of which holds all corruptions
of its images, so that what one image does on several test sets is not taken for several.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from weightscape.scoring.leave_out import score_without

GROUPS = 200
"""Groups that images are put in at most: enough for a variance that is known to 10 %."""


class Influence(NamedTuple):
    """What groups of images add to a score.

    Attributes
    ----------
    values : numpy.ndarray
        Shape (groups,); empty where there is a reason. The sum of their squares is the score's
        variance over test sets, and that of their products with another score's, or another run's
        on the same images, the covariance.
    reason : str
        Why there are none; empty otherwise.
    """

    values: np.ndarray
    reason: str = ""


def group_images(count: int) -> np.ndarray:
    """Return the group of each of `count` images, shape (count,), from 0.

    Each is a group of its own where they are no more than `GROUPS`. Of more, those of a group are
    drawn, always the same for one count: in the order of a file, images are sorted by class as
    often as not, and a group with as many of each class as the next would hide what the classes'
    shares do.
    """
    if count <= GROUPS:
        return np.arange(count)
    return np.random.default_rng(0).permutation(count) % GROUPS


def find_influences(
    logits: np.ndarray, labels: np.ndarray, groups: np.ndarray
) -> dict[str, Influence]:
    """Return the influences of the groups of images on every score of some predictions.

    Parameters
    ----------
    logits, labels : numpy.ndarray
        As of `weightscape.scoring.calibration.score`.
    groups : numpy.ndarray
        The group of each prediction, from 0 to the largest, shape (n,).

    Returns
    -------
    dict of str to Influence
        By the name of the score. A score has none where there is a single group; and, where it is
        made of the classes' own, where one of them has all its images in a single group: without
        it, it would be another score. Where a score has a kink they are too large rather than too
        small: of a calibration error that is all chance, and of the worst class among equals, their
        variance is two to three times the true one.
    """
    count = int(groups.max()) + 1
    # One more group, without images: without it, a score is that of all.
    scores = score_without(logits, labels, groups, count + 1)
    sizes = np.bincount(groups, minlength=count)
    lone = explain_lone(labels, groups)
    return {
        name: _find_influence(values[-1], values[:-1], sizes, lone)
        for name, values in scores.items()
    }


def jackknife_groups(
    score: float, without: np.ndarray, sizes: Sequence[int] | np.ndarray
) -> np.ndarray:
    """Return influences from the values of a score without each group.

    Parameters
    ----------
    score : float
        Its value with all groups.
    without : numpy.ndarray
        Its value without each, shape (groups,).
    sizes : sequence of int
        Predictions in each; a group without any has no influence.

    Returns
    -------
    numpy.ndarray
        Shape (groups,): with h the predictions of all over those of the group, the deviation of its
        pseudo-value h θ − (h − 1) θ₋ from their mean, over √(groups · (h − 1)). Of a mean over
        single images x the squares add up to s²/n.

    References
    ----------
    Busing, Meijer & van der Leeden (1999), Delete-m jackknife for unequal m,
    doi:10.1023/A:1008800423698, equations 4 and 5.
    """
    sizes = np.asarray(sizes, float)
    there = sizes > 0
    found = np.zeros(len(sizes))
    share = sizes[there] / sizes.sum()
    moved = score - without[there]
    rest = 1 / share - 1
    centre = ((1 - share) * moved).sum()
    found[there] = (rest * moved - centre) / np.sqrt(there.sum() * rest)
    return found


def explain_lone(labels: np.ndarray, groups: np.ndarray) -> str:
    """Return which classes have all their images in one group; empty if none has."""
    there, place = np.unique(labels, return_inverse=True)
    pairs = np.unique(place * (int(groups.max()) + 1) + groups) // (int(groups.max()) + 1)
    lone = there[np.bincount(pairs, minlength=len(there)) == 1]
    if not len(lone):
        return ""
    numbers = ", ".join(map(str, lone[:5])) + (" …" if len(lone) > 5 else "")
    return f"too few images of {len(lone)} of {len(there)} classes ({numbers}) to leave any out"


def _find_influence(score: float, without: np.ndarray, sizes: np.ndarray, lone: str) -> Influence:
    if (sizes > 0).sum() < 2:
        return Influence(np.empty(0), "one image: it cannot be left out")
    if np.isnan(score):
        return Influence(np.empty(0), "the score is missing")
    if not np.isfinite(without).all():
        return Influence(np.empty(0), lone)
    return Influence(jackknife_groups(score, without, sizes))
