"""CIFAR-100: 60,000 photographs of 32x32 pixels in a hundred fine classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from weightscape.data._cifar import fetch_cifar, load_cifar
from weightscape.data._options import SmallOptions

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled


class Options(SmallOptions):
    """How the images are prepared."""


def fetch(data_root: Path) -> list[Path]:
    """Return the files below ``cifar-100-python``, downloaded where they are missing.

    Raises
    ------
    FileNotFoundError
        If files are missing and cannot be downloaded.
    ValueError
        If the archive is not the published one.
    """
    return fetch_cifar("CIFAR100", data_root)


def load(options: Options, data_root: Path, seed: int) -> dict[str, Labelled]:
    """Return the 50,000 official training images and the 10,000 test images.

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
        The parts ``train`` and ``test``, in the order of the files; RGB, enlarged bilinearly.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is not the published one, or no batch of CIFAR.
    """
    return load_cifar("CIFAR100", options, data_root)
