"""Random translation by whole pixels, a draw per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.section import Section

if TYPE_CHECKING:
    import torch


class Options(Section):
    """Options of `augment`."""

    pixels: int = Field(2, ge=1, description="Largest shift along either axis, in pixels.")


def augment(images: torch.Tensor, generator: torch.Generator, options: Options) -> torch.Tensor:
    """Return every image moved by its own whole number of pixels, the uncovered border black.

    Parameters
    ----------
    images : torch.Tensor
        float (n, channels, height, width).
    generator : torch.Generator
        Source of the draws, on the images' device.
    options : Options
        The largest shift.
    """
    import torch
    from torch.nn import functional

    n, channels, height, width = images.shape
    reach = options.pixels
    padded = functional.pad(images, (reach, reach, reach, reach))
    # One read window per sample, by strides over the padded image.
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)
    top, left = torch.randint(0, 2 * reach + 1, (2, n), generator=generator, device=images.device)
    shifted = windows[torch.arange(n, device=images.device), :, top, left]
    return shifted.reshape(n, channels, height, width)
