"""Loss of colour, a draw per sample."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.augment._chance import changed_by_chance
from weightscape.section import Section

if TYPE_CHECKING:
    import torch


class Options(Section):
    """How often images lose their colour."""

    p: float = Field(0.1, ge=0, le=1, description="Probability that an image becomes grey.")


def augment(images: torch.Tensor, generator: torch.Generator, options: Options) -> torch.Tensor:
    """Return `images`, each in its colours or with its luminance in all channels.

    Parameters
    ----------
    images : Tensor of float32, shape (n, 1 or 3, height, width)
        Values in [0, 1].
    generator : torch.Generator
        Where it is drawn which images; it may live on another device than the images.
    options : Options
        The probability.

    Notes
    -----
    The luminance 0.2989 R + 0.587 G + 0.114 B and the default are those of
    `torchvision.transforms.v2.RandomGrayscale`; grey images stay as they are.
    """
    from torchvision.transforms.v2.functional import rgb_to_grayscale_image

    grey = partial(rgb_to_grayscale_image, num_output_channels=images.shape[1])
    return changed_by_chance(images, grey, options.p, generator)
