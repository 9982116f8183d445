"""A grey square in front of the image; the strengths are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.shifts._corruption import Severities, Strengths, each_image, strength_at

if TYPE_CHECKING:
    import numpy as np

    from weightscape.data.labelled import Labelled
    from weightscape.shifts._corruption import Pixels
    from weightscape.shifts.source import Source

SIDE: Strengths = (0.2, 0.3, 0.4, 0.5, 0.6)
"""Side of the square by severity, as a share of the image's shorter side: 4 to 36 % of its area."""


class Options(Severities):
    """Which severities are tested."""


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return the test images with a mid-grey square at a random place wholly inside every image.

    Raises
    ------
    ValueError
        If `severity` is not one of 1 to 5.

    References
    ----------
    Zeiler & Fergus (2014), Visualizing and Understanding Convolutional Networks, arXiv:1311.2901,
    whose occlusion experiment covers parts of the image with a grey square.
    """
    share = strength_at(SIDE, severity)

    def corrupt(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        height, width = pixels.shape[1:]
        side = round(share * min(height, width))
        top, left = (rng.random(2) * (height - side + 1, width - side + 1)).astype(int)
        pixels[:, top : top + side, left : left + side] = 0.5
        return pixels

    return each_image(source.test, corrupt, seed)
