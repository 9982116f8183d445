"""Additive Gaussian noise on training images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.config.augmentation import Augmentation

if TYPE_CHECKING:
    import torch


class GaussianNoise(Augmentation):
    """Independent noise on every pixel, clipped to [0, 1]."""

    sd: float = Field(gt=0, description="Standard deviation of the noise, on pixels in [0, 1].")
    eight_bit: bool = Field(
        False, description="Round the result to multiples of 1/255, as a stored image has."
    )

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return the images with noise."""
        import torch

        noise = torch.randn(images.shape, generator=generator, device=generator.device)
        noisy = noise.to(images.device).mul_(self.sd).add_(images).clamp_(0, 1)
        return noisy.mul_(255).round_().div_(255) if self.eight_bit else noisy
