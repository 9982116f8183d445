"""Rotation to either side; the strengths are ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from weightscape.shifts._corruption import Corruption, Strengths

if TYPE_CHECKING:
    import numpy as np

    from weightscape.shifts._corruption import Pixels


class Rotation(Corruption):
    """The test images turned about each image's centre, bilinearly, with black corners."""

    strengths: ClassVar[Strengths] = (10.0, 20.0, 30.0, 40.0, 50.0)
    """Angle by severity, in degrees; its sign is drawn for each image."""

    def corrupt(self, pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
        """Return one image turned to one side."""
        from scipy.ndimage import rotate

        angle = strength if rng.random() < 0.5 else -strength
        turned: Pixels = rotate(pixels, angle, axes=(1, 2), reshape=False, order=1)
        return turned
