"""Stanford Cars: 16,185 photographs of 196 makes, models and years of cars."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.data._options import CHECKSUMS, ReadOptions
from weightscape.data._published import lacking

if TYPE_CHECKING:
    from weightscape.data._torchvision import Listed
    from weightscape.data.labelled import Labelled

ANNOTATIONS = (
    *("devkit/cars_meta.mat", "devkit/cars_train_annos.mat"),
    "cars_test_annos_withlabels.mat",
)
FOLDERS = ("devkit", "cars_train", "cars_test")
IMAGES = {"train": 8144, "test": 8041}
"""Published number of images of each part."""


class Options(ReadOptions):
    """How the photographs are read."""

    checksums: bool = Field(default=True, description=CHECKSUMS)


def fetch(data_root: Path) -> list[Path]:
    """Return the files below ``stanford_cars``; their publisher has taken them off the network.

    Raises
    ------
    FileNotFoundError
        If files are missing; the message says what to put where.
    ValueError
        If the lists of images cannot be read.
    """
    from weightscape.data._torchvision import files_of

    listed = _listed(data_root)
    annotations = [data_root / "stanford_cars" / name for name in ANNOTATIONS]
    return [*annotations, *files_of(listed, _remedy(data_root))]


def load(options: Options, data_root: Path, seed: int) -> dict[str, Labelled]:
    """Return the 8,144 official training images and the 8,041 test images.

    Parameters
    ----------
    options : Options
        Image size, and what to check.
    data_root : Path
        The folder of downloads.
    seed : int
        Not used: nothing is random.

    Returns
    -------
    dict of str to Labelled
        The parts ``train`` and ``test``, in the order of the published lists; whole photographs,
        not cut to the cars' boxes, in RGB.

    Raises
    ------
    FileNotFoundError
        If files are missing.
    ValueError
        If a file cannot be read, or there are not as many images or classes as are published.

    References
    ----------
    Krause et al. (2013), 3D Object Representations for Fine-Grained Categorization,
    DOI 10.1109/ICCVW.2013.77; read through ``torchvision.datasets.StanfordCars``.
    """
    from weightscape.data._torchvision import files_of, read_listed

    listed = _listed(data_root)
    files_of(listed, _remedy(data_root))
    found = {part: len(samples) for part, samples in listed.parts.items()}
    if options.checksums and (found, len(listed.classes)) != (IMAGES, 196):
        raise ValueError(
            f"{data_root / 'stanford_cars'} lists {found['train']} images to train on and "
            f"{found['test']} to test on, of {len(listed.classes)} classes, and 8144, 8041 and 196"
            " are published; set the option checksums to false if it is meant to be another set"
        )
    return read_listed(listed, data_root / "stanford_cars", options)


def _listed(data_root: Path) -> Listed:
    from torchvision.datasets import StanfordCars

    from weightscape.data._torchvision import Listed, itself, samples_of

    folder = data_root / "stanford_cars"
    for name in (*ANNOTATIONS, *FOLDERS):
        if not (folder / name).exists():
            raise lacking(str(folder / name), _remedy(data_root))
    try:
        parts = {part: StanfordCars(data_root, part, loader=itself) for part in ("train", "test")}
        samples = {part: samples_of(dataset) for part, dataset in parts.items()}
        return Listed(tuple(str(name) for name in parts["train"].classes), samples)
    except Exception as error:  # whatever a broken file can raise
        raise ValueError(f"{folder}: its .mat files cannot be read: {error}") from error


def _remedy(data_root: Path) -> str:
    return (
        f"put into {data_root / 'stanford_cars'} the folders {', '.join(FOLDERS)} and the file"
        f" {ANNOTATIONS[-1]} from a copy of the set, as torchvision.datasets.StanfordCars expects"
        " them; its publisher no longer offers it"
    )
