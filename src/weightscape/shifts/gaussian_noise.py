"""Additive Gaussian noise; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.shifts._corruption import Severities, Strengths, each_image, strength_at

if TYPE_CHECKING:
    import numpy as np

    from weightscape.data.labelled import Labelled
    from weightscape.shifts._corruption import Pixels
    from weightscape.shifts.source import Source

SD: Strengths = (0.05, 0.10, 0.20, 0.30, 0.40)
"""Standard deviation by severity, on pixels in [0, 1]."""


class Options(Severities):
    """Which severities are tested."""


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return the test images with independent Gaussian noise on every pixel and channel.

    Raises
    ------
    ValueError
        If `severity` is not one of 1 to 5.
    """
    import numpy as np

    sd = np.float32(strength_at(SD, severity))

    def corrupt(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        return pixels + sd * rng.standard_normal(pixels.shape, dtype=np.float32)

    return each_image(source.test, corrupt, seed)
