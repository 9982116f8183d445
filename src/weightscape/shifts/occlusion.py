"""A grey square in front of the image; the strengths are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from weightscape.shifts._corruption import Corruption, Strengths

if TYPE_CHECKING:
    import numpy as np

    from weightscape.shifts._corruption import Pixels


class Occlusion(Corruption):
    """The test images with a mid-grey square at a random place wholly inside every image.

    References
    ----------
    Zeiler & Fergus (2014), Visualizing and Understanding Convolutional Networks, arXiv:1311.2901,
    whose occlusion experiment covers parts of the image with a grey square.
    """

    strengths: ClassVar[Strengths] = (0.2, 0.3, 0.4, 0.5, 0.6)
    """Side of the square by severity, as a share of the image's shorter side: 4 to 36 % of its
    area."""

    def corrupt(self, pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
        """Return one image with a square in front."""
        height, width = pixels.shape[1:]
        side = round(strength * min(height, width))
        top, left = (rng.random(2) * (height - side + 1, width - side + 1)).astype(int)
        pixels[:, top : top + side, left : left + side] = 0.5
        return pixels
