"""Loss of contrast; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from weightscape.shifts._corruption import Corruption, Strengths

if TYPE_CHECKING:
    import numpy as np

    from weightscape.shifts._corruption import Pixels


class Contrast(Corruption):
    """The test images drawn towards their means, channel by channel; nothing is random.

    References
    ----------
    Hendrycks & Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and
    Perturbations, arXiv:1903.12261, whose `contrast` has this formula with other factors.
    """

    strengths: ClassVar[Strengths] = (0.8, 0.6, 0.4, 0.3, 0.2)
    """What remains of each pixel's distance from the image's mean, by severity."""

    def corrupt(self, pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
        """Return one image drawn towards its mean."""
        mean = pixels.mean(axis=(1, 2), keepdims=True)
        flattened: Pixels = mean + strength * (pixels - mean)
        return flattened
