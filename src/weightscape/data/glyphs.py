"""Printed letters to pre-train on: drawn, so no download, and none of them a digit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.config.source import Side, Source
from weightscape.data.fonts import font_files, render

if TYPE_CHECKING:
    import numpy.typing as npt

    from weightscape.data.examples import Examples

# One class per shape. Size is random, so letters that are enlarged or reduced copies of another
# share its class and only one of them is drawn: c o s v w x z are C O S V W X Z; l is I; Greek
# capitals that are Latin ones, and omicron, nu, rho and upsilon (o v p u), are left out.
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghijkmnpqrtuyÆæŒÞþß"
GREEK = "ΓΔΘΛΞΠΣΦΨΩαβγδεζηθικλμξπσςτφχψω"
ROTATION_SD = 10.0  # degrees
SHEAR_SD = 0.15
SMALLEST, LARGEST = 0.5, 1.0  # longer side of the upright letter, as a share of the image
COARSE_SIDE = 8  # pixels; the resolution of scikit-learn's digits


class Glyphs(Source):
    """Letters of random size, place, rotation and shear, white on black."""

    image_size: Side = Field(default=32, description="Height and width of the images, in pixels.")
    per_font: int = Field(
        default=15,
        ge=1,
        description="Images of each of the 81 letters in each of the 16 fonts.",
    )

    def __call__(self, data_root: Path, seed: int) -> Examples:
        """Return the letters; the fonts come with matplotlib, not from the folder of downloads.

        Returns
        -------
        images : Examples
            81 x 16 x `per_font` images of one channel, class by class; a class is named by its
            letter. Every second image is reduced to 8x8 pixels and enlarged again, as the digits
            are.
        """
        import numpy as np
        from PIL import Image

        from weightscape.data.examples import Examples

        letters, side = LATIN + GREEK, self.image_size
        rng = np.random.default_rng(seed)
        images: list[npt.NDArray[np.uint8]] = []
        for letter in letters:
            for font in font_files():
                for _ in range(self.per_font):
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
        return Examples(
            inputs=np.stack(images)[:, None],
            labels=np.repeat(np.arange(len(letters)), len(images) // len(letters)),
            classes=tuple(letters),
        )
