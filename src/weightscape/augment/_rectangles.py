"""Random rectangles in images, by area and aspect ratio, as torchvision draws them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import AfterValidator, Field

if TYPE_CHECKING:
    import torch

TRIES = 10
"""Areas and ratios that are drawn for an image; the first that fits is taken."""


def _ascending(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"the least value {ends[0]} is above the largest {ends[1]}; exchange them")
    return ends


Share = Annotated[float, Field(gt=0, le=1)]
Shares = Annotated[tuple[Share, Share], AfterValidator(_ascending)]
"""Least and largest share of an image's area."""

Ratio = Annotated[float, Field(gt=0)]
Ratios = Annotated[tuple[Ratio, Ratio], AfterValidator(_ascending)]
"""Least and largest aspect ratio."""


class Rectangles(NamedTuple):
    """A rectangle per image, in whole pixels: tensors of int64, shape (n,)."""

    top: torch.Tensor
    left: torch.Tensor
    height: torch.Tensor
    width: torch.Tensor


def draw(
    n: int,
    within: tuple[int, int],
    largest: tuple[int, int],
    scale: tuple[float, float],
    ratio: tuple[float, float],
    otherwise: tuple[int, int],
    generator: torch.Generator,
) -> Rectangles:
    """Return `n` rectangles at uniformly drawn places, on the generator's device.

    Parameters
    ----------
    n : int
        Number of images.
    within : (int, int)
        Height and width of the images.
    largest : (int, int)
        Greatest height and width of a rectangle.
    scale : (float, float)
        Least and largest share of the image's area, drawn uniformly.
    ratio : (float, float)
        Least and largest width over height, drawn uniformly on a logarithmic scale.
    otherwise : (int, int)
        Height and width where none of `TRIES` draws has sides from 1 to `largest`; such a
        rectangle is in the middle.
    generator : torch.Generator
        Where the draws come from.
    """
    import torch

    device, (height, width) = generator.device, within
    areas, logs = torch.rand((2, n, TRIES), generator=generator, device=device, dtype=torch.float64)
    down, right = torch.rand((2, n), generator=generator, device=device, dtype=torch.float64)
    areas = height * width * (scale[0] + (scale[1] - scale[0]) * areas)
    ratios = torch.exp(math.log(ratio[0]) + math.log(ratio[1] / ratio[0]) * logs)
    heights, widths = (areas / ratios).sqrt().round().long(), (areas * ratios).sqrt().round().long()
    fits = (heights >= 1) & (heights <= largest[0]) & (widths >= 1) & (widths <= largest[1])
    found, first = fits.any(1), fits.byte().argmax(1, keepdim=True)
    heights = torch.where(found, heights.gather(1, first)[:, 0], otherwise[0])
    widths = torch.where(found, widths.gather(1, first)[:, 0], otherwise[1])
    spare_height, spare_width = height - heights, width - widths
    top = torch.where(found, (down * (spare_height + 1)).long(), spare_height // 2)
    left = torch.where(found, (right * (spare_width + 1)).long(), spare_width // 2)
    return Rectangles(top, left, heights, widths)
