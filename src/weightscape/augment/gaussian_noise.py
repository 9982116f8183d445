"""Additive Gaussian noise on training images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.section import Section

if TYPE_CHECKING:
    import torch


class Options(Section):
    """How strong the noise is."""

    sd: float = Field(gt=0, description="Standard deviation of the noise, on pixels in [0, 1].")
    eight_bit: bool = Field(
        False, description="Round the result to multiples of 1/255, as a stored image has."
    )


def augment(images: torch.Tensor, generator: torch.Generator, options: Options) -> torch.Tensor:
    """Return `images` with independent noise on every pixel, clipped to [0, 1].

    Parameters
    ----------
    images : Tensor of float32, shape (n, channels, height, width)
        Values in [0, 1].
    generator : torch.Generator
        Where the noise is drawn from; it may live on another device than the images.
    options : Options
        The noise's standard deviation, and whether results are rounded.
    """
    import torch

    noise = torch.randn(images.shape, generator=generator, device=generator.device)
    noisy = noise.to(images.device).mul_(options.sd).add_(images).clamp_(0, 1)
    return noisy.mul_(255).round_().div_(255) if options.eight_bit else noisy
