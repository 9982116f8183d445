"""CIFAR-10-C and CIFAR-100-C: the official test images under published corruptions.

References
----------
Hendrycks & Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations, arXiv:1903.12261; DOI 10.5281/zenodo.2535967 and 10.5281/zenodo.3555552.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from pydantic import Field, field_validator

from weightscape.config.shift import Unshifted
from weightscape.shifts import _cifar
from weightscape.shifts._severities import FiveSeverities, name_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data.examples import Examples

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
    folder : str
        Its folder among the downloads, which is that of the archive.
    url, checksum : str
        The archive, and the checksum that its publisher gives.
    """

    folder: str
    url: str
    checksum: str


class Corrupted(FiveSeverities):
    """The test images under the named corruptions, whose images follow one another.

    The test images give the classes and the size. They have to be the official ones in their order,
    or, where the dataset is limited, some of them: then no class has more images than there.
    """

    archive: ClassVar[Archive]
    classes: ClassVar[_cifar.ClassList]
    is_fetched: ClassVar[bool] = True

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

    @classmethod
    def fetch(cls, data_root: Path) -> list[Path]:
        """Return the arrays that are there, if there are labels; else those of the archive.

        A folder with labels counts as complete, because nobody needs all corruptions.

        Raises
        ------
        FileNotFoundError
            If there are no labels, and the archive is missing and cannot be downloaded.
        ValueError
            If the archive is not the published one.
        """
        from weightscape.data._published import fetch_archive

        folder = data_root / cls.archive.folder
        file = data_root / f"{cls.archive.folder}.tar"
        fetch_archive([folder / "labels.npy"], cls.archive.url, file, cls.archive.checksum)
        return list(folder.glob("*.npy"))

    def make(self, unshifted: Unshifted, severity: int, seed: int) -> Examples:
        """Return the corrupted images.

        Where the dataset is limited, the seed draws them, the same at every severity and
        corruption.

        Raises
        ------
        FileNotFoundError
            If a file is missing.
        ValueError
            If a file is not of this format, or the dataset's classes or labels are others.
        """
        import numpy as np

        from weightscape.data._pixels import resize_into
        from weightscape.data.examples import Examples
        from weightscape.tensors import allocate

        test, folder = unshifted.test, unshifted.data_root / self.archive.folder
        remedy = (
            f"unpack {self.archive.url} into {unshifted.data_root}, or leave the corruption out of"
            " the option corruptions"
        )
        _cifar.check_classes(test, self.classes, name_of(self))
        labels = self._read_labels(test, folder / "labels.npy", remedy)
        count = len(labels)
        kept = _cifar.draw_no_more_than(test, labels, seed)
        target = allocate((len(self.corruptions) * len(kept), *test.inputs.shape[1:]))
        for k, name in enumerate(self.corruptions):
            images = _cifar.read_images(folder / f"{name}.npy", 5 * count, remedy)
            of_severity = images[(severity - 1) * count : severity * count]
            part = target[k * len(kept) : (k + 1) * len(kept)]
            resize_into(part, (of_severity[row] for row in kept))
        return Examples(target, np.tile(labels[kept], len(self.corruptions)), test.classes)

    def _read_labels(self, test: Examples, file: Path, remedy: str) -> npt.NDArray[np.int64]:
        import numpy as np

        every = np.asarray(_cifar.read_array(file, remedy), np.int64)
        count = len(every) // 5
        labels = every[:count]
        if not np.array_equal(every, np.tile(labels, 5)):
            raise ValueError(f"{file} should hold the same labels five times")
        if len(test) >= count and not np.array_equal(test.labels, labels):
            raise ValueError(
                f"{file} has other labels than the dataset's test images: these must be the"
                f" {count} official ones of {self.classes.name} in their order"
            )
        return labels
