"""A change that is made to some of the images, a draw per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch


def changed_by_chance(
    images: torch.Tensor,
    change: Callable[[torch.Tensor], torch.Tensor],
    p: float,
    generator: torch.Generator,
) -> torch.Tensor:
    """Return `images`, each as `change` makes it with probability `p`, or else as it is.

    Parameters
    ----------
    images : Tensor of float32, shape (n, channels, height, width)
        Any values; left as they are.
    change : callable
        From the images that are drawn to what they become, of the same shape.
    p : float
        Probability, 0 to 1.
    generator : torch.Generator
        Where it is drawn which images; it may live on another device than the images.
    """
    import torch

    chances = torch.rand(len(images), generator=generator, device=generator.device)
    chosen = (chances < p).nonzero()[:, 0].to(images.device)
    changed = images.clone()
    changed[chosen] = change(images[chosen])
    return changed
