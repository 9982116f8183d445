"""Street View House Numbers: 99,289 photographs of digits, cropped to 32x32 pixels."""

from pathlib import Path
from typing import Any

from weightscape.data._published import download
from weightscape.data._small import Part, SmallImages


class Svhn(SmallImages):
    """The 73,257 official training images and the 26,032 test images, in the classes "0" to "9".

    The files' label 10 is the digit 0. The extra images are left out.

    References
    ----------
    Netzer et al. (2011), Reading Digits in Natural Images with Unsupervised Feature Learning, NIPS
    workshop on deep learning; file names and checksums are those of ``torchvision.datasets``.
    """

    @classmethod
    def fetch(cls, data_root: Path) -> list[Path]:
        """Return ``svhn/train_32x32.mat`` and ``svhn/test_32x32.mat``, downloaded where missing."""
        files = cls.files(data_root)
        urls = [url for url, *_ in _listed().values()]
        for (file, published), url in zip(files.items(), urls, strict=True):
            if not file.is_file():
                download(url, file, published)
        return list(files)

    @classmethod
    def files(cls, data_root: Path) -> dict[Path, str]:
        """Return the file of each part with its published checksum."""
        return {data_root / "svhn" / name: f"md5:{md5}" for _, name, md5 in _listed().values()}

    def read(self, data_root: Path) -> tuple[tuple[str, ...], dict[str, Part]]:
        """Return the names of the classes and the official parts.

        Raises
        ------
        ValueError
            If a file is not one of SVHN's.
        """
        files = zip(_listed(), self.files(data_root), strict=True)
        return tuple("0123456789"), {part: _read(file) for part, file in files}


def _listed() -> dict[str, Any]:
    """Return address, name and MD5 of each part's file."""
    from torchvision.datasets import SVHN

    return {part: SVHN.split_list[part] for part in ("train", "test")}


def _read(file: Path) -> Part:
    import numpy as np
    from scipy.io import loadmat

    try:
        arrays = loadmat(file, variable_names=("X", "y"))
        images = np.asarray(arrays["X"], np.uint8).transpose(3, 2, 0, 1)
        labels = np.asarray(arrays["y"], np.int64).ravel() % 10
    except Exception as error:  # whatever a broken file can raise
        raise ValueError(f"{file} is not a file of SVHN: {error}") from error
    return Part(np.ascontiguousarray(images), labels)
