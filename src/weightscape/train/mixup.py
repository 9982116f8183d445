"""Mixup and cutmix: images and labels of a batch mixed with one another."""

import torch
from torch import Generator, Tensor
from torch.nn.functional import one_hot

from weightscape.config.recipe import Optimisation


def mix(
    images: Tensor, labels: Tensor, classes: int, recipe: Optimisation, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Return images mixed in pairs, and the shares of the classes in them.

    Every image is mixed with the one as far from the batch's end as it is from its start, with a
    share of its own, as timm's `Mixup` does with ``mode="elem"``.

    Parameters
    ----------
    images : torch.Tensor
        float (n, channels, height, width).
    labels : torch.Tensor
        Their classes, int64 (n,).
    classes : int
        Number of classes.
    recipe : Optimisation
        Its mixup_alpha and cutmix_alpha, of which one at least is positive.
    generator : torch.Generator
        Where shares and places are drawn from, on the images' device.

    Returns
    -------
    images : torch.Tensor
        As `images`.
    targets : torch.Tensor
        float32 (n, classes); a row sums to one. With cutmix the shares are those of the area.

    Raises
    ------
    ValueError
        If what is to be mixed are no images.

    References
    ----------
    Zhang et al. (2018), mixup, arXiv:1710.09412; Yun et al. (2019), CutMix, arXiv:1905.04899.
    """
    if images.ndim != 4 or not images.is_floating_point():
        raise ValueError("mixup and cutmix mix images, and nothing else; set both alphas to 0")
    n, _, height, width = images.shape
    draw = torch.rand((4, n), generator=generator, device=images.device)
    if recipe.mixup_alpha and recipe.cutmix_alpha:
        cuts = draw[0] < 0.5
    else:
        cuts = torch.full_like(draw[0], recipe.cutmix_alpha, dtype=torch.bool)
    mixup = _beta(recipe.mixup_alpha, n, generator)
    inside = _boxes(_beta(recipe.cutmix_alpha, n, generator), draw[1:3], height, width)
    kept = torch.where(cuts.view(-1, 1, 1), (~inside).float(), mixup.view(-1, 1, 1))
    share = kept.mean((1, 2)).view(-1, 1)
    pixels = kept.unsqueeze(1)
    targets = one_hot(labels, classes).float()
    return (
        images * pixels + images.flip(0) * (1 - pixels),
        targets * share + targets.flip(0) * (1 - share),
    )


def _beta(alpha: float, n: int, generator: Generator) -> Tensor:
    """Return draws from Beta(alpha, alpha); ones where alpha is 0."""
    if not alpha:
        return torch.ones(n, device=generator.device)
    alphas = torch.full((2, n), alpha, dtype=torch.float64, device=generator.device)
    one, other = torch._standard_gamma(alphas, generator=generator)
    shares: Tensor = (one / (one + other)).float()
    return shares


def _boxes(share: Tensor, centres: Tensor, height: int, width: int) -> Tensor:
    """Return which pixels (n, height, width) lie in a box of area 1 − share, cut at the edge."""
    half = (1 - share).sqrt() / 2
    rows = (torch.arange(height, device=share.device) + 0.5) / height
    columns = (torch.arange(width, device=share.device) + 0.5) / width
    y = (rows - centres[0].unsqueeze(1)).abs() < half.unsqueeze(1)
    x = (columns - centres[1].unsqueeze(1)).abs() < half.unsqueeze(1)
    return y.unsqueeze(2) & x.unsqueeze(1)
