"""Black and white pixels; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from weightscape.shifts._corruption import Corruption, Strengths

if TYPE_CHECKING:
    import numpy as np

    from weightscape.shifts._corruption import Pixels


class ImpulseNoise(Corruption):
    """The test images with random values, of pixels and channels alike, black or white.

    References
    ----------
    Hendrycks & Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and
    Perturbations, arXiv:1903.12261, whose `impulse_noise` is this with other shares.
    """

    strengths: ClassVar[Strengths] = (0.02, 0.05, 0.10, 0.17, 0.27)
    """Share of the values that are replaced by severity, half of them by 0 and half by 1."""

    def corrupt(self, pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
        """Return one image with impulses."""
        import numpy as np

        drawn = rng.random(pixels.shape, dtype=np.float32)
        pixels[drawn < strength / 2] = 0
        pixels[drawn >= 1 - strength / 2] = 1
        return pixels
