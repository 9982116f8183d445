"""Several augmentations as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from weightscape.plugins import options_of, plugin

if TYPE_CHECKING:
    import torch


def chain(
    augment: Mapping[str, Mapping[str, Any]], generator: torch.Generator
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return augmentations, applied in their order, as one function of images in [0, 1].

    Parameters
    ----------
    augment : mapping
        The augmentations' names and options.
    generator : torch.Generator
        Where all draw from.
    """
    steps = [
        partial(
            plugin("augment", name).augment,
            generator=generator,
            options=options_of("augment", name, dict(options)),
        )
        for name, options in augment.items()
    ]

    def augmented(images: torch.Tensor) -> torch.Tensor:
        for step in steps:
            images = step(images)
        return images

    return augmented
