"""Networks made of the weights of others."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import torch
from torch import Tensor

Tensors = Mapping[str, Tensor]
Network = TypeVar("Network")


def average(networks: Sequence[Tensors]) -> dict[str, Tensor]:
    """Return the mean of the weights of networks; of whole numbers, those of the first.

    Izmailov et al. (2018), arXiv:1803.05407, along a training; Wortsman et al. (2022),
    arXiv:2203.05482, over several. The statistics of batch norms are averaged as well, which
    are not those of the mean: see `weightscape.train.batch_norm`.

    Raises
    ------
    ValueError
        If there is no network, or two differ in the names or shapes of their tensors.
    """
    if not networks:
        raise ValueError("there is no network to average")
    first, *others = networks
    shapes = {name: tensor.shape for name, tensor in first.items()}
    for other in others:
        if {name: tensor.shape for name, tensor in other.items()} != shapes:
            raise ValueError("the networks differ in their layers; average those of one backbone")
    return {
        # In float64: the mean of equal weights is that weight.
        name: torch.stack([n[name].double() for n in networks]).mean(0).to(tensor.dtype)
        if tensor.is_floating_point()
        else tensor.clone()
        for name, tensor in first.items()
    }


def interpolate(start: Tensors, end: Tensors, share: float) -> dict[str, Tensor]:
    """Return the network on the line from one to another, that share of the way along.

    Wortsman et al. (2022), Robust fine-tuning of zero-shot models, arXiv:2109.01903. Whole
    numbers are those of `end`.
    """
    return {
        name: tensor.lerp(end[name], share) if tensor.is_floating_point() else end[name].clone()
        for name, tensor in start.items()
    }


def greedy_soup(
    count: int, mix: Callable[[Sequence[int]], Network], score: Callable[[Network], float]
) -> tuple[Network, list[int]]:
    """Return the mean of networks, each taken if the mean does not become worse by it.

    Parameters
    ----------
    count : int
        How many networks there are.
    mix : callable
        The mean of the networks at some places.
    score : callable
        Score of a network on validation images; more is better. The best is asked first, of equals
        the one with the first place.

    Returns
    -------
    soup
        The mean of the chosen ones.
    chosen : list of int
        Their places, in the order in which they were taken.

    References
    ----------
    Wortsman et al. (2022), Model soups, arXiv:2203.05482, recipe 1.
    """
    scores = [score(mix([place])) for place in range(count)]
    order = sorted(range(count), key=lambda place: (-scores[place], place))
    chosen, soup, best = order[:1], mix(order[:1]), scores[order[0]]
    for place in order[1:]:
        candidate = mix([*chosen, place])
        found = score(candidate)
        if found >= best:
            chosen, soup, best = [*chosen, place], candidate, found
    return soup, chosen
