"""Optimiser and learning-rate schedule of a recipe."""

import math

import torch
from timm.optim._param_groups import param_groups_weight_decay
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from weightscape.config.recipe import Optimisation


def make_optimiser(network: nn.Module, recipe: Optimisation) -> torch.optim.Optimizer:
    """Return the optimiser of `recipe`; biases and one-dimensional weights do not decay.

    AdamW decays decoupled (Loshchilov & Hutter 2019, arXiv:1711.05101): a step multiplies a weight
    by 1 − lr · weight_decay. SGD's decay is an L2 term of the gradient.
    """
    groups = param_groups_weight_decay(network, recipe.weight_decay)
    if recipe.opt == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.lr, fused=True)
    return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, fused=True)


def make_schedule(
    optimiser: torch.optim.Optimizer, recipe: Optimisation, steps_per_epoch: int
) -> LambdaLR:
    """Return the schedule: linear warm-up, then a cosine that ends at zero after the last step."""
    total = recipe.epochs * steps_per_epoch
    return LambdaLR(
        optimiser, lambda step: factor(step, round(recipe.warmup_epochs * steps_per_epoch), total)
    )


def factor(step: int, warmup: int, total: int) -> float:
    """Return the learning rate of `step` (from 0) as a share of its peak.

    Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts.
    """
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(total - warmup, 1)))
