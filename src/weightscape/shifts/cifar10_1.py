"""CIFAR-10.1: 2,000 photographs that were collected anew, as CIFAR-10's were (version 6)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from weightscape.config.shift import Unshifted
from weightscape.shifts import _cifar
from weightscape.shifts._severities import OneSeverity

if TYPE_CHECKING:
    from weightscape.data.examples import Examples

URL = "https://github.com/modestyachts/CIFAR-10.1/raw/master/datasets/"
IMAGES, LABELS = "cifar10.1_v6_data.npy", "cifar10.1_v6_labels.npy"
FILES = {
    IMAGES: "git:24349cc5f3fb59648d75cd8015b5a184b1f5c250",
    LABELS: "git:e713b09cecf2ecd933970001909fcdec7c907ab0",
}
"""The files in their repository, and the names that git gives to what they hold."""


class Cifar101(OneSeverity):
    """The images in the order of the file, in the size of the test images.

    The test images give the classes, which have to be CIFAR-10's, and the size; where they are
    limited, no class has more images than there.

    References
    ----------
    Recht et al. (2018), Do CIFAR-10 Classifiers Generalize to CIFAR-10?, arXiv:1806.00451.
    """

    is_fetched: ClassVar[bool] = True

    severities: tuple[Literal[1]] = Field(
        default=(1,), description="A test set collected anew has one severity."
    )
    checksums: bool = Field(
        default=True,
        description="Compare the files with the published checksums; false for a set in the same"
        " format that is not the published one.",
    )

    @classmethod
    def fetch(cls, data_root: Path) -> list[Path]:
        """Return the two files in ``cifar10.1``, downloaded where one is missing."""
        from weightscape.data._published import download

        files = _files(data_root)
        for file, published in files.items():
            if not file.is_file():
                download(URL + file.name, file, published)
        return list(files)

    def make(self, unshifted: Unshifted, seed: int) -> Examples:
        """Return the images; the seed draws them where the dataset is limited.

        Raises
        ------
        FileNotFoundError
            If a file is missing.
        ValueError
            If a file is not the published one, or the dataset has other classes.
        """
        import numpy as np

        from weightscape.data._pixels import resize_into
        from weightscape.data._published import verify
        from weightscape.data.examples import Examples
        from weightscape.tensors import allocate

        test = unshifted.test
        _cifar.check_classes(test, _cifar.CIFAR10, "cifar10_1")
        verify(_files(unshifted.data_root), "cifar10_1", self.checksums)
        folder = unshifted.data_root / "cifar10.1"
        labels = np.asarray(_cifar.read_array(folder / LABELS, ""), np.int64)
        kept = _cifar.draw_no_more_than(test, labels, seed)
        images = _cifar.read_images(folder / IMAGES, len(labels), "")
        target = allocate((len(kept), *test.inputs.shape[1:]))
        resize_into(target, (images[k] for k in kept))
        return Examples(target, labels[kept], test.classes)


def _files(data_root: Path) -> dict[Path, str]:
    return {data_root / "cifar10.1" / name: published for name, published in FILES.items()}
