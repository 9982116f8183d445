"""What decoupled weight decay alone does to weights: arithmetic, whatever is learnt."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from weightscape.config.recipe import Optimisation
from weightscape.train.schedule import make_factor

DECOUPLED = ("adamw",)
"""Optimisers in which a step multiplies a weight by 1 − lr · weight_decay."""

FIELDS = {
    *("opt", "lr", "head_lr_factor", "weight_decay"),
    *("epochs", "steps", "sched", "decay_milestones", "decay_rate", "warmup_epochs"),
}
"""What of a recipe says how weights decay."""


class Course(NamedTuple):
    """How long a training was.

    Attributes
    ----------
    kept : int
        Steps up to the network that is kept.
    total, steps_per_epoch : int
        Steps of the whole training, along which the learning rate goes, and of an epoch.
    """

    kept: int
    total: int
    steps_per_epoch: int


class DecayScale(NamedTuple):
    """log10 of what decay alone multiplies weights by; None where it has no closed form.

    Attributes
    ----------
    body, head : float or None
        Of all layers but the classifier, and of the classifier, whose learning rate may differ.
    """

    body: float | None = None
    head: float | None = None


def find_decay_scale(recipe: Optimisation | Mapping[str, Any], course: Course) -> DecayScale:
    """Return log10 of what weight decay alone makes of weights in a training.

    A step of AdamW multiplies a weight by 1 − lr · weight_decay before it adds what is learnt
    (Loshchilov & Hutter 2019, arXiv:1711.05101). Over the steps t that is Π(1 − lr_t ·
    weight_decay), with the learning rates of the training's own schedule. A squared norm is
    multiplied by the square: log_norm and log_spectral_norm change by twice this number.

    Parameters
    ----------
    recipe : Optimisation or mapping
        The recipe, or what of it is in `FIELDS`.
    course : Course
        How long the training was.

    Returns
    -------
    DecayScale
        Zero without weight decay. Nothing for Adam and SGD with one: theirs is an L2 term of the
        loss, whose gradient is scaled or accumulated together with that of the loss. Nothing
        either where a step multiplies by zero.
    """
    if not isinstance(recipe, Optimisation):
        recipe = Optimisation.model_validate(recipe)
    if not recipe.weight_decay:
        return DecayScale(0.0, 0.0)
    if recipe.opt not in DECOUPLED:
        return DecayScale()
    rates = make_factor(recipe, course.steps_per_epoch, course.total)
    shares = [rates(step) for step in range(course.kept)]
    # By group of parameters: peaks of the learning rate as of `make_optimiser`.
    peaks = (recipe.lr, recipe.lr * recipe.head_lr_factor)
    return DecayScale(*(_log_product(peak * recipe.weight_decay, shares) for peak in peaks))


def _log_product(shrink: float, shares: list[float]) -> float | None:
    factors = [abs(1 - shrink * share) for share in shares]
    return math.fsum(map(math.log10, factors)) if all(factors) else None
