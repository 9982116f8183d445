"""PACS: 9,991 images of seven kinds of things, as photographs, paintings, cartoons and sketches.

The hub's set ``flwrlabs/pacs`` has a card that lists the columns, the seven classes and 9,991 rows,
and its four domains have as many images as in the paper; several projects that pin this revision
give the same checksum of its one file.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from weightscape.data._domains import DomainOptions, Published, fetch_domains, load_domains
from weightscape.data._hub import Hub

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled

PUBLISHED = Published(
    source="pacs",
    folder="PACS",
    domains=("art_painting", "cartoon", "photo", "sketch"),
    classes=7,
    hub=Hub(
        "flwrlabs/pacs",
        "394113073258ead631f617d2e13bb377c0715c4b",
        {
            "data/train-00000-of-00001.parquet": (
                "sha256:4fc041ee92eec6043fe6e2859e8bdd138e5f958bc621afd153879812cbe65ff5"
            )
        },
    ),
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
    Li et al. (2017), Deeper, Broader and Artier Domain Generalization, arXiv:1710.03077.
    """
    return load_domains(PUBLISHED, options, data_root)
