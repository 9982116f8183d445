"""Too much light; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from weightscape.shifts._corruption import Corruption, Strengths

if TYPE_CHECKING:
    import numpy as np

    from weightscape.shifts._corruption import Pixels


class Brightness(Corruption):
    """The test images brightened, what exceeds white cut off; nothing is random.

    References
    ----------
    Hendrycks & Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and
    Perturbations, arXiv:1903.12261, whose `brightness` adds to the value of HSV: the same for grey
    images.
    """

    strengths: ClassVar[Strengths] = (0.1, 0.2, 0.3, 0.4, 0.5)
    """What is added to every pixel by severity, on pixels in [0, 1]."""

    def corrupt(self, pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
        """Return one image brightened."""
        brightened: Pixels = pixels + strength
        return brightened
