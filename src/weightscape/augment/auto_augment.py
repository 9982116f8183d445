"""AutoAugment: two operations by the policy that was found for ImageNet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.augment import _operations
from weightscape.config.augmentation import Augmentation

if TYPE_CHECKING:
    import torch

STRONGEST = 9
"""Strengths go from 0 to this."""

POLICY = (
    (("posterize", 0.4, 8), ("rotate", 0.6, 9)),
    (("solarize", 0.6, 5), ("auto_contrast", 0.6, 0)),
    (("equalize", 0.8, 0), ("equalize", 0.6, 0)),
    (("posterize", 0.6, 7), ("posterize", 0.6, 6)),
    (("equalize", 0.4, 0), ("solarize", 0.2, 4)),
    (("equalize", 0.4, 0), ("rotate", 0.8, 8)),
    (("solarize", 0.6, 3), ("equalize", 0.6, 0)),
    (("posterize", 0.8, 5), ("equalize", 1.0, 0)),
    (("rotate", 0.2, 3), ("solarize", 0.6, 8)),
    (("equalize", 0.6, 0), ("posterize", 0.4, 6)),
    (("rotate", 0.8, 8), ("color", 0.4, 0)),
    (("rotate", 0.4, 9), ("equalize", 0.6, 0)),
    (("equalize", 0.0, 0), ("equalize", 0.8, 0)),
    (("invert", 0.6, 0), ("equalize", 1.0, 0)),
    (("color", 0.6, 4), ("contrast", 1.0, 8)),
    (("rotate", 0.8, 8), ("color", 1.0, 2)),
    (("color", 0.8, 8), ("solarize", 0.8, 7)),
    (("sharpness", 0.4, 7), ("invert", 0.6, 0)),
    (("shear_x", 0.6, 5), ("equalize", 1.0, 0)),
    (("color", 0.4, 0), ("equalize", 0.6, 0)),
    (("equalize", 0.4, 0), ("solarize", 0.2, 4)),
    (("solarize", 0.6, 5), ("auto_contrast", 0.6, 0)),
    (("invert", 0.6, 0), ("equalize", 1.0, 0)),
    (("color", 0.6, 4), ("contrast", 1.0, 8)),
    (("equalize", 0.8, 0), ("equalize", 0.6, 0)),
)
"""The 25 sub-policies, each as likely as the others: two steps of an operation, the probability
that it is done, and its strength (0 where it has none). Some stand in the paper's table twice."""


class AutoAugment(Augmentation):
    """Every image passed through a sub-policy of its own; there is nothing to tune.

    Images have 1 or 3 channels, read as multiples of 1/255, and results are such.

    Notes
    -----
    Policy, ranges and nearest-neighbour sampling with black outside are those of
    `torchvision.transforms.v2.AutoAugment` with its policy IMAGENET, which draws once per call.
    Colour, contrast, sharpness and automatic contrast are rounded to the nearest level, and not
    down as there.

    References
    ----------
    Cubuk et al. (2019), AutoAugment: Learning Augmentation Strategies from Data, arXiv:1805.09501.
    """

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return the images passed through their sub-policies."""
        return apply(images, *draw(len(images), generator))


def draw(n: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return what `apply` needs for `n` images, on the generator's device."""
    import torch

    device = generator.device
    chosen = torch.randint(len(POLICY), (n,), generator=generator, device=device)
    chances = torch.tensor([[step[1] for step in steps] for steps in POLICY], device=device)
    done = torch.rand((n, 2), generator=generator, device=device) < chances[chosen]
    return chosen, done, _operations.draw_signs((n, 2), generator)


def apply(
    images: torch.Tensor, chosen: torch.Tensor, done: torch.Tensor, signs: torch.Tensor
) -> torch.Tensor:
    """Return `images`, each passed through the sub-policy that is given for it.

    Parameters
    ----------
    images : Tensor of float32, shape (n, 1 or 3, height, width)
        Values in [0, 1].
    chosen : Tensor of int64, shape (n,)
        Indices into `POLICY`.
    done : Tensor of bool, shape (n, 2)
        Which of the two steps are done.
    signs : Tensor of int64, shape (n, 2)
        Directions of the steps, 1 or -1; operations without a direction ignore it.
    """
    import torch

    index = _operations.OPERATIONS.index
    operations, strengths = torch.tensor(
        [[(index(name), strength) for name, _, strength in steps] for steps in POLICY],
        device=chosen.device,
    ).unbind(2)
    operations = torch.where(done, operations[chosen], index("identity"))
    space = _operations.space_of(*images.shape[2:])
    magnitudes = _operations.magnitudes_in(space, operations, strengths[chosen], STRONGEST, signs)
    return _operations.apply_in_turn(images, operations, magnitudes)
