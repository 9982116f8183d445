"""From image files to arrays of 8-bit RGB images of one size."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from weightscape.tensors import allocate

Pixels = npt.NDArray[np.uint8]
T = TypeVar("T")
EVERY = 30.0
"""Seconds between two lines of the log that say how far a long work is."""

_log = logging.getLogger(__name__)


def decode_image(file: Path | bytes, size: int) -> Pixels:
    """Return an image file as 8-bit RGB.

    Parameters
    ----------
    file : Path or bytes
        The file, or what it holds. Of several frames, the first counts.
    size : int
        Height and width to bring the image to, whatever its proportions: bilinear, and antialiased
        by Pillow where the image shrinks, as ``torchvision.transforms.Resize((size, size))`` does.

    Returns
    -------
    ndarray of uint8, shape (3, size, size)
        The image, turned upright as its EXIF orientation says. Grey is repeated; 16-bit values are
        scaled, not clipped; CMYK and palettes are converted; transparent parts are white.

    Raises
    ------
    Exception
        Whatever Pillow raises of a file that it cannot read, and ValueError of grey values that
        are no 16-bit integers, since their range is unknown.
    """
    with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as opened:
        return convert_pixels(opened, (3, size, size))


def convert_pixels(image: Image.Image, shape: tuple[int, int, int]) -> Pixels:
    """Return an image as uint8 of `shape` (channels, height, width), as `decode_image` says.

    Raises
    ------
    ValueError
        If it has grey values of an unknown range, or neither 1 nor 3 channels are wanted.
    """
    channels, height, width = shape
    if channels not in (1, 3):
        raise ValueError(f"an image becomes one of 1 or 3 channels, not of {channels}")
    image = _as_rgb(ImageOps.exif_transpose(image))
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image if channels == 3 else image.convert("L"))
    return np.ascontiguousarray(pixels.reshape(height, width, channels).transpose(2, 0, 1))


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        grey = np.asarray(image)
        if image.mode == "F" or grey.min() < 0 or grey.max() > 65535:
            raise ValueError(f"its grey values (mode {image.mode}) are no 16-bit integers")
        return Image.fromarray(np.rint(grey / 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def decode_all(
    files: Iterable[tuple[str, Path | bytes]], count: int, size: int, skip_unreadable: bool
) -> tuple[Pixels, npt.NDArray[np.int64]]:
    """Return image files as one array: in memory, or on disk where it is large.

    Parameters
    ----------
    files : iterable of (str, Path or bytes)
        What to call each file, and the file or what it holds; taken one by one.
    count : int
        How many there are.
    size : int
        Height and width of the images.
    skip_unreadable : bool
        Whether a file that cannot be read is left out, and the log says so; else it is an error.

    Returns
    -------
    images : ndarray of uint8, shape (n, 3, size, size)
        The images that could be read.
    read : ndarray of int64, shape (n,)
        Which of the files they are.

    Raises
    ------
    ValueError
        If a file cannot be read and is not to be skipped.
    """
    images = allocate((count, 3, size, size))
    read: list[int] = []
    for index, (name, file) in enumerate(report_progress(files, count, "images are read")):
        try:
            images[len(read)] = decode_image(file, size)
        except MemoryError:
            raise
        except Exception as error:  # whatever a decoder can raise
            why = f"{name} cannot be read as an image: {error}"
            if not skip_unreadable:
                raise ValueError(
                    f"{why}; replace or remove it, or set the option skip_unreadable"
                ) from error
            _log.warning("%s; it is left out", why)
        else:
            read.append(index)
    if len(read) < count:
        _log.warning("%d of %d images cannot be read and are left out", count - len(read), count)
    return images[: len(read)], np.array(read, np.int64)


def resize_into(target: Pixels, images: Iterable[Pixels]) -> None:
    """Bring each of `images` to the height and width of `target`, and put it there.

    Parameters
    ----------
    target : ndarray of uint8, shape (n, 3, height, width)
        Is filled.
    images : iterable of ndarrays of uint8, shape (3, h, w)
        n of them; resized bilinearly, antialiased where they shrink.
    """
    height, width = target.shape[2:]
    for place, image in zip(
        target, report_progress(images, len(target), "images are resized"), strict=True
    ):
        if image.shape == place.shape:
            place[...] = image
        else:
            whole = Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))
            resized = whole.resize((width, height), Image.Resampling.BILINEAR)
            place[...] = np.asarray(resized).transpose(2, 0, 1)


def resize_all(images: Pixels, size: int) -> Pixels:
    """Return RGB images, (n, 3, h, w), in the given height and width; the same where they fit."""
    if images.shape[2:] == (size, size):
        return images
    target = allocate((len(images), 3, size, size))
    resize_into(target, images)
    return target


def report_progress(items: Iterable[T], count: int, done: str) -> Iterator[T]:
    """Yield `items`, and log now and then how many of the `count` there have been."""
    last = time.monotonic()
    for number, item in enumerate(items):
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            _log.info("%d of %d %s", number, count, done)
        yield item
