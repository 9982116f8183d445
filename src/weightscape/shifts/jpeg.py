"""Lossy compression as JPEG; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.shifts._corruption import Severities, Strengths, each_image, strength_at

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data.labelled import Labelled
    from weightscape.shifts._corruption import Pixels
    from weightscape.shifts.source import Source

QUALITY: Strengths = (40, 20, 10, 5, 2)
"""Quality that the encoder is asked for by severity; 75 is usual, 100 the best."""


class Options(Severities):
    """Which severities are tested."""


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return the test images after JPEG and back; nothing is random.

    Images of three channels have their colour halved in resolution, as is usual; the channels of
    others are compressed one by one. The blocks have 8 pixels whatever the size of the image: the
    larger it is, the milder is a severity.

    Raises
    ------
    ValueError
        If `severity` is not one of 1 to 5.

    References
    ----------
    Hendrycks & Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and
    Perturbations, arXiv:1903.12261, whose `jpeg_compression` has other qualities.
    """
    import io

    import numpy as np
    from PIL import Image

    quality = int(strength_at(QUALITY, severity))

    def compressed(levels: npt.NDArray[np.uint8]) -> Image.Image:
        file = io.BytesIO()
        Image.fromarray(levels).save(file, "JPEG", quality=quality)
        return Image.open(file)

    def corrupt(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        levels = np.rint(pixels * 255).astype(np.uint8)
        if len(levels) == 3:
            pixels[...] = np.moveaxis(np.asarray(compressed(np.moveaxis(levels, 0, 2))), 2, 0)
        else:
            for channel, before in zip(pixels, levels, strict=True):
                channel[...] = compressed(before)
        pixels /= 255
        return pixels

    return each_image(source.test, corrupt, seed)
