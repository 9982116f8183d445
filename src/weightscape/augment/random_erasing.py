"""A random rectangle of every training image painted over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.augment import _rectangles
from weightscape.config.augmentation import Augmentation

if TYPE_CHECKING:
    import torch


class RandomErasing(Augmentation):
    """A rectangle of its own painted over in every image, or in some.

    Notes
    -----
    Rectangles and defaults are those of `torchvision.transforms.v2.RandomErasing`: one has less
    than the image's height and width, and an image for which ten draws in a row give no such
    rectangle stays as it is. The value 0 is black, not the mean of the images: they are normalised
    later.

    References
    ----------
    Zhong et al. (2020), Random Erasing Data Augmentation, arXiv:1708.04896.
    """

    p: float = Field(0.5, ge=0, le=1, description="Probability that an image has a rectangle.")
    scale: _rectangles.Shares = Field(
        (0.02, 0.33), description="Least and largest share of the image's area."
    )
    ratio: _rectangles.Ratios = Field(
        (0.3, 3.3), description="Least and largest height over width of the rectangle, in pixels."
    )
    value: float = Field(0, ge=0, le=1, description="Value of the rectangle's pixels.")

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return the images with their rectangles painted over."""
        height, width = images.shape[2:]
        return self.erase(images, self.draw(len(images), (height, width), generator))

    def draw(
        self, n: int, size: tuple[int, int], generator: torch.Generator
    ) -> _rectangles.Rectangles:
        """Return a rectangle for each of `n` images of this height and width; some are empty."""
        import torch

        largest = (size[0] - 1, size[1] - 1)
        width_over_height = (1 / self.ratio[1], 1 / self.ratio[0])
        drawn = _rectangles.draw(n, size, largest, self.scale, width_over_height, (0, 0), generator)
        painted = torch.rand(n, generator=generator, device=generator.device) < self.p
        return drawn._replace(height=drawn.height * painted)

    def erase(self, images: torch.Tensor, rectangles: _rectangles.Rectangles) -> torch.Tensor:
        """Return `images` with the given rectangles in `self.value`."""
        import torch

        top, left, heights, widths = (side.to(images.device)[:, None] for side in rectangles)
        y = torch.arange(images.shape[2], device=images.device)
        x = torch.arange(images.shape[3], device=images.device)
        rows = (y >= top) & (y < top + heights)
        columns = (x >= left) & (x < left + widths)
        painted = rows[:, None, :, None] & columns[:, None, None, :]
        return images.masked_fill(painted, self.value)
