"""VLCS: photographs of five kinds of things from four older data sets.

Read from folders only: the Hugging Face hub is not known to have the set.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from weightscape.data._domains import DomainOptions, Published, fetch_domains, load_domains

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled

PUBLISHED = Published(
    source="vlcs",
    folder="VLCS",
    domains=("Caltech101", "LabelMe", "SUN09", "VOC2007"),
    classes=5,
)


class Options(DomainOptions):
    """Which domains and classes are used, and how images are read."""

    published: ClassVar[Published] = PUBLISHED


def fetch(data_root: Path) -> list[Path]:
    """Return the files of the set; see `weightscape.data._domains.fetch_domains`."""
    return fetch_domains(PUBLISHED, data_root)


def load(options: Options, data_root: Path, seed: int) -> dict[str, Labelled]:
    """Return the images of the domains that are trained on, and those elsewhere.

    Parameters
    ----------
    options : Options
        Domains to train on, classes, image size, and what to check.
    data_root : Path
        The folder of downloads.
    seed : int
        Not used: nothing is random.

    Returns
    -------
    dict of str to Labelled
        The part ``train`` and, if a domain is not trained on, ``elsewhere``; RGB.

    Raises
    ------
    FileNotFoundError, ValueError
        As `weightscape.data._domains.load_domains` says.

    References
    ----------
    Fang et al. (2013), Unbiased Metric Learning, ICCV, DOI 10.1109/ICCV.2013.208.
    """
    return load_domains(PUBLISHED, options, data_root)
