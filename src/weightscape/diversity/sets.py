"""The sets of images whose diversity is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from weightscape.data.examples import Examples
from weightscape.data.mixing import DOMAIN, add_synthetic

if TYPE_CHECKING:
    from weightscape.config.diversity import ImageSet


def with_channels(images: Examples, channels: int) -> Examples:
    """Return images as a network of so many input channels sees them: grey ones repeated."""
    if images.inputs.shape[1] != 1 or channels == 1:
        return images
    return replace(images, inputs=np.repeat(images.inputs, channels, axis=1))


def images_of(
    image_set: ImageSet, train: Examples, test: Examples, synthetic: Sequence[Examples]
) -> tuple[Examples, int]:
    """Return the images of a set before augmentation, and where in it others than real ones begin.

    Parameters
    ----------
    image_set : ImageSet
        Which set.
    train, test : Examples
        The dataset's images.
    synthetic : sequence of Examples
        The images of each generator that the set names, in its order.

    Returns
    -------
    images : Examples
        The images.
    added : int
        Of a mixed set the number of real training images, which come first; otherwise 0.
    """
    if image_set.kind == "test":
        return test, 0
    if image_set.kind == "synthetic":
        return synthetic[0], 0
    if image_set.kind == "mixed":
        ratios, replaces = list(image_set.synthetic.values()), image_set.synthetic_replaces
        mixed = add_synthetic(train, synthetic, ratios, replaces=replaces)
        return mixed, int((mixed.domains != mixed.domain_names.index(DOMAIN)).sum())
    return train, 0


def pixels_of(images: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """Return the pixels of every image in a row, uint8 (n, channels · height · width).

    Parameters
    ----------
    images : ndarray of uint8, shape (n, channels, height, width)
        The images.
    side : int
        Images higher or wider than this are made ``side`` pixels high and wide, each channel by
        bicubic interpolation of the area that a pixel covers, as the package vendi_score 0.0.3
        does with all images.
    """
    n, channels, height, width = images.shape
    if max(height, width) <= side:
        return images.reshape(n, -1)
    small = np.empty((n, channels, side, side), np.uint8)
    for image, result in zip(images, small, strict=True):
        for channel, resized in zip(image, result, strict=True):
            resized[...] = Image.fromarray(channel).resize((side, side))
    return small.reshape(n, -1)
