"""Dropout within the blocks of a network."""

import torch
from torch import Tensor, nn

from weightscape.layers.blocks import block_names


def drop_in_blocks(network: nn.Module, rate: float, architecture: str) -> int:
    """Let every block of `network` drop, while it is trained; return how many there are.

    A transformer's block drops what its attention and each layer of its MLP give, by the modules
    that timm has there (its `proj_drop_rate`). Any other block drops its output, after the
    residual sum.

    Parameters
    ----------
    network : torch.nn.Module
        A network of timm; changed in place.
    rate : float
        Share of the values that are set to zero; the others are scaled by 1 / (1 − rate).
    architecture : str
        What to call it in an error.

    Raises
    ------
    ValueError
        If the network has no blocks.
    """
    # What has no parts, such as the layers of a VGG, is no block.
    blocks = block_names(name for name, module in network.named_modules() if [*module.children()])
    if not blocks:
        raise ValueError(f"dropout_placement: {architecture} has no blocks to drop in")
    for name in blocks:
        block = network.get_submodule(name)
        drops = [
            module
            for inner, module in block.named_modules()
            if isinstance(module, nn.Dropout) and inner.endswith(("proj_drop", "drop1", "drop2"))
        ]
        for module in drops:
            module.p = rate
        if not drops:
            block.register_forward_hook(_Dropping(rate))
    return len(blocks)


class _Dropping:
    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, block: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        return torch.nn.functional.dropout(output, self.rate, training=block.training)
