"""RandAugment: a few random operations of one common strength on every training image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from weightscape.augment import _operations
from weightscape.config.augmentation import Augmentation

if TYPE_CHECKING:
    import torch

OPERATIONS = tuple(name for name in _operations.OPERATIONS if name != "invert")
"""The operations, each as likely as the others."""


class RandAugment(Augmentation):
    """Every image passed through operations of its own.

    Images have 1 or 3 channels, read as multiples of 1/255, and results are such.

    Notes
    -----
    Operations, ranges and nearest-neighbour sampling with black outside are those of
    `torchvision.transforms.v2.RandAugment`, which draws once per call. Brightness, colour,
    contrast, sharpness and automatic contrast are rounded to the nearest level, and not down as
    there.

    References
    ----------
    Cubuk et al. (2020), RandAugment: Practical automated data augmentation with a reduced search
    space, arXiv:1909.13719.
    """

    num_ops: int = Field(2, ge=1, description="Operations on an image, one after the other.")
    magnitude: int = Field(9, ge=0, description="Their strength, from 0 to num_magnitude_bins - 1.")
    num_magnitude_bins: int = Field(31, ge=2, description="Number of strengths there are.")

    @model_validator(mode="after")
    def _within_the_bins(self) -> Self:
        if self.magnitude >= self.num_magnitude_bins:
            raise ValueError(
                f"magnitude {self.magnitude} must be below num_magnitude_bins "
                f"{self.num_magnitude_bins}"
            )
        return self

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return the images passed through their operations."""
        return self.apply(images, *self.draw(len(images), generator))

    def draw(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Return operations and signs for `apply`, on the generator's device."""
        import torch

        shape = (n, self.num_ops)
        operations = torch.randint(
            len(OPERATIONS), shape, generator=generator, device=generator.device
        )
        return operations, _operations.draw_signs(shape, generator)

    def apply(
        self, images: torch.Tensor, operations: torch.Tensor, signs: torch.Tensor
    ) -> torch.Tensor:
        """Return `images`, each passed through the operations that are given for it.

        Parameters
        ----------
        images : Tensor of float32, shape (n, 1 or 3, height, width)
            Values in [0, 1].
        operations : Tensor of int64, shape (n, `self.num_ops`)
            Indices into `OPERATIONS`.
        signs : Tensor of int64, shape (n, `self.num_ops`)
            Directions, 1 or -1; operations without a direction ignore it.
        """
        import torch

        magnitudes = _operations.magnitudes_in(
            _operations.space_of(*images.shape[2:]),
            operations,
            torch.full_like(operations, self.magnitude),
            self.num_magnitude_bins - 1,
            signs,
        )
        return _operations.apply_in_turn(images, operations, magnitudes)
