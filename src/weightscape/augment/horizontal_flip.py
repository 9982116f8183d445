"""Left and right exchanged, a draw per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.augment._chance import changed_by_chance
from weightscape.section import Section

if TYPE_CHECKING:
    import torch


class Options(Section):
    """How often images are flipped."""

    p: float = Field(0.5, ge=0, le=1, description="Probability that an image is flipped.")


def augment(images: torch.Tensor, generator: torch.Generator, options: Options) -> torch.Tensor:
    """Return `images`, each flipped about its vertical axis or left as it is.

    Parameters
    ----------
    images : Tensor of float32, shape (n, channels, height, width)
        Any values.
    generator : torch.Generator
        Where it is drawn which images; it may live on another device than the images.
    options : Options
        The probability.
    """
    return changed_by_chance(images, lambda some: some.flip(3), options.p, generator)
