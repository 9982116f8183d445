"""Regularisers within a network: what acts only while it is trained, such as dropout.

timm leaves some on where nobody asks for them: stochastic depth in one architecture, dropout in
the networks of positions in another.
"""

from collections.abc import Iterable
from typing import NamedTuple

from torch import nn


class Regulariser(NamedTuple):
    """A rate above 0, or a switch that is on.

    Attributes
    ----------
    module : str
        Name of the module that has it.
    attribute : str
        Its attribute there, such as `p` of a dropout.
    """

    module: str
    attribute: str


def active_regularisers(network: nn.Module) -> list[Regulariser]:
    """Return the regularisers that would act if the network were trained.

    They are dropout, stochastic depth and the like: the rates of modules that are called after
    dropping, and the numbers that modules keep under such a name; and random scales of the
    coordinates that rotary embeddings are made of.
    """
    return [
        Regulariser(name, attribute)
        for name, module in network.named_modules()
        for attribute, value in vars(module).items()
        if _regularises(module, attribute, value)
    ]


def _regularises(module: nn.Module, attribute: str, value: object) -> bool:
    if isinstance(value, bool):
        return value and attribute == "aug_active"
    if not isinstance(value, int | float) or not value:
        return False
    drops = "drop" in type(module).__name__.lower()
    return "drop" in attribute or (drops and attribute in ("p", "prob"))


def switch_off(network: nn.Module, regularisers: Iterable[Regulariser]) -> None:
    """Set the rates of some regularisers to 0, in place."""
    for name, attribute in regularisers:
        module = network.get_submodule(name)
        setattr(module, attribute, type(getattr(module, attribute))(0))
