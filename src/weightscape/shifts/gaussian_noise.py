"""Additive Gaussian noise; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from weightscape.shifts._corruption import Corruption, Strengths

if TYPE_CHECKING:
    import numpy as np

    from weightscape.shifts._corruption import Pixels


class GaussianNoise(Corruption):
    """The test images with independent Gaussian noise on every pixel and channel."""

    strengths: ClassVar[Strengths] = (0.05, 0.10, 0.20, 0.30, 0.40)
    """Standard deviation by severity, on pixels in [0, 1]."""

    def corrupt(self, pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
        """Return one image with noise."""
        import numpy as np

        return pixels + np.float32(strength) * rng.standard_normal(pixels.shape, dtype=np.float32)
