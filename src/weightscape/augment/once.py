"""A set of images passed once through augmentations."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from weightscape.augment.chain import chain
from weightscape.config.augmentation import Augmentation
from weightscape.data.examples import Examples
from weightscape.data.pixels import fit_size, scale_to_unit
from weightscape.tensors import allocate

BATCH = 512
"""Images that are augmented together; the draws depend on it."""


def augment_once(
    images: Examples,
    augmentations: Sequence[Augmentation],
    seed: int,
    img_size: int | None = None,
) -> Examples:
    """Return every image as a training shows it once, rounded to whole values.

    Parameters
    ----------
    images : Examples
        The images.
    augmentations : sequence of Augmentation
        The augmentations in the order they are applied.
    seed : int
        Decides the draws; they are made on the CPU.
    img_size : int, optional
        Height and width that a training brings images to before it augments them; as they are
        when missing.
    """
    steps = chain(augmentations, torch.Generator().manual_seed(seed))
    sides = (img_size, img_size) if img_size else images.inputs.shape[2:]
    results = allocate((*images.inputs.shape[:2], *sides))
    for start in range(0, len(images), BATCH):
        part = slice(start, start + BATCH)
        pixels = steps(fit_size(scale_to_unit(torch.tensor(images.inputs[part])), img_size))
        results[part] = pixels.clamp(0, 1).mul(255).round().to(torch.uint8).numpy()
    return replace(images, inputs=results)
