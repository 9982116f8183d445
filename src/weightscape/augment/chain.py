"""Several augmentations as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from weightscape.config.augmentation import Augmentation


def chain(
    augmentations: Sequence[Augmentation], generator: torch.Generator
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return augmentations, applied in their order, as one function of images in [0, 1].

    Parameters
    ----------
    augmentations : sequence of Augmentation
        The augmentations.
    generator : torch.Generator
        Where all draw from.
    """

    def augment(images: torch.Tensor) -> torch.Tensor:
        for augmentation in augmentations:
            images = augmentation(images, generator)
        return images

    return augment
