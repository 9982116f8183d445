"""CIFAR-10.1: 2,000 photographs that were collected anew, as CIFAR-10's were (version 6)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from weightscape.section import Section

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled
    from weightscape.shifts.source import Source

URL = "https://github.com/modestyachts/CIFAR-10.1/raw/master/datasets/"
IMAGES, LABELS = "cifar10.1_v6_data.npy", "cifar10.1_v6_labels.npy"
FILES = {
    IMAGES: "git:24349cc5f3fb59648d75cd8015b5a184b1f5c250",
    LABELS: "git:e713b09cecf2ecd933970001909fcdec7c907ab0",
}
"""The files in their repository, and the names that git gives to what they hold."""


class Options(Section):
    """Whether the files have to be the published ones."""

    severities: tuple[Literal[1]] = Field(
        default=(1,), description="A test set collected anew has one severity."
    )
    checksums: bool = Field(
        default=True,
        description="Compare the files with the published checksums; false for a set in the same"
        " format that is not the published one.",
    )


def fetch(data_root: Path) -> list[Path]:
    """Return the two files in ``cifar10.1``, downloaded where one is missing.

    Raises
    ------
    FileNotFoundError
        If a file is missing and cannot be downloaded.
    ValueError
        If what is downloaded is not the published file.
    """
    from weightscape.data._published import download

    files = _files(data_root)
    for file, published in files.items():
        if not file.is_file():
            download(URL + file.name, file, published)
    return list(files)


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return the images in the order of the file, in the size of the test images.

    Parameters
    ----------
    source : Source
        Its test images give the classes, which have to be CIFAR-10's, and the size; where it is
        limited, no class has more images than there.
    severity : int
        Has to be 1.
    options : Options
        Whether to compare checksums.
    seed : int
        Draws the images where the dataset is limited.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is not the published one, the dataset has other classes, or `severity` is not 1.

    References
    ----------
    Recht et al. (2018), Do CIFAR-10 Classifiers Generalize to CIFAR-10?, arXiv:1806.00451.
    """
    import numpy as np

    from weightscape.data._pixels import resize_into
    from weightscape.data._published import verify
    from weightscape.data.labelled import Labelled
    from weightscape.data.large import allocate
    from weightscape.shifts._cifar import (
        CIFAR10,
        check_kind,
        no_more_than,
        read_array,
        read_images,
    )

    if severity != 1:
        raise ValueError(f"the shift `cifar10_1` has the one severity 1, not {severity}")
    test = source.test
    check_kind(test, CIFAR10, "cifar10_1")
    files = _files(source.data_root)
    verify(files, "cifar10_1", options.checksums)
    folder = source.data_root / "cifar10.1"
    labels = np.asarray(read_array(folder / LABELS, ""), np.int64)
    kept = no_more_than(test, labels, seed)
    images = read_images(folder / IMAGES, len(labels), "")
    target = allocate((len(kept), *test.images.shape[1:]))
    resize_into(target, (images[k] for k in kept))
    return Labelled(target, labels[kept], test.classes)


def _files(data_root: Path) -> dict[Path, str]:
    return {data_root / "cifar10.1" / name: published for name, published in FILES.items()}
