"""Black and white pixels; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.shifts._corruption import Severities, Strengths, each_image, strength_at

if TYPE_CHECKING:
    import numpy as np

    from weightscape.data.labelled import Labelled
    from weightscape.shifts._corruption import Pixels
    from weightscape.shifts.source import Source

SHARE: Strengths = (0.02, 0.05, 0.10, 0.17, 0.27)
"""Share of the values that are replaced by severity, half of them by 0 and half by 1."""


class Options(Severities):
    """Which severities are tested."""


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return the test images with random values, of pixels and channels alike, black or white.

    Raises
    ------
    ValueError
        If `severity` is not one of 1 to 5.

    References
    ----------
    Hendrycks & Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and
    Perturbations, arXiv:1903.12261, whose `impulse_noise` is this with other shares.
    """
    import numpy as np

    share = strength_at(SHARE, severity)

    def corrupt(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        drawn = rng.random(pixels.shape, dtype=np.float32)
        pixels[drawn < share / 2] = 0
        pixels[drawn >= 1 - share / 2] = 1
        return pixels

    return each_image(source.test, corrupt, seed)
