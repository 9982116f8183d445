"""Batch norms folded into the layers before them: the weights that a network acts by.

A batch norm divides each output of the layer before it by a fixed number. What scales the weights
and that number alike changes nothing of what the network does (van Laarhoven 2017,
arXiv:1706.05350; Zhang et al. 2019, arXiv:1810.12281).
"""

from collections import Counter
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_weights, fuse_linear_bn_weights

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
SAME = 0.01
"""How far, as a share of the largest logit, logits may move: rounding, on a GPU that of TF32."""


class Pair(NamedTuple):
    """A layer and the batch norm that it alone feeds, by their names."""

    layer: str
    norm: str


def fold_batch_norms(network: nn.Module, batch: Tensor) -> list[Pair]:
    """Fold every batch norm into the layer right before it, in place.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode, its parameters with gradients. The batch norms that are folded do
        nothing afterwards.
    batch : torch.Tensor
        Inputs, by which is seen what follows what; no values are taken from it.

    Returns
    -------
    list of Pair
        What was folded into what: a convolution or a linear layer, all of whose output goes to
        one batch norm, unchanged but for its shape, and to nothing else. A convolution that is
        transposed, or shared, or whose output something else uses too (before activation, a
        residual branch), stays as it is; so does one before a norm that takes its statistics from
        the batch.

    Raises
    ------
    ArithmeticError
        If the network does something else afterwards: a layer does not use its weights as they
        are.
    """
    pairs, before = _find_pairs(network, batch)
    for pair in pairs:
        _fold(network.get_submodule(pair.layer), network.get_submodule(pair.norm))
    with torch.no_grad():
        moved = float((network(batch) - before).abs().max())
    if not moved <= SAME * float(before.abs().max()):
        raise ArithmeticError(
            f"with its batch norms folded the network does something else: a logit moves by"
            f" {moved:.3g}"
        )
    return pairs


def _find_pairs(network: nn.Module, batch: Tensor) -> tuple[list[Pair], Tensor]:
    """Return the layers that feed a batch norm alone, and the logits."""
    outputs: dict[tuple[int, int, int], tuple[str, Tensor]] = {}
    calls: Counter[str] = Counter()
    fed: list[Pair] = []

    def note_output(name: str, _: nn.Module, inputs: Any, output: Tensor) -> None:
        calls[name] += 1
        # It is kept, so that no other tensor comes to lie in its place.
        outputs[_place(output)] = (name, output)

    def note_input(name: str, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        calls[name] += 1
        if (place := _place(inputs[0])) in outputs:
            fed.append(Pair(outputs[place][0], name))

    hooks = []
    for name, module in network.named_modules():
        if isinstance(module, (*CONVOLUTIONS, nn.Linear)):
            hooks.append(module.register_forward_hook(partial(note_output, name)))
        elif isinstance(module, _BatchNorm) and module.running_var is not None:
            hooks.append(module.register_forward_pre_hook(partial(note_input, name)))
    try:
        with torch.enable_grad():
            logits = network(batch)
    finally:
        for hook in hooks:
            hook.remove()
    uses = _count_uses(logits)
    nodes = {name: output.grad_fn for name, output in outputs.values()}
    alone = [
        pair
        for pair in fed
        if calls[pair.layer] == calls[pair.norm] == 1 and uses[nodes[pair.layer]] == 1
    ]
    fitting = [pair for pair in alone if _fits(*map(network.get_submodule, pair))]
    return fitting, logits.detach()


def _place(tensor: Tensor) -> tuple[int, int, int]:
    """Return what views of a tensor share, and nothing that it is changed into in place."""
    return tensor.untyped_storage().data_ptr(), tensor.numel(), tensor._version


def _count_uses(logits: Tensor) -> Counter[object]:
    """Return how many operations on the way to the logits use what an operation gives."""
    uses: Counter[object] = Counter()
    waiting: list[Any] = [logits.grad_fn]
    while waiting:
        for node, _ in getattr(waiting.pop(), "next_functions", ()):
            uses[node] += 1
            if node is not None and uses[node] == 1:
                waiting.append(node)
    return uses


def _fits(layer: nn.Module, norm: nn.Module) -> bool:
    """Return whether the layer has a weight of its own, with a row per number of the norm."""
    weight = layer._parameters.get("weight")
    return weight is not None and len(weight) == norm.num_features


def _fold(layer: Any, norm: Any) -> None:
    fuse = fuse_linear_bn_weights if isinstance(layer, nn.Linear) else fuse_conv_bn_weights
    layer.weight, layer.bias = fuse(
        layer.weight,
        layer.bias,
        norm.running_mean,
        norm.running_var,
        norm.eps,
        norm.weight,
        norm.bias,
    )
    with torch.no_grad():
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)
        if norm.affine:
            norm.weight.fill_(1)
            norm.bias.zero_()
