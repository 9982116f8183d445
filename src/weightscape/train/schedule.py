"""The learning rate of every step of a training, as a share of its peak."""

import math
from collections.abc import Callable

from weightscape.config.recipe import Optimisation


def make_factor(recipe: Optimisation, steps_per_epoch: int, total: int) -> Callable[[int], float]:
    """Return what gives the learning rate of a step (from 0) as a share of its peak.

    Parameters
    ----------
    recipe : Optimisation
        Kind of schedule, and its warm-up in epochs.
    steps_per_epoch, total : int
        Steps of an epoch, and of the whole training.
    """
    warmup = round(recipe.warmup_epochs * steps_per_epoch)
    return lambda step: factor(recipe, step, warmup, total)


def factor(recipe: Optimisation, step: int, warmup: int, total: int) -> float:
    """Return the learning rate of `step` (from 0) as a share of its peak."""
    if step < warmup or recipe.sched == "cosine":
        return cosine(step, warmup, total)
    if recipe.sched == "multistep":
        passed = sum(step >= round(share * total) for share in recipe.decay_milestones)
        return recipe.decay_rate**passed
    return 1.0


def cosine(step: int, warmup: int, total: int) -> float:
    """Return the share of the peak that rises linearly in the warm-up and falls along a cosine.

    The cosine is that of Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts, and ends at
    zero after the last step.
    """
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(total - warmup, 1)))
