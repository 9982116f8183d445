"""Gaussian blur; the strengths are ours, not CIFAR-C's."""

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

SIGMA: Strengths = (0.5, 1.0, 1.5, 2.0, 2.5)
"""Standard deviation of the kernel by severity, in pixels of an image of 32 pixels."""


class Options(Severities):
    """Which severities are tested."""


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return the test images blurred, edge pixels continued outwards; nothing is random.

    The kernel grows with the shorter side of the image.

    Raises
    ------
    ValueError
        If `severity` is not one of 1 to 5.
    """
    from scipy.ndimage import gaussian_filter

    sigma = strength_at(SIGMA, severity)

    def corrupt(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        width = in_pixels(sigma, pixels)
        blurred: Pixels = gaussian_filter(pixels, width, mode="nearest", axes=(1, 2))
        return blurred

    return each_image(source.test, corrupt, seed)
