"""AugMix: every training image mixed with chains of operations on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import AfterValidator, Field

from weightscape.augment import _operations
from weightscape.config.augmentation import Augmentation

if TYPE_CHECKING:
    import torch

STRONGEST = 9
"""Strengths go from 0 to this."""

LONGEST = 3
"""Operations in the longest of chains of random length."""

_ALWAYS = (
    *("shear_x", "shear_y", "translate_x", "translate_y", "rotate"),
    *("posterize", "solarize", "auto_contrast", "equalize"),
)
_WITH_ALL_OPS = ("brightness", "color", "contrast", "sharpness")


def _not_zero(depth: int) -> int:
    if depth == 0:
        raise ValueError("chain_depth is 0; give 1 or more, or -1 for random lengths")
    return depth


class Draws(NamedTuple):
    """What `apply` needs: tensors of shape (n, chains, operations) but for the weights.

    `operations` are indices into `_operations.OPERATIONS`, `strengths` from 0 to `STRONGEST` and
    `signs` 1 or -1; `weights`, of shape (n, 1 + chains), are those of the image and of its chains.
    """

    operations: torch.Tensor
    strengths: torch.Tensor
    signs: torch.Tensor
    weights: torch.Tensor


class AugMix(Augmentation):
    """Every image mixed with results of its own chains of operations.

    Images have 1 or 3 channels, read as multiples of 1/255, and results are such.

    Notes
    -----
    Operations, ranges, bilinear sampling with black outside and distributions are those of
    `torchvision.transforms.v2.AugMix`, which draws the operations once per call. Values are rounded
    to the nearest level, and not down as there. The paper's consistency loss between several
    mixtures of an image is no part of this.

    References
    ----------
    Hendrycks et al. (2020), AugMix: A Simple Data Processing Method to Improve Robustness and
    Uncertainty, arXiv:1912.02781.
    """

    severity: int = Field(
        3, ge=1, le=STRONGEST + 1, description="Number of equally likely strengths, weakest first."
    )
    mixture_width: int = Field(3, ge=1, description="Number of chains.")
    chain_depth: Annotated[int, AfterValidator(_not_zero)] = Field(
        -1, ge=-1, description="Operations in a chain; -1 draws 1, 2 or 3 for each chain."
    )
    alpha: float = Field(
        1.0, gt=0, description="Parameter of the distributions that the weights are drawn from."
    )
    all_ops: bool = Field(
        True, description="Whether brightness, colour, contrast and sharpness are among them."
    )

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return the images mixed with their chains."""
        return apply(images, self.draw(len(images), generator))

    def draw(self, n: int, generator: torch.Generator) -> Draws:
        """Return what `apply` needs for `n` images, on the generator's device."""
        import torch

        device = generator.device
        depth = LONGEST if self.chain_depth < 0 else self.chain_depth
        shape = (n, self.mixture_width, depth)
        names = (*_ALWAYS, *_WITH_ALL_OPS) if self.all_ops else _ALWAYS
        index = _operations.OPERATIONS.index
        operations = torch.tensor([index(name) for name in names], device=device)[
            torch.randint(len(names), shape, generator=generator, device=device)
        ]
        if self.chain_depth < 0:
            depths = torch.randint(1, LONGEST + 1, shape[:2], generator=generator, device=device)
            going_on = torch.arange(LONGEST, device=device) < depths[:, :, None]
            operations = torch.where(going_on, operations, index("identity"))
        strengths = torch.randint(self.severity, shape, generator=generator, device=device)
        signs = _operations.draw_signs(shape, generator)
        alphas = torch.full((n, self.mixture_width), self.alpha, device=device)
        # The public distributions of torch take no generator.
        image = torch._sample_dirichlet(alphas[:, :1].expand(n, 2), generator)[:, :1]
        chains = torch._sample_dirichlet(alphas, generator)
        weights = torch.cat([image, (1 - image) * chains], 1)
        return Draws(operations, strengths, signs, weights)


def apply(images: torch.Tensor, draws: Draws) -> torch.Tensor:
    """Return `images`, each mixed with its chains as `draws` say."""
    height, width = images.shape[2:]
    space = {
        **_operations.space_of(height, width),
        "translate_x": (0.0, width / 3),
        "translate_y": (0.0, height / 3),
        "posterize": (4.0, 0.0),
    }
    magnitudes = _operations.magnitudes_in(
        space, draws.operations, draws.strengths, STRONGEST, draws.signs
    )
    weights = draws.weights.to(images.device)[:, :, None, None, None]
    mixed = _operations.round_levels(images).mul_(weights[:, 0])
    for chain in range(draws.operations.shape[1]):
        changed = _operations.apply_in_turn(
            images, draws.operations[:, chain], magnitudes[:, chain], "bilinear"
        )
        mixed += changed.mul_(weights[:, 1 + chain])
    return _operations.round_levels(mixed)
