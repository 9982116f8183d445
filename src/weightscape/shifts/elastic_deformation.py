"""Elastic deformation by smooth random fields; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.shifts._corruption import (
    Severities,
    Strengths,
    each_image,
    in_pixels,
    strength_at,
)

if TYPE_CHECKING:
    import numpy as np

    from weightscape.data.labelled import Labelled
    from weightscape.shifts._corruption import Pixels
    from weightscape.shifts.source import Source

DISTANCE: Strengths = (0.5, 1.0, 1.5, 2.0, 2.5)
"""Root mean square of the displacement along either axis by severity, in pixels of an image of 32
pixels."""

SMOOTHNESS = 4.0
"""Standard deviation of the kernel that smooths the fields, in the same pixels."""


class Options(Severities):
    """Which severities are tested."""


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return the test images deformed, bilinearly, edge pixels continued outwards.

    Every image has a field of its own, the same for all channels and, up to its strength, for all
    severities. Displacements and their smoothness grow with the shorter side of the image.

    Raises
    ------
    ValueError
        If `severity` is not one of 1 to 5.

    References
    ----------
    Simard et al. (2003), Best Practices for Convolutional Neural Networks Applied to Visual
    Document Analysis, doi:10.1109/ICDAR.2003.1227801.
    """
    import numpy as np
    from scipy.ndimage import gaussian_filter, map_coordinates

    distance = strength_at(DISTANCE, severity)

    def corrupt(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        noise = rng.standard_normal((2, *pixels.shape[1:]), dtype=np.float32)
        field = gaussian_filter(noise, in_pixels(SMOOTHNESS, pixels), mode="reflect", axes=(1, 2))
        field /= np.sqrt(np.mean(field**2, axis=(1, 2), keepdims=True))
        places = np.indices(pixels.shape[1:]) + in_pixels(distance, pixels) * field
        return np.stack([map_coordinates(c, places, order=1, mode="nearest") for c in pixels])

    return each_image(source.test, corrupt, seed)
