"""Images at the resolution that they were enlarged from, and enlarged again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

SLICE = 1000
"""Images that are worked on at a time."""


def enlarge_images(pixels: npt.NDArray[np.float64], size: Sequence[int]) -> npt.NDArray[np.uint8]:
    """Return images enlarged bilinearly, as weightscape.data.digits does.

    Parameters
    ----------
    pixels : ndarray of float64, shape (n, channels, height, width)
        The images, values from 0 to 1; others are clipped.
    size : sequence of int
        Height and width to enlarge to.
    """
    import numpy as np

    rows, columns = (_matrix(a, b) for a, b in zip(pixels.shape[2:], size, strict=True))
    return np.rint(np.clip(rows @ pixels @ columns.T, 0, 1) * 255).astype(np.uint8)


def shrink_images(images: npt.NDArray[np.uint8], size: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return the images that come nearest to `images`, by least squares, once they are enlarged.

    For images that were enlarged from `size` these are the ones they were enlarged from, but for
    the rounding to 256 values. Averages over the pixels in between would be blurred.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, channels, height, width)
        The images.
    size : sequence of int
        Height and width to reduce to.

    Returns
    -------
    ndarray of float64
        Their values, from 0 to 1 or a little beyond.
    """
    import numpy as np

    rows, columns = (
        np.linalg.pinv(_matrix(b, a)) for a, b in zip(images.shape[2:], size, strict=True)
    )
    return np.concatenate(
        [
            rows @ (images[start : start + SLICE] / 255) @ columns.T
            for start in range(0, len(images), SLICE)
        ]
    )


def _matrix(small: int, large: int) -> npt.NDArray[np.float64]:
    """Return the matrix (large, small) that enlarges a column bilinearly, as Pillow does."""
    import numpy as np
    from PIL import Image

    columns = Image.fromarray(np.eye(small, dtype=np.float32))
    return np.asarray(columns.resize((small, large), Image.Resampling.BILINEAR), np.float64)
