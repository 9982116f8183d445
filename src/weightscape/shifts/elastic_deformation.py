"""Elastic deformation by smooth random fields; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from weightscape.shifts._corruption import Corruption, Strengths, to_pixels

if TYPE_CHECKING:
    import numpy as np

    from weightscape.shifts._corruption import Pixels

SMOOTHNESS = 4.0
"""Standard deviation of the kernel that smooths the fields, in pixels of an image of 32 pixels."""


class ElasticDeformation(Corruption):
    """The test images deformed, bilinearly, edge pixels continued outwards.

    Every image has a field of its own, the same for all channels and, up to its strength, for all
    severities. Displacements and their smoothness grow with the shorter side of the image.

    References
    ----------
    Simard et al. (2003), Best Practices for Convolutional Neural Networks Applied to Visual
    Document Analysis, doi:10.1109/ICDAR.2003.1227801.
    """

    strengths: ClassVar[Strengths] = (0.5, 1.0, 1.5, 2.0, 2.5)
    """Root mean square of the displacement along either axis by severity, in pixels of an image of
    32 pixels."""

    def corrupt(self, pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
        """Return one image deformed."""
        import numpy as np
        from scipy.ndimage import gaussian_filter, map_coordinates

        noise = rng.standard_normal((2, *pixels.shape[1:]), dtype=np.float32)
        field = gaussian_filter(noise, to_pixels(SMOOTHNESS, pixels), mode="reflect", axes=(1, 2))
        field /= np.sqrt(np.mean(field**2, axis=(1, 2), keepdims=True))
        places = np.indices(pixels.shape[1:]) + to_pixels(strength, pixels) * field
        return np.stack([map_coordinates(c, places, order=1, mode="nearest") for c in pixels])
