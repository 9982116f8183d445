"""Loss of colour, a draw per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.augment._chance import ByChance

if TYPE_CHECKING:
    import torch


class RandomGrayscale(ByChance):
    """Some images with their luminance in all channels, of which there are 1 or 3.

    Notes
    -----
    The luminance 0.2989 R + 0.587 G + 0.114 B and the default are those of
    `torchvision.transforms.v2.RandomGrayscale`; grey images stay as they are.
    """

    p: float = Field(0.1, ge=0, le=1, description="Probability that an image becomes grey.")

    def change(self, images: torch.Tensor) -> torch.Tensor:
        """Return the images in grey."""
        from torchvision.transforms.v2.functional import rgb_to_grayscale_image

        grey: torch.Tensor = rgb_to_grayscale_image(images, num_output_channels=images.shape[1])
        return grey
