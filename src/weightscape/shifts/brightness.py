"""Too much light; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.shifts._corruption import Severities, Strengths, each_image, strength_at

if TYPE_CHECKING:
    import numpy as np

    from weightscape.data.labelled import Labelled
    from weightscape.shifts._corruption import Pixels
    from weightscape.shifts.source import Source

ADDED: Strengths = (0.1, 0.2, 0.3, 0.4, 0.5)
"""What is added to every pixel by severity, on pixels in [0, 1]."""


class Options(Severities):
    """Which severities are tested."""


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return the test images brightened, what exceeds white cut off; nothing is random.

    Raises
    ------
    ValueError
        If `severity` is not one of 1 to 5.

    References
    ----------
    Hendrycks & Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and
    Perturbations, arXiv:1903.12261, whose `brightness` adds to the value of HSV: the same for grey
    images.
    """
    added = strength_at(ADDED, severity)

    def corrupt(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        brightened: Pixels = pixels + added
        return brightened

    return each_image(source.test, corrupt, seed)
