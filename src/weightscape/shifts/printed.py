"""Printed digits in place of handwritten ones: the same classes from another domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from weightscape.data.fonts import font_files, render
from weightscape.section import Section

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled
    from weightscape.shifts.source import Source

DIGITS = "0123456789"
SMALLEST, LARGEST = 0.8, 1.0  # height of the upright digit, as a share of the image
ROTATION_SD = 5.0  # degrees


class Options(Section):
    """How many digits are printed."""

    severities: tuple[Literal[1]] = Field(
        default=(1,), description="A change of domain has one severity."
    )
    per_font: int = Field(
        default=3, ge=1, description="Images of each of the ten digits in each of the 16 fonts."
    )


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return printed digits of slightly varying size and rotation.

    Parameters
    ----------
    source : Source
        Its test images give the classes, the image shape and whether strokes are bright on dark;
        they themselves do not enter.
    severity : int
        Has to be 1.
    options : Options
        The number of images.
    seed : int
        Decides every draw.

    Returns
    -------
    Labelled
        10 x 16 x `per_font` images, digit by digit; colour images repeat one grey channel.

    Raises
    ------
    ValueError
        If the classes are not the ten digits, or `severity` is not 1.
    """
    import numpy as np

    from weightscape.data.labelled import Labelled

    test = source.test
    if set(test.classes) != set(DIGITS):
        raise ValueError(
            f"the shift `printed` needs the ten classes {', '.join(DIGITS)}; "
            f"this dataset has {', '.join(test.classes)}"
        )
    if severity != 1:
        raise ValueError(f"the shift `printed` has the one severity 1, not {severity}")
    channels, height, width = test.images.shape[1:]
    rng = np.random.default_rng(seed)
    images, labels = [], []
    for digit in DIGITS:
        for font in font_files():
            for _ in range(options.per_font):
                size, rotation = rng.uniform(SMALLEST, LARGEST), rng.normal(0, ROTATION_SD)
                images.append(render(digit, font, (height, width), size=size, rotation=rotation))
                labels.append(test.classes.index(digit))
    drawn = np.stack(images)[:, None].repeat(channels, axis=1)
    dark_on_bright = bool(np.median(test.images) > 127)
    return Labelled(255 - drawn if dark_on_bright else drawn, np.array(labels), test.classes)
