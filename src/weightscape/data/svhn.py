"""Street View House Numbers: 99,289 photographs of digits, cropped to 32x32 pixels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from weightscape.data._options import SmallOptions

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled


class Options(SmallOptions):
    """How the digits are prepared."""


def fetch(data_root: Path) -> list[Path]:
    """Return ``svhn/train_32x32.mat`` and ``svhn/test_32x32.mat``, downloaded where missing.

    Raises
    ------
    FileNotFoundError
        If a file is missing and cannot be downloaded.
    ValueError
        If what is downloaded is not the published file.
    """
    from weightscape.data._published import download

    files = []
    for _, url, file, published in _listed(data_root):
        if not file.is_file():
            download(url, file, published)
        files.append(file)
    return files


def load(options: Options, data_root: Path, seed: int) -> dict[str, Labelled]:
    """Return the 73,257 official training images and the 26,032 test images.

    Parameters
    ----------
    options : Options
        Image size, and whether the files have to be the published ones.
    data_root : Path
        The folder of downloads.
    seed : int
        Not used: nothing is random.

    Returns
    -------
    dict of str to Labelled
        The parts ``train`` and ``test`` in the order of the files, in the classes "0" to "9"; the
        files' label 10 is the digit 0. RGB, enlarged bilinearly. The extra images are left out.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is not the published one, or not of this format.

    References
    ----------
    Netzer et al. (2011), Reading Digits in Natural Images with Unsupervised Feature Learning, NIPS
    workshop on deep learning; file names and checksums are those of ``torchvision.datasets``.
    """
    import numpy as np
    from scipy.io import loadmat

    from weightscape.data._pixels import resized
    from weightscape.data._published import verify
    from weightscape.data.labelled import Labelled

    listed = _listed(data_root)
    verify({file: md5 for _, _, file, md5 in listed}, "svhn", options.checksums)
    parts = {}
    for part, _, file, _ in listed:
        try:
            arrays = loadmat(file, variable_names=("X", "y"))
            images = np.asarray(arrays["X"], np.uint8).transpose(3, 2, 0, 1)
            labels = np.asarray(arrays["y"], np.int64).ravel() % 10
        except Exception as error:  # whatever a broken file can raise
            raise ValueError(f"{file} is not a file of SVHN: {error}") from error
        parts[part] = Labelled(
            resized(np.ascontiguousarray(images), options.image_size), labels, tuple("0123456789")
        )
    return parts


def _listed(data_root: Path) -> list[tuple[str, str, Path, str]]:
    from torchvision.datasets import SVHN

    listed: list[tuple[str, str, Path, str]] = []
    for part in ("train", "test"):
        url, name, md5 = SVHN.split_list[part]
        listed.append((part, url, data_root / "svhn" / name, f"md5:{md5}"))
    return listed
