"""TrivialAugmentWide: one random operation of random strength on every training image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.augment import _operations
from weightscape.config.augmentation import Augmentation

if TYPE_CHECKING:
    import torch

OPERATIONS = tuple(name for name in _operations.OPERATIONS if name != "invert")
"""The operations of the paper's wide space, each as likely as the others."""

STRENGTHS = 31
"""Number of equally likely strengths, from none to the strongest."""

SPACE = {
    **dict.fromkeys(("shear_x", "shear_y"), (0.0, 0.99)),
    **dict.fromkeys(("translate_x", "translate_y"), (0.0, 32.0)),
    "rotate": (0.0, 135.0),
    **dict.fromkeys(("brightness", "color", "contrast", "sharpness"), (0.0, 0.99)),
    "posterize": (8.0, 2.0),
    "solarize": (255.0, 0.0),
}
"""Slope, shift in pixels, angle in degrees, change of a factor, bits that stay or least level that
is inverted: none and strongest."""


class TrivialAugment(Augmentation):
    """Every image passed through an operation of its own; there is nothing to tune.

    Images have 1 or 3 channels, read as multiples of 1/255; results are not rounded to these.

    Notes
    -----
    Operations, ranges and nearest-neighbour sampling with black outside are those of
    `torchvision.transforms.v2.TrivialAugmentWide`, which draws once per call and would give a
    batch one common operation. Colour does nothing to grey images, and translation may reach
    32 pixels whatever the size of the image, as there.

    References
    ----------
    Müller & Hutter (2021), TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation,
    arXiv:2103.10158.
    """

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return the images passed through their operations."""
        return apply(images, *draw(len(images), generator))


def draw(n: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return `n` operations, strengths and signs for `apply`, on the generator's device."""
    import torch

    device = generator.device
    operations = torch.randint(len(OPERATIONS), (n,), generator=generator, device=device)
    strengths = torch.randint(STRENGTHS, (n,), generator=generator, device=device)
    return operations, strengths, _operations.draw_signs((n,), generator)


def apply(
    images: torch.Tensor, operations: torch.Tensor, strengths: torch.Tensor, signs: torch.Tensor
) -> torch.Tensor:
    """Return `images`, each passed through the operation that is given for it.

    Parameters
    ----------
    images : Tensor of float32, shape (n, 1 or 3, height, width)
        Values in [0, 1].
    operations : Tensor of int64, shape (n,)
        Indices into `OPERATIONS`.
    strengths : Tensor of int64, shape (n,)
        From 0 to `STRENGTHS` - 1; operations without a strength ignore it.
    signs : Tensor of int64, shape (n,)
        Direction, 1 or -1; operations without a direction ignore it.
    """
    magnitudes = _operations.magnitudes_in(SPACE, operations, strengths, STRENGTHS - 1, signs)
    return _operations.apply(images, operations, magnitudes)
