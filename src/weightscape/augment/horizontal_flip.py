"""Left and right exchanged, a draw per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.augment._chance import ByChance

if TYPE_CHECKING:
    import torch


class HorizontalFlip(ByChance):
    """Some images flipped about their vertical axis; their values may be any."""

    p: float = Field(0.5, ge=0, le=1, description="Probability that an image is flipped.")

    def change(self, images: torch.Tensor) -> torch.Tensor:
        """Return the images flipped."""
        return images.flip(3)
