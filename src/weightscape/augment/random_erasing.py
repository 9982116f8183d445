"""A random rectangle of every training image painted over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.augment import _rectangles
from weightscape.section import Section

if TYPE_CHECKING:
    import torch


class Options(Section):
    """How often, how large and with what."""

    p: float = Field(0.5, ge=0, le=1, description="Probability that an image has a rectangle.")
    scale: _rectangles.Shares = Field(
        (0.02, 0.33), description="Least and largest share of the image's area."
    )
    ratio: _rectangles.Ratios = Field(
        (0.3, 3.3), description="Least and largest height over width of the rectangle, in pixels."
    )
    value: float = Field(0, ge=0, le=1, description="Value of the rectangle's pixels.")


def augment(images: torch.Tensor, generator: torch.Generator, options: Options) -> torch.Tensor:
    """Return `images`, each with a rectangle of its own painted over, or as it is.

    Parameters
    ----------
    images : Tensor of float32, shape (n, channels, height, width)
        Values in [0, 1].
    generator : torch.Generator
        Where the draws come from; it may live on another device than the images.
    options : Options
        Probability, size and shape of the rectangles, and their value.

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
    height, width = images.shape[2:]
    return erase(images, draw(len(images), (height, width), generator, options), options)


def draw(
    n: int, size: tuple[int, int], generator: torch.Generator, options: Options
) -> _rectangles.Rectangles:
    """Return a rectangle for each of `n` images of this height and width; some are empty."""
    import torch

    largest = (size[0] - 1, size[1] - 1)
    width_over_height = (1 / options.ratio[1], 1 / options.ratio[0])
    drawn = _rectangles.draw(n, size, largest, options.scale, width_over_height, (0, 0), generator)
    painted = torch.rand(n, generator=generator, device=generator.device) < options.p
    return drawn._replace(height=drawn.height * painted)


def erase(
    images: torch.Tensor, rectangles: _rectangles.Rectangles, options: Options
) -> torch.Tensor:
    """Return `images` with the given rectangles in `options.value`."""
    import torch

    top, left, heights, widths = (side.to(images.device)[:, None] for side in rectangles)
    y = torch.arange(images.shape[2], device=images.device)
    x = torch.arange(images.shape[3], device=images.device)
    rows = (y >= top) & (y < top + heights)
    columns = (x >= left) & (x < left + widths)
    painted = rows[:, None, :, None] & columns[:, None, None, :]
    return images.masked_fill(painted, options.value)
