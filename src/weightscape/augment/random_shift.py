"""Random translation by whole pixels, a draw per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.config.augmentation import Augmentation

if TYPE_CHECKING:
    import torch


class RandomShift(Augmentation):
    """Every image moved by its own whole number of pixels, the uncovered border black."""

    pixels: int = Field(2, ge=1, description="Largest shift along either axis, in pixels.")

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return the images moved."""
        import torch
        from torch.nn import functional

        n, channels, height, width = images.shape
        reach = self.pixels
        padded = functional.pad(images, (reach, reach, reach, reach))
        # One read window per sample, by strides over the padded image.
        windows = padded.unfold(2, height, 1).unfold(3, width, 1)
        draws = torch.randint(
            0, 2 * reach + 1, (2, n), generator=generator, device=generator.device
        )
        top, left = draws.to(images.device)
        shifted = windows[torch.arange(n, device=images.device), :, top, left]
        return shifted.reshape(n, channels, height, width)
