"""The groups of convolutions, which a module knows and the shapes of its parameters do not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def find_groups(module: nn.Module) -> dict[str, int]:
    """Return the groups of the convolutions that have several, by their weights' names.

    Those of one input channel a group (depthwise) are left out: their groups show in their shape.
    """
    from torch.nn.modules.conv import _ConvNd

    return {
        f"{name}.weight".removeprefix("."): part.groups
        for name, part in module.named_modules(remove_duplicate=False)
        if isinstance(part, _ConvNd) and part.groups > 1 and part.weight.shape[1] > 1
    }
