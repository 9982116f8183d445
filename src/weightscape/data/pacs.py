"""PACS: 9,991 images of seven kinds of things, as photographs, paintings, cartoons and sketches.

The hub's set ``flwrlabs/pacs`` has a card that lists the columns, the seven classes and 9,991 rows,
and its four domains have as many images as in the paper; several projects that pin this revision
give the same checksum of its one file.

References
----------
Li et al. (2017), Deeper, Broader and Artier Domain Generalization, arXiv:1710.03077.
"""

from typing import ClassVar

from weightscape.data._domains import DomainSet, Published
from weightscape.data._hub import Hub


class Pacs(DomainSet):
    """Photographs, paintings, cartoons and sketches of seven kinds of things."""

    published: ClassVar[Published] = Published(
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
