"""Whom the images of a source are owed to, and what readers of its results must know."""

from typing import NamedTuple


class Credit(NamedTuple):
    """What a report says of the source of images.

    Attributes
    ----------
    what, by : str
        What they are, and who published them where.
    doi : str
        Of the publication.
    license : str
        Under which they may be used.
    caveat : str
        What the data cannot tell and a reader of scores must know; empty if there is nothing.
    """

    what: str
    by: str
    doi: str
    license: str
    caveat: str = ""
