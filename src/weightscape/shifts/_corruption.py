"""The base of the corruptions: five strengths, and one draw per image.

The strengths are ours, not those of CIFAR-C or ImageNet-C: chosen so that severity 1 is mild for
32-pixel images and severity 5 severe. Their accuracies do not compare with published ones. Lengths
are given for images of 32 pixels and grow with the image, so that a severity means the same.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from weightscape.config.shift import Unshifted
from weightscape.shifts._severities import FiveSeverities

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data.examples import Examples

    Pixels = npt.NDArray[np.float32]
    """An image of shape (channels, height, width), values in [0, 1]."""

Strengths = tuple[float, float, float, float, float]
"""A corruption's strength at severity 1 to 5."""

REFERENCE = 32
"""Shorter side of the images, in pixels, that lengths are given for."""


class Corruption(FiveSeverities):
    """The test images, each one's pixels changed.

    The images take their random numbers in turn from one stream; results are clipped to [0, 1] and
    rounded to the nearest of 256 values. With one seed, all severities have the same draws.
    """

    strengths: ClassVar[Strengths]

    def make(self, unshifted: Unshifted, severity: int, seed: int) -> Examples:
        """Return the test images corrupted."""
        from dataclasses import replace

        import numpy as np

        from weightscape.tensors import allocate

        test, strength = unshifted.test, self.strengths[severity - 1]
        rng = np.random.default_rng(seed)
        images = allocate(test.inputs.shape)
        for image, source in zip(images, test.inputs, strict=True):
            pixels = self.corrupt(source.astype(np.float32) / 255, strength, rng)
            image[...] = np.rint(np.clip(pixels, 0, 1) * 255)
        return replace(test, inputs=images)

    @abstractmethod
    def corrupt(self, pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
        """Return one image corrupted; `pixels` may be changed in place.

        Parameters
        ----------
        pixels : ndarray of float32, shape (channels, height, width)
            Values in [0, 1].
        strength : float
            One of `strengths`.
        rng : numpy.random.Generator
            Where all draws come from.
        """


def to_pixels(length: float, pixels: Pixels) -> float:
    """Return a length that is given for images of `REFERENCE` pixels, for an image of any size."""
    return float(length * min(pixels.shape[1:]) / REFERENCE)
