"""VLCS: photographs of five kinds of things from four older data sets.

Read from folders only: the Hugging Face hub is not known to have the set.

References
----------
Fang et al. (2013), Unbiased Metric Learning, ICCV, DOI 10.1109/ICCV.2013.208.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from weightscape.data._domains import DomainOptions, Published, fetch_domains, load_domains

PUBLISHED = Published(
    source="vlcs",
    folder="VLCS",
    domains=("Caltech101", "LabelMe", "SUN09", "VOC2007"),
    classes=5,
)


class Options(DomainOptions):
    """Which domains and classes are used, and how images are read."""

    published: ClassVar[Published] = PUBLISHED


fetch = partial(fetch_domains, PUBLISHED)
load = load_domains
