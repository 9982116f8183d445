"""Networks most of whose weights are zero, and stay so."""

import torch
from torch import Tensor, nn

from weightscape.layers.names import belongs


def prune(network: nn.Module, sparsity: float, classifier: str) -> list[tuple[Tensor, Tensor]]:
    """Set the smallest weights of every layer matrix to zero; return what keeps them there.

    Parameters
    ----------
    network : torch.nn.Module
        Changed in place. The weights of its linear layers and convolutions are pruned, each by
        itself; embeddings of positions and the like are no layers.
    sparsity : float
        Share of a layer's weights to set to zero, rounded to whole weights.
    classifier : str
        Name of the module that is left as it is.

    Returns
    -------
    list of (torch.Tensor, torch.Tensor)
        Each pruned parameter and its mask, of ones and zeros; see `keep_zero`.

    References
    ----------
    Han et al. (2015), Learning both Weights and Connections, arXiv:1506.02626: pruning by
    magnitude, layer by layer.
    """
    masks: list[tuple[Tensor, Tensor]] = []
    for name, module in network.named_modules():
        is_layer = isinstance(module, nn.Linear | nn.modules.conv._ConvNd)
        if not is_layer or belongs(name, classifier) or not sparsity:
            continue
        parameter = module.weight
        zeros = round(sparsity * parameter.numel())
        smallest = parameter.detach().abs().flatten().argsort(stable=True)[:zeros]
        mask = torch.ones(parameter.numel(), device=parameter.device)
        mask[smallest] = 0
        masks.append((parameter, mask.view(parameter.shape)))
    keep_zero(masks)
    return masks


@torch.no_grad()
def keep_zero(masks: list[tuple[Tensor, Tensor]]) -> None:
    """Set pruned weights back to zero; a step of the optimiser may have moved them."""
    for parameter, mask in masks:
        parameter.mul_(mask)
