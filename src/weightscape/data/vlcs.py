"""VLCS: photographs of five kinds of things from four older data sets.

Read from folders only: the Hugging Face hub is not known to have the set.

References
----------
Fang et al. (2013), Unbiased Metric Learning, ICCV, DOI 10.1109/ICCV.2013.208.
"""

from typing import ClassVar

from weightscape.data._domains import DomainSet, Published


class Vlcs(DomainSet):
    """Photographs of five kinds of things from four older data sets."""

    published: ClassVar[Published] = Published(
        folder="VLCS",
        domains=("Caltech101", "LabelMe", "SUN09", "VOC2007"),
        classes=5,
    )
