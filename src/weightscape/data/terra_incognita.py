"""Terra Incognita: pictures of ten kinds of animals, or none, by camera traps at four places.

Read from folders only: the Hugging Face hub is not known to have the set; ``BGLab/TerraIncognita``
there is one of insects.

References
----------
Beery, Van Horn & Perona (2018), Recognition in Terra Incognita, arXiv:1807.04975; the ten
classes and four places are those of DomainBed.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from weightscape.data._domains import DomainOptions, Published, fetch_domains, load_domains

PUBLISHED = Published(
    source="terra_incognita",
    folder="terra_incognita",
    domains=("location_38", "location_43", "location_46", "location_100"),
    classes=10,
)


class Options(DomainOptions):
    """Which domains and classes are used, and how images are read."""

    published: ClassVar[Published] = PUBLISHED


fetch = partial(fetch_domains, PUBLISHED)
load = load_domains
