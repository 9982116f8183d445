"""Office-Home: 15,588 images of 65 kinds of everyday objects, in four domains.

The hub's set ``flwrlabs/office-home`` is the one that the first paper names; its card lists the
columns, the 65 classes and 15,588 rows. Its files' checksums are not published elsewhere, so that
they are compared when they are downloaded only.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from weightscape.data._domains import DomainOptions, Published, fetch_domains, load_domains
from weightscape.data._hub import Hub

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled

PUBLISHED = Published(
    source="office_home",
    folder="office_home",
    domains=("Art", "Clipart", "Product", "Real World"),
    classes=65,
    hub=Hub(
        "flwrlabs/office-home",
        "d430d44779e929b335be368ab3456484e5de36bb",
        {f"data/train-0000{k}-of-00003.parquet": "" for k in range(3)},
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
    Venkateswara et al. (2017), Deep Hashing Network for Unsupervised Domain Adaptation,
    arXiv:1706.07522.
    """
    return load_domains(PUBLISHED, options, data_root)
