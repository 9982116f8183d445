"""Loss of contrast; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.shifts._corruption import Severities, Strengths, each_image, strength_at

if TYPE_CHECKING:
    import numpy as np

    from weightscape.data.labelled import Labelled
    from weightscape.shifts._corruption import Pixels
    from weightscape.shifts.source import Source

FACTOR: Strengths = (0.8, 0.6, 0.4, 0.3, 0.2)
"""What remains of each pixel's distance from the image's mean, by severity."""


class Options(Severities):
    """Which severities are tested."""


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return the test images drawn towards their means, channel by channel; nothing is random.

    Raises
    ------
    ValueError
        If `severity` is not one of 1 to 5.

    References
    ----------
    Hendrycks & Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and
    Perturbations, arXiv:1903.12261, whose `contrast` has this formula with other factors.
    """
    factor = strength_at(FACTOR, severity)

    def corrupt(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        mean = pixels.mean(axis=(1, 2), keepdims=True)
        flattened: Pixels = mean + factor * (pixels - mean)
        return flattened

    return each_image(source.test, corrupt, seed)
