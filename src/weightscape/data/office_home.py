"""Office-Home: 15,588 images of 65 kinds of everyday objects, in four domains.

The hub's set ``flwrlabs/office-home`` is the one that the first paper names; its card lists the
columns, the 65 classes and 15,588 rows. Its files' checksums are not published elsewhere, so that
they are compared when they are downloaded only.

References
----------
Venkateswara et al. (2017), Deep Hashing Network for Unsupervised Domain Adaptation,
arXiv:1706.07522.
"""

from typing import ClassVar

from weightscape.data._domains import DomainSet, Published
from weightscape.data._hub import Hub


class OfficeHome(DomainSet):
    """Images of 65 kinds of everyday objects in four domains."""

    published: ClassVar[Published] = Published(
        folder="office_home",
        domains=("Art", "Clipart", "Product", "Real World"),
        classes=65,
        hub=Hub(
            "flwrlabs/office-home",
            "d430d44779e929b335be368ab3456484e5de36bb",
            {f"data/train-0000{k}-of-00003.parquet": "" for k in range(3)},
        ),
    )
