"""Gaussian blur; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from weightscape.shifts._corruption import Corruption, Strengths, to_pixels

if TYPE_CHECKING:
    import numpy as np

    from weightscape.shifts._corruption import Pixels


class Blur(Corruption):
    """The test images blurred, edge pixels continued outwards; nothing is random.

    The kernel grows with the shorter side of the image.
    """

    strengths: ClassVar[Strengths] = (0.5, 1.0, 1.5, 2.0, 2.5)
    """Standard deviation of the kernel by severity, in pixels of an image of 32 pixels."""

    def corrupt(self, pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
        """Return one image blurred."""
        from scipy.ndimage import gaussian_filter

        width = to_pixels(strength, pixels)
        blurred: Pixels = gaussian_filter(pixels, width, mode="nearest", axes=(1, 2))
        return blurred
