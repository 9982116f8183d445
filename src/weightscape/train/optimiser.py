"""Optimiser and learning-rate schedule of a recipe."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from weightscape.config.recipe import Optimisation
from weightscape.layers.names import belongs
from weightscape.train.schedule import make_factor


def make_optimiser(
    network: nn.Module, recipe: Optimisation, classifier: str = ""
) -> torch.optim.Optimizer:
    """Return the optimiser of `recipe`.

    AdamW decays decoupled (Loshchilov & Hutter 2019, arXiv:1711.05101): a step multiplies a weight
    by 1 − lr · weight_decay. The decay of Adam and SGD is an L2 term of the gradient.

    Parameters
    ----------
    network : torch.nn.Module
        What is trained.
    recipe : Optimisation
        Kind of optimiser, learning rates and decay.
    classifier : str, optional
        Name of the module whose learning rate is `head_lr_factor` times the others'.
    """
    groups = [*_groups(network, recipe, classifier)]
    if recipe.opt == "sgd":
        return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, fused=True)
    kind = torch.optim.AdamW if recipe.opt == "adamw" else torch.optim.Adam
    return kind(groups, lr=recipe.lr, fused=True)


def _groups(network: nn.Module, recipe: Optimisation, classifier: str) -> Iterator[dict[str, Any]]:
    """Yield the parameters in groups that share learning rate and decay, none of them empty."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        # As timm's filter_bias_and_bn: what has one dimension does not decay.
        decays = parameter.ndim > 1 or not recipe.filter_bias_and_bn
        groups.setdefault((belongs(name, classifier), decays), []).append(parameter)
    for (is_head, decays), parameters in groups.items():
        yield {
            "params": parameters,
            "weight_decay": recipe.weight_decay if decays else 0.0,
            "lr": recipe.lr * (recipe.head_lr_factor if is_head else 1),
        }


def make_schedule(
    optimiser: torch.optim.Optimizer, recipe: Optimisation, steps_per_epoch: int, total: int
) -> LambdaLR:
    """Return the schedule of so many steps in all."""
    return LambdaLR(optimiser, make_factor(recipe, steps_per_epoch, total))
