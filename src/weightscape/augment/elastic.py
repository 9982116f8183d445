"""Elastic deformation of every training image by a smooth random field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from weightscape.config.augmentation import Augmentation

if TYPE_CHECKING:
    import torch


class Elastic(Augmentation):
    """Every image deformed by a field of its own, black outside.

    What a bicubic kernel gives beyond [0, 1] is clipped.

    Notes
    -----
    Fields and sampling are those of `torchvision.transforms.v2.ElasticTransform`, its black border
    too; it draws once per call, and a bicubic kernel's values beyond 8 bits wrap around there.
    `alpha` and `sigma` are in pixels: what deforms a small image strongly deforms a large one
    mildly.

    References
    ----------
    Simard et al. (2003), Best Practices for Convolutional Neural Networks Applied to Visual
    Document Analysis, doi:10.1109/ICDAR.2003.1227801.
    """

    alpha: float = Field(
        40.0, gt=0, description="Strength: half of it times the smoothed field, in pixels."
    )
    sigma: float = Field(
        6.0, gt=0, description="Standard deviation of the kernel that smooths the field, in pixels."
    )
    interpolation: Literal["bilinear", "bicubic"] = Field(
        "bicubic", description="How the image is read between pixels."
    )

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return the images deformed."""
        import torch

        shape = (len(images), 2, *images.shape[2:])
        noise = torch.rand(shape, generator=generator, device=generator.device).to(images.device)
        return warp(images, self.smooth(2 * noise - 1), self.interpolation)

    def smooth(self, noise: torch.Tensor) -> torch.Tensor:
        """Return how far from its own place every pixel is read.

        Parameters
        ----------
        noise : Tensor of float32, shape (n, 2, height, width)
            Independent values, uniform from -1 to 1: those across, and those down.

        Returns
        -------
        Tensor of float32, shape (n, 2, height, width)
            Distances to the right and down, in halves of the image's width and height.
        """
        import torch

        height, width = noise.shape[2:]
        smooth = _smoothing(height, self.sigma).to(noise) @ noise
        smooth = smooth @ _smoothing(width, self.sigma).to(noise).T
        return smooth * torch.tensor([[[self.alpha / width]], [[self.alpha / height]]]).to(noise)


def warp(images: torch.Tensor, displacement: torch.Tensor, interpolation: str) -> torch.Tensor:
    """Return `images` read at displaced places, black outside, clipped to [0, 1].

    As torchvision's, an image fades into the black twice: a pixel that is read where a part of the
    kernel lies outside takes that part as black, and is then multiplied by the part inside.

    Parameters
    ----------
    images : Tensor of float32, shape (n, channels, height, width)
        Values in [0, 1].
    displacement : Tensor of float32, shape (n, 2, height, width)
        What `Elastic.smooth` gives.
    interpolation : {'bilinear', 'bicubic'}
        How an image is read between pixels.
    """
    import torch

    height, width = images.shape[2:]
    x, y = (
        torch.linspace((1 - side) / side, (side - 1) / side, side, device=images.device)
        for side in (width, height)
    )
    grid = torch.stack([x + displacement[:, 0], y[:, None] + displacement[:, 1]], 3)
    # The last channel is white: what is read of it is the part that lies inside.
    framed = torch.cat([images, torch.ones_like(images[:, :1])], 1)
    read = torch.nn.functional.grid_sample(
        framed, grid, interpolation, padding_mode="zeros", align_corners=False
    )
    return read[:, :-1].mul_(read[:, -1:]).clamp_(0, 1)


def _smoothing(length: int, sigma: float) -> torch.Tensor:
    """Return the matrix that smooths a line of values, mirrored at its ends."""
    import torch

    reach = int(8 * sigma + 1) // 2
    offsets = torch.arange(-reach, reach + 1)
    kernel = torch.softmax(-((offsets / sigma) ** 2) / 2, 0)
    period = max(2 * (length - 1), 1)
    places = (torch.arange(length)[:, None] + offsets).remainder(period)
    places = torch.minimum(places, period - places)
    return torch.zeros(length, length).scatter_add_(1, places, kernel.expand_as(places))
