"""Of which kind a factor is: what one word, dropout or weight decay, may mean."""

from typing import Literal

from weightscape.config.claims import Kind
from weightscape.config.recipe import Recipe

DECAYS: dict[str, Kind] = {"adamw": "decoupled", "adam": "l2", "sgd": "l2"}
"""How weight decay acts in an optimiser: decoupled, or as an L2 term that the gradient goes through
(Loshchilov & Hutter 2019, arXiv:1711.05101)."""


Amount = Literal["steps", "rate"]
"""In which way a control trains more or less: for how many steps, or how far in each."""


def find_amount(recipe: Recipe, reference: Recipe) -> Amount:
    """Return in which way a control departs from its reference; of both, it is the rate."""
    return "rate" if recipe.lr != reference.lr else "steps"


def find_kind(recipe: Recipe, reference: Recipe) -> Kind | None:
    """Return the kind of the factor in which a recipe departs from its reference.

    Of dropout where it acts, of weight decay how; None of any other factor. Where both depart, it
    is dropout's.
    """
    if recipe.dropout != reference.dropout:
        return recipe.dropout_placement
    if recipe.weight_decay != reference.weight_decay:
        return DECAYS[recipe.opt]
    return None
