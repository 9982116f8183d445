"""Terra Incognita: pictures of ten kinds of animals, or none, by camera traps at four places.

Read from folders only: the Hugging Face hub is not known to have the set; ``BGLab/TerraIncognita``
there is one of insects.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from weightscape.data._domains import DomainOptions, Published, fetch_domains, load_domains

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled

PUBLISHED = Published(
    source="terra_incognita",
    folder="terra_incognita",
    domains=("location_38", "location_43", "location_46", "location_100"),
    classes=10,
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
    Beery, Van Horn & Perona (2018), Recognition in Terra Incognita, arXiv:1807.04975; the ten
    classes and four places are those of DomainBed.
    """
    return load_domains(PUBLISHED, options, data_root)
