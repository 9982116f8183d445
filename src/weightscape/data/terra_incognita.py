"""Terra Incognita: pictures of ten kinds of animals, or none, by camera traps at four places.

Read from folders only: the Hugging Face hub is not known to have the set; ``BGLab/TerraIncognita``
there is one of insects.

References
----------
Beery, Van Horn & Perona (2018), Recognition in Terra Incognita, arXiv:1807.04975; the ten
classes and four places are those of DomainBed.
"""

from typing import ClassVar

from weightscape.data._domains import DomainSet, Published


class TerraIncognita(DomainSet):
    """Pictures of animals by camera traps at four places."""

    published: ClassVar[Published] = Published(
        folder="terra_incognita",
        domains=("location_38", "location_43", "location_46", "location_100"),
        classes=10,
    )
