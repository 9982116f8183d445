"""Top and bottom exchanged, a draw per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.section import Section

if TYPE_CHECKING:
    import torch


class Options(Section):
    """How often images are flipped."""

    p: float = Field(0.5, ge=0, le=1, description="Probability that an image is flipped.")


def augment(images: torch.Tensor, generator: torch.Generator, options: Options) -> torch.Tensor:
    """Return `images`, each flipped about its horizontal axis or left as it is.

    Parameters
    ----------
    images : Tensor of float32, shape (n, channels, height, width)
        Any values.
    generator : torch.Generator
        Where it is drawn which images; it may live on another device than the images.
    options : Options
        The probability.
    """
    import torch

    chances = torch.rand(len(images), generator=generator, device=generator.device)
    chosen = (chances < options.p).nonzero()[:, 0].to(images.device)
    flipped = images.clone()
    flipped[chosen] = images[chosen].flip(2)
    return flipped
