"""Rotation to either side; the strengths are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.shifts._corruption import Severities, Strengths, each_image, strength_at

if TYPE_CHECKING:
    import numpy as np

    from weightscape.data.labelled import Labelled
    from weightscape.shifts._corruption import Pixels
    from weightscape.shifts.source import Source

DEGREES: Strengths = (10.0, 20.0, 30.0, 40.0, 50.0)
"""Angle by severity; its sign is drawn for each image."""


class Options(Severities):
    """Which severities are tested."""


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return the test images turned about each image's centre, bilinearly, with black corners.

    Raises
    ------
    ValueError
        If `severity` is not one of 1 to 5.
    """
    from scipy.ndimage import rotate

    degrees = strength_at(DEGREES, severity)

    def corrupt(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        angle = degrees if rng.random() < 0.5 else -degrees
        turned: Pixels = rotate(pixels, angle, axes=(1, 2), reshape=False, order=1)
        return turned

    return each_image(source.test, corrupt, seed)
