"""Printed letters to pre-train on: drawn, so no download, and none of them a digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.data.fonts import font_files, render
from weightscape.section import Section

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from weightscape.data.labelled import Labelled

# One class per shape. Size is random, so letters that are enlarged or reduced copies of another
# share its class and only one of them is drawn: c o s v w x z are C O S V W X Z; l is I; Greek
# capitals that are Latin ones, and omicron, nu, rho and upsilon (o v p u), are left out.
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghijkmnpqrtuyÆæŒÞþß"
GREEK = "ΓΔΘΛΞΠΣΦΨΩαβγδεζηθικλμξπσςτφχψω"
ROTATION_SD = 10.0  # degrees
SHEAR_SD = 0.15
SMALLEST, LARGEST = 0.5, 1.0  # longer side of the upright letter, as a share of the image
COARSE_SIDE = 8  # pixels; the resolution of scikit-learn's digits


class Options(Section):
    """How the letters are drawn."""

    image_size: int = Field(
        default=32, ge=8, le=512, description="Height and width of the images, in pixels."
    )
    per_font: int = Field(
        default=15,
        ge=1,
        description="Images of each of the 81 letters in each of the 16 fonts.",
    )


def load(options: Options, data_root: Path, seed: int) -> Labelled:
    """Return letters of random size, place, rotation and shear, white on black.

    Parameters
    ----------
    options : Options
        Image size and number of images.
    data_root : Path
        Not used: the fonts come with matplotlib.
    seed : int
        Decides every draw.

    Returns
    -------
    Labelled
        81 x 16 x `per_font` images of one channel, class by class; a class is named by its letter.
        Every second image is reduced to 8x8 pixels and enlarged again, as the digits are.
    """
    import numpy as np
    from PIL import Image

    from weightscape.data.labelled import Labelled

    letters, side = LATIN + GREEK, options.image_size
    rng = np.random.default_rng(seed)
    images: list[npt.NDArray[np.uint8]] = []
    for letter in letters:
        for font in font_files():
            for _ in range(options.per_font):
                size = rng.uniform(SMALLEST, LARGEST)
                room = (1 - size) * side / 2
                image = render(
                    letter,
                    font,
                    (side, side),
                    size=size,
                    rotation=rng.normal(0, ROTATION_SD),
                    shear=rng.normal(0, SHEAR_SD),
                    offset=(rng.uniform(-room, room), rng.uniform(-room, room)),
                )
                if len(images) % 2:
                    coarse = Image.fromarray(image).resize(
                        (COARSE_SIDE, COARSE_SIDE), Image.Resampling.BOX
                    )
                    image = np.asarray(coarse.resize((side, side), Image.Resampling.BILINEAR))
                images.append(image)
    return Labelled(
        images=np.stack(images)[:, None],
        labels=np.repeat(np.arange(len(letters)), len(images) // len(letters)),
        classes=tuple(letters),
    )
