"""CIFAR-10-C and CIFAR-100-C: the official test images under published corruptions.

References
----------
Hendrycks & Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations, arXiv:1903.12261; DOI 10.5281/zenodo.2535967 and 10.5281/zenodo.3555552.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import Field, field_validator

from weightscape.shifts._corruption import Severities

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled
    from weightscape.shifts.source import Source

Corruption = Literal[
    "gaussian_noise",
    "shot_noise",
    "impulse_noise",
    "defocus_blur",
    "glass_blur",
    "motion_blur",
    "zoom_blur",
    "snow",
    "frost",
    "fog",
    "brightness",
    "contrast",
    "elastic_transform",
    "pixelate",
    "jpeg_compression",
    "speckle_noise",
    "gaussian_blur",
    "spatter",
    "saturate",
]
"""The fifteen of the benchmark, and after them the four that are meant for validation."""

BENCHMARK: tuple[Corruption, ...] = Corruption.__args__[:15]  # type: ignore[attr-defined]


class Archive(NamedTuple):
    """Where a set is published.

    Attributes
    ----------
    source : str
        Name of the plug-in.
    folder : str
        Its folder among the downloads, which is that of the archive.
    url, checksum : str
        The archive, and the checksum that its publisher gives.
    """

    source: str
    folder: str
    url: str
    checksum: str


class CorruptedOptions(Severities):
    """Which corruptions are tested, and at which severities."""

    corruptions: tuple[Corruption, ...] = Field(
        default=BENCHMARK,
        min_length=1,
        description="Names of the published corruptions; the images of all are tested together. The"
        " fifteen of the benchmark when missing: 150,000 images at each severity.",
    )

    @field_validator("corruptions")
    @classmethod
    def _distinct_corruptions(cls, names: tuple[Corruption, ...]) -> tuple[Corruption, ...]:
        if len(set(names)) != len(names):
            raise ValueError(f"a corruption is named twice: {', '.join(names)}")
        return names


def fetch_corrupted(archive: Archive, data_root: Path) -> list[Path]:
    """Return the arrays that are there, if there are labels; else those of the archive.

    A folder with labels counts as complete, because nobody needs all corruptions.

    Raises
    ------
    FileNotFoundError
        If there are no labels, and the archive is missing and cannot be downloaded.
    ValueError
        If the archive is not the published one.
    """
    from weightscape.data._published import from_archive

    folder = data_root / archive.folder
    file = data_root / f"{archive.folder}.tar"
    from_archive([folder / "labels.npy"], archive.url, file, archive.checksum)
    return list(folder.glob("*.npy"))


def corrupted(
    archive: Archive,
    source: Source,
    severity: int,
    options: CorruptedOptions,
    seed: int,
) -> Labelled:
    """Return the test images under the named corruptions at one severity.

    Parameters
    ----------
    archive : Archive
        The set.
    source : Source
        Its test images give the classes and the size. They have to be the official ones in their
        order, or, where the dataset is limited, some of them: then no class has more images than
        there.
    severity : int
        From 1 to 5.
    options : CorruptedOptions
        The corruptions; their images follow one another.
    seed : int
        Draws the images where the dataset is limited, the same at every severity and corruption.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is not of this format, the dataset's classes or labels are others, or `severity`
        is not one of 1 to 5.
    """
    import numpy as np

    from weightscape.data._pixels import resize_into
    from weightscape.data.labelled import Labelled
    from weightscape.data.large import allocate
    from weightscape.shifts import _cifar

    if not 1 <= severity <= 5:
        raise ValueError(f"severity must be one of 1 to 5, not {severity}")
    test, folder = source.test, source.data_root / archive.folder
    kind = _cifar.CIFAR10 if archive.folder == "CIFAR-10-C" else _cifar.CIFAR100
    _cifar.check_kind(test, kind, archive.source)
    remedy = (
        f"unpack {archive.url} into {source.data_root}, or leave the corruption out of the option"
        " corruptions"
    )
    every = np.asarray(_cifar.read_array(folder / "labels.npy", remedy), np.int64)
    count = len(every) // 5
    labels = every[:count]
    if not np.array_equal(every, np.tile(labels, 5)):
        raise ValueError(f"{folder / 'labels.npy'} should hold the same labels five times")
    if len(test) >= count and not np.array_equal(test.labels, labels):
        raise ValueError(
            f"{folder / 'labels.npy'} has other labels than the dataset's test images: these must"
            f" be the {count} official ones of {kind.name} in their order"
        )
    kept = _cifar.no_more_than(test, labels, seed)
    target = allocate((len(options.corruptions) * len(kept), *test.images.shape[1:]))
    for k, name in enumerate(options.corruptions):
        images = _cifar.read_images(folder / f"{name}.npy", len(every), remedy)
        of_severity = images[(severity - 1) * count : severity * count]
        part = target[k * len(kept) : (k + 1) * len(kept)]
        resize_into(part, (of_severity[row] for row in kept))
    return Labelled(target, np.tile(labels[kept], len(options.corruptions)), test.classes)
