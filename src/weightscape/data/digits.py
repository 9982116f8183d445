"""The handwritten digits that come with scikit-learn: 1,797 images of 8x8 pixels, no download."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from weightscape.config.credit import Credit
from weightscape.config.source import Side, Source

if TYPE_CHECKING:
    from weightscape.data.examples import Examples


class Digits(Source):
    """The digits, white strokes on black, enlarged bilinearly.

    References
    ----------
    Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, DOI 10.24432/C50P49; scikit-learn has its 1,797 test images.
    """

    credit: ClassVar[Credit | None] = Credit(
        what="Handwritten digits",
        by="Alpaydin & Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine"
        " Learning Repository",
        doi="10.24432/C50P49",
        license="CC BY 4.0",
    )

    image_size: Side = Field(
        default=32,
        description="Height and width of the images, in pixels; the source has 8.",
    )

    def __call__(self, data_root: Path, seed: int) -> Examples:
        """Return the digits; nothing is random, and nothing lies in the folder of downloads.

        Returns
        -------
        images : Examples
            1,797 images of one channel in the classes "0" to "9". Grey values 0 to 16 become 0 to
            255; pixel centres lie at half-integers, as in torch with ``align_corners=False``.
        """
        import numpy as np
        from PIL import Image
        from sklearn.datasets import load_digits

        from weightscape.data.examples import Examples

        source = load_digits()
        size = (self.image_size, self.image_size)
        enlarged = np.stack(
            [
                np.asarray(Image.fromarray(digit).resize(size, Image.Resampling.BILINEAR))
                for digit in np.asarray(source.images, dtype=np.float32)
            ]
        )
        return Examples(
            inputs=np.rint(enlarged[:, None] * (255 / 16)).astype(np.uint8),
            labels=np.asarray(source.target, dtype=np.int64),
            classes=tuple(str(name) for name in source.target_names),
        )
