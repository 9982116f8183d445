"""A random part of every training image, stretched to the size of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.augment import _rectangles
from weightscape.config.augmentation import Augmentation

if TYPE_CHECKING:
    import torch


class RandomResizedCrop(Augmentation):
    """A part of each image, stretched to the image's size; its values may be any.

    Notes
    -----
    Parts and their bilinear stretching are those of `torchvision.transforms.v2.RandomResizedCrop`
    with the images' size, which draws once per call. A part is never shrunk, so that antialiasing,
    which is torchvision's default, would change nothing. The default scale is DomainBed's
    (Gulrajani & Lopez-Paz 2021, In Search of Lost Domain Generalization, arXiv:2007.01434).

    References
    ----------
    Szegedy et al. (2015), Going Deeper with Convolutions, arXiv:1409.4842.
    """

    scale: _rectangles.Shares = Field(
        (0.7, 1.0), description="Least and largest share of the image's area."
    )
    ratio: _rectangles.Ratios = Field(
        (3 / 4, 4 / 3), description="Least and largest width over height of the part, in pixels."
    )

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return the images cropped and stretched."""
        height, width = images.shape[2:]
        return crop(images, self.draw(len(images), (height, width), generator))

    def draw(
        self, n: int, size: tuple[int, int], generator: torch.Generator
    ) -> _rectangles.Rectangles:
        """Return a part for each of `n` images of this height and width."""
        height, width = size
        least, largest = self.ratio
        # Where nothing fits: the largest part in the middle that has an allowed shape.
        otherwise = (
            min(height, max(1, round(width / least))),
            min(width, max(1, round(height * largest))),
        )
        return _rectangles.draw(n, size, size, self.scale, self.ratio, otherwise, generator)


def crop(images: torch.Tensor, parts: _rectangles.Rectangles) -> torch.Tensor:
    """Return the given part of each of `images`, stretched bilinearly to the images' size."""
    import torch

    height, width = images.shape[2:]
    top, left, heights, widths = (side.to(images.device, images.dtype)[:, None] for side in parts)
    y = (torch.arange(height, device=images.device) + 0.5) * (heights / height) - 0.5
    x = (torch.arange(width, device=images.device) + 0.5) * (widths / width) - 0.5
    # What lies beyond the part's edge is the edge, not the image there.
    y = top + torch.minimum(y.clamp_(min=0), heights - 1)
    x = left + torch.minimum(x.clamp_(min=0), widths - 1)
    grid = torch.stack(
        torch.broadcast_tensors(
            ((2 * x + 1) / width - 1)[:, None, :], ((2 * y + 1) / height - 1)[:, :, None]
        ),
        3,
    )
    return torch.nn.functional.grid_sample(
        images, grid, "bilinear", padding_mode="border", align_corners=False
    )
