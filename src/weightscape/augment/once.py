"""A set of images passed once through augmentations."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from weightscape.augment.chain import chain
from weightscape.data.labelled import Labelled
from weightscape.data.large import allocate
from weightscape.network.inputs import sized, to_unit

BATCH = 512
"""Images that are augmented together; the draws depend on it."""


def augmented_once(
    images: Labelled,
    augment: Mapping[str, Mapping[str, Any]],
    seed: int,
    img_size: int | None = None,
) -> Labelled:
    """Return every image as a training shows it once, rounded to whole values.

    Parameters
    ----------
    images : Labelled
        The images.
    augment : mapping
        Augmentations in the order they are applied, with their options.
    seed : int
        Decides the draws; they are made on the CPU.
    img_size : int, optional
        Height and width that a training brings images to before it augments them; as they are
        when missing.
    """
    steps = chain(augment, torch.Generator().manual_seed(seed))
    sides = (img_size, img_size) if img_size else images.images.shape[2:]
    results = allocate((*images.images.shape[:2], *sides))
    for start in range(0, len(images), BATCH):
        part = slice(start, start + BATCH)
        pixels = steps(sized(to_unit(torch.tensor(images.images[part])), img_size))
        results[part] = pixels.clamp(0, 1).mul(255).round().to(torch.uint8).numpy()
    return replace(images, images=results)
