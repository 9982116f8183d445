"""Lossy compression as JPEG; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, ClassVar

from weightscape.shifts._corruption import Corruption, Strengths

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.shifts._corruption import Pixels


class Jpeg(Corruption):
    """The test images after JPEG and back; nothing is random.

    Images of three channels have their colour halved in resolution, as is usual; the channels of
    others are compressed one by one. The blocks have 8 pixels whatever the size of the image: the
    larger it is, the milder is a severity.

    References
    ----------
    Hendrycks & Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and
    Perturbations, arXiv:1903.12261, whose `jpeg_compression` has other qualities.
    """

    strengths: ClassVar[Strengths] = (40, 20, 10, 5, 2)
    """Quality that the encoder is asked for by severity; 75 is usual, 100 the best."""

    def corrupt(self, pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
        """Return one image after JPEG and back."""
        import numpy as np

        levels, quality = np.rint(pixels * 255).astype(np.uint8), int(strength)
        if len(levels) == 3:
            pixels[...] = np.moveaxis(_compress(np.moveaxis(levels, 0, 2), quality), 2, 0)
        else:
            for channel, before in zip(pixels, levels, strict=True):
                channel[...] = _compress(before, quality)
        pixels /= 255
        return pixels


def _compress(levels: npt.NDArray[np.uint8], quality: int) -> npt.NDArray[np.uint8]:
    import numpy as np
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(levels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))
