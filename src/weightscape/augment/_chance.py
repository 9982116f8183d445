"""The base of changes that are made to some of the images, a draw per sample."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from weightscape.config.augmentation import Augmentation

if TYPE_CHECKING:
    import torch


class ByChance(Augmentation):
    """Every image changed with probability `p`, or else left as it is."""

    p: float

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return the images, those that are drawn changed."""
        import torch

        chances = torch.rand(len(images), generator=generator, device=generator.device)
        chosen = (chances < self.p).nonzero()[:, 0].to(images.device)
        changed = images.clone()
        changed[chosen] = self.change(images[chosen])
        return changed

    @abstractmethod
    def change(self, images: torch.Tensor) -> torch.Tensor:
        """Return what the images that are drawn become, of the same shape."""
