"""Files in the format of MNIST: images and labels as arrays of bytes behind a short head.

References
----------
LeCun, Cortes & Burges, The MNIST database, section "File formats": two zero bytes, the type of the
values (8 for bytes), the number of dimensions, and each dimension as four bytes, highest first.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from weightscape.data.examples import Examples

UBYTE = 8
"""The code of bytes, the one type of values that images and labels have."""

PARTS = {"train": ("train",), "test": ("t10k", "test")}
"""The parts of a set, and how the names of their files begin."""

KINDS = {"images": 3, "labels": 1}
"""The kinds of files, and how many dimensions their arrays have."""


def find_parts(folder: Path, prefix: str = "") -> dict[str, tuple[Path, Path]]:
    """Return the files of images and of labels for each part that a folder has.

    They are called ``train-images-idx3-ubyte`` and so on, ``t10k`` or ``test`` in the place of
    ``train``, with ``.`` or ``-`` before ``idx``, and ``.gz`` behind where they are compressed.

    Parameters
    ----------
    folder : Path
        Where they are.
    prefix : str, optional
        What stands before these names, such as ``emnist-letters-``.

    Raises
    ------
    FileNotFoundError
        If there are no training images, or images without labels.
    """
    found = {}
    for part, starts in PARTS.items():
        files = [
            next(
                (
                    file
                    for start in starts
                    for separator in "-."
                    for end in ("", ".gz")
                    if (
                        file := folder
                        / f"{prefix}{start}-{kind}{separator}idx{dimensions}-ubyte{end}"
                    ).is_file()
                ),
                None,
            )
            for kind, dimensions in KINDS.items()
        ]
        match files:
            case [Path() as images, Path() as labels]:
                found[part] = (images, labels)
            case [None, None]:
                pass
            case _:
                wanted = "labels" if files[1] is None else "images"
                raise FileNotFoundError(
                    f"{folder} has no {wanted} beside {(files[0] or files[1])}; both are needed"
                )
    if "train" not in found:
        raise FileNotFoundError(
            f"{folder} has no {prefix}train-images-idx3-ubyte, with or without .gz; put the files"
            " of the set there, or correct the path"
        )
    return found


def read_set(
    parts: dict[str, tuple[Path, Path]], classes: Sequence[str], size: int | None
) -> dict[str, Examples]:
    """Return the images of every part.

    Parameters
    ----------
    parts : dict
        Files of images and labels, see `find_parts`.
    classes : sequence of str
        Names of the classes, label by label; the labels themselves where it is empty.
    size : int or None
        Height and width that images are brought to, bilinearly; as they are when missing.

    Raises
    ------
    ValueError
        If a file is not of the format, is cut off, images and labels are not as many, or a label
        has no name.
    """
    arrays = {part: _read_pair(*files) for part, files in parts.items()}
    highest = max(int(labels.max()) for _, labels in arrays.values())
    names = tuple(classes) or tuple(map(str, range(highest + 1)))
    found = {}
    for part, (images, labels) in arrays.items():
        if (labels >= len(names)).any():
            place = int(np.flatnonzero(labels >= len(names))[0])
            raise ValueError(
                f"{parts[part][1]}: label {labels[place]} of image {place} has no name, for"
                f" {len(names)} classes are named; give the option classes a name for each label"
            )
        found[part] = Examples(_resized(images, size)[:, None], labels, names)
    return found


def read_idx(file: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """Return the array in a file, compressed or not.

    Raises
    ------
    ValueError
        If its head is another, or it holds fewer or more bytes than its head says.
    """
    content = _content(file)
    magic = bytes([0, 0, UBYTE, dimensions])
    if content[:4] != magic:
        raise ValueError(
            f"{file} is no idx file of bytes in {dimensions} dimensions: it begins with"
            f" {content[:4].hex() or 'nothing'}, not with {magic.hex()}"
        )
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise ValueError(f"{file} is cut off within its head; fetch it again")
    shape = tuple(int(n) for n in np.frombuffer(content[4:start], ">u4"))
    wanted, there = int(np.prod(shape, dtype=object)), len(content) - start
    if there != wanted:
        words = "cut off" if there < wanted else "longer than it says"
        raise ValueError(
            f"{file} is {words}: {there} bytes of values, and its head says {wanted}"
            f" ({' x '.join(map(str, shape))}); fetch it again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def check_sum(file: Path, published: str) -> None:
    """Compare what a file holds, uncompressed, with its published MD5.

    Raises
    ------
    ValueError
        If it is another.
    """
    found = hashlib.md5(_content(file), usedforsecurity=False).hexdigest()
    if found != published:
        raise ValueError(
            f"{file} is not the published file: uncompressed, its md5 is {found} and should be"
            f" {published}; fetch it again, or set the option checksums to false if it is meant to"
            " be another"
        )


def _content(file: Path) -> bytes:
    raw = file.read_bytes()
    try:
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{file} is cut off or damaged: {error}; fetch it again") from error


def _read_pair(images: Path, labels: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    pixels, numbers = read_idx(images, KINDS["images"]), read_idx(labels, KINDS["labels"])
    if len(pixels) != len(numbers):
        raise ValueError(
            f"{images} has {len(pixels)} images and {labels} {len(numbers)} labels; they are not of"
            " one set"
        )
    if not pixels.size:
        raise ValueError(f"{images} has no images")
    return pixels, numbers.astype(np.int64)


def _resized(images: npt.NDArray[np.uint8], size: int | None) -> npt.NDArray[np.uint8]:
    if size is None or images.shape[1:] == (size, size):
        return images
    resized = [
        Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR) for image in images
    ]
    return np.stack([np.asarray(image) for image in resized])
