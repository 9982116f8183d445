"""The handwritten digits that come with scikit-learn: 1,797 images of 8x8 pixels, no download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.data._credit import Credit
from weightscape.section import Section

if TYPE_CHECKING:
    from pathlib import Path

    from weightscape.data.labelled import Labelled


CREDIT = Credit(
    what="Handwritten digits",
    by="Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning"
    " Repository",
    doi="10.24432/C50P49",
    license="CC BY 4.0",
)


class Options(Section):
    """How the digits are prepared."""

    image_size: int = Field(
        default=32,
        ge=8,
        le=512,
        description="Height and width of the images, in pixels; the source has 8.",
    )


def load(options: Options, data_root: Path, seed: int) -> Labelled:
    """Return the digits, white strokes on black, enlarged bilinearly.

    Parameters
    ----------
    options : Options
        The image size.
    data_root : Path
        Not used: scikit-learn carries the images with it.
    seed : int
        Not used: nothing is random.

    Returns
    -------
    Labelled
        1,797 images of one channel in the classes "0" to "9". Grey values 0 to 16 become 0 to 255;
        pixel centres lie at half-integers, as in torch with ``align_corners=False``.

    References
    ----------
    Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, DOI 10.24432/C50P49; scikit-learn has its 1,797 test images.
    """
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    from weightscape.data.labelled import Labelled

    source = load_digits()
    size = (options.image_size, options.image_size)
    enlarged = np.stack(
        [
            np.asarray(Image.fromarray(digit).resize(size, Image.Resampling.BILINEAR))
            for digit in np.asarray(source.images, dtype=np.float32)
        ]
    )
    return Labelled(
        images=np.rint(enlarged[:, None] * (255 / 16)).astype(np.uint8),
        labels=np.asarray(source.target, dtype=np.int64),
        classes=tuple(str(name) for name in source.target_names),
    )
