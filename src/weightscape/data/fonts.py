"""Characters drawn with the TrueType fonts that matplotlib bundles."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

FONT_NAMES = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-BoldOblique", "DejaVuSans-Oblique"),
    *("DejaVuSansMono", "DejaVuSansMono-Bold"),
    *("DejaVuSansMono-BoldOblique", "DejaVuSansMono-Oblique"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-BoldItalic", "DejaVuSerif-Italic"),
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralBolIta", "STIXGeneralItalic"),
)
"""Text faces with Latin and Greek letters and digits: four families in four styles."""

_OVERSAMPLING = 2
_MARGIN = 2  # black pixels around a drawn character, so that its edge is interpolated, not cut


def font_files() -> tuple[Path, ...]:
    """Return the files of the fonts in `FONT_NAMES`, in that order.

    Raises
    ------
    FileNotFoundError
        If matplotlib's data folder lacks one of them.
    """
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    files = tuple(folder / f"{name}.ttf" for name in FONT_NAMES)
    for file in files:
        if not file.is_file():
            raise FileNotFoundError(f"{file} is missing: matplotlib does not bundle this font")
    return files


def render(
    character: str,
    font: Path,
    shape: tuple[int, int],
    *,
    size: float,
    rotation: float = 0.0,
    shear: float = 0.0,
    offset: tuple[float, float] = (0.0, 0.0),
) -> npt.NDArray[np.uint8]:
    """Return `character` in white on black.

    Parameters
    ----------
    character : str
        The character to draw; a font without it draws its placeholder.
    font : Path
        A TrueType file.
    shape : (int, int)
        Height and width of the image, in pixels.
    size : float
        Longer side of the upright character's bounding box, as a share of the image's shorter side.
    rotation : float, optional
        Counter-clockwise, in degrees, after the shear.
    shear : float, optional
        Horizontal displacement per vertical distance; positive leans to the right.
    offset : (float, float), optional
        Where the box's centre lies from the image's centre, to the right and down, in pixels.

    Returns
    -------
    ndarray of uint8, shape (height, width)
        What falls outside the image is lost.
    """
    import numpy as np
    from PIL import Image

    height, width = (_OVERSAMPLING * side for side in shape)
    extent = min(height, width)
    glyph = _drawn(character, font, round(1.5 * extent))
    step = (max(glyph.size) - 2 * _MARGIN) / (size * extent)  # pixels of the glyph per output pixel
    cos, sin = math.cos(math.radians(rotation)), math.sin(math.radians(rotation))
    # Pillow maps output to input: the rotation is undone first, then the shear (y points down).
    xx, xy = step * (cos + shear * sin), step * (shear * cos - sin)
    yx, yy = step * sin, step * cos
    x = width / 2 + _OVERSAMPLING * offset[0]
    y = height / 2 + _OVERSAMPLING * offset[1]
    inverse = (
        *(xx, xy, glyph.width / 2 - xx * x - xy * y),
        *(yx, yy, glyph.height / 2 - yx * x - yy * y),
    )
    drawn = glyph.transform(
        (width, height), Image.Transform.AFFINE, inverse, Image.Resampling.BILINEAR
    )
    return np.asarray(drawn.reduce(_OVERSAMPLING))


@lru_cache(maxsize=4096)
def _drawn(character: str, font: Path, pixels: int) -> Image:
    """Return `character` upright, cropped to its bounding box and a margin."""
    from PIL import Image, ImageDraw, ImageFont, ImageOps

    # The basic layout needs no text-shaping library and is the same everywhere.
    face = ImageFont.truetype(font, pixels, layout_engine=ImageFont.Layout.BASIC)
    left, top, right, bottom = face.getbbox(character)
    glyph = Image.new("L", (math.ceil(right - left), math.ceil(bottom - top)))
    ImageDraw.Draw(glyph).text((-left, -top), character, fill=255, font=face)
    # Pillow's box spans the advance width; the character's own is that of its ink.
    return ImageOps.expand(glyph.crop(glyph.getbbox()), _MARGIN)
