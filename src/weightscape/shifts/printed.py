"""Printed digits in place of handwritten ones: the same classes from another domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.config.shift import Unshifted
from weightscape.shifts._severities import OneSeverity

if TYPE_CHECKING:
    from weightscape.data.examples import Examples

DIGITS = "0123456789"
SMALLEST, LARGEST = 0.8, 1.0  # height of the upright digit, as a share of the image
ROTATION_SD = 5.0  # degrees


class Printed(OneSeverity):
    """Printed digits of slightly varying size and rotation.

    The test images give the classes, the image shape and whether strokes are bright on dark; they
    themselves do not enter.
    """

    per_font: int = Field(
        default=3, ge=1, description="Images of each of the ten digits in each of the 16 fonts."
    )

    def make(self, unshifted: Unshifted, seed: int) -> Examples:
        """Return 10 x 16 x `per_font` images, digit by digit.

        Colour images repeat one grey channel.

        Raises
        ------
        ValueError
            If the classes are not the ten digits.
        """
        import numpy as np

        from weightscape.data.examples import Examples
        from weightscape.data.fonts import font_files, render

        test = unshifted.test
        if set(test.classes) != set(DIGITS):
            raise ValueError(
                f"the shift `printed` needs the ten classes {', '.join(DIGITS)}; "
                f"this dataset has {', '.join(test.classes)}"
            )
        channels, height, width = test.inputs.shape[1:]
        rng = np.random.default_rng(seed)
        images, labels = [], []
        for digit in DIGITS:
            for font in font_files():
                for _ in range(self.per_font):
                    size, rotation = rng.uniform(SMALLEST, LARGEST), rng.normal(0, ROTATION_SD)
                    images.append(
                        render(digit, font, (height, width), size=size, rotation=rotation)
                    )
                    labels.append(test.classes.index(digit))
        drawn = np.stack(images)[:, None].repeat(channels, axis=1)
        dark_on_bright = bool(np.median(test.inputs) > 127)
        return Examples(255 - drawn if dark_on_bright else drawn, np.array(labels), test.classes)
