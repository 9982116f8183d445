"""DomainNet: 0.6 million images of 345 kinds of things, in six domains.

The hub's set ``wltjr1007/DomainNet`` is the one that the first paper names; its card lists the
columns and the 345 classes, which the order of plain names keeps: the 34 classes of that paper are
the first 34. Two projects that pin this revision give the same checksums of its files. The official
lists of training and test images are joined, as in DomainBed.

References
----------
Peng et al. (2019), Moment Matching for Multi-Source Domain Adaptation, arXiv:1812.01754.
"""

from typing import ClassVar

from weightscape.data._domains import DomainSet, Published
from weightscape.data._hub import Hub


class DomainNet(DomainSet):
    """Images of 345 kinds of things in six domains."""

    published: ClassVar[Published] = Published(
        folder="domain_net",
        domains=("clipart", "infograph", "painting", "quickdraw", "real", "sketch"),
        classes=345,
        hub=Hub(
            "wltjr1007/DomainNet",
            "ee20570ae7a29c51571e55a9a17983f7625295d6",
            {
                "data/train-00000-of-00003.parquet": (
                    "sha256:37dfda4256254a53d58352ba6f3ea8a1ae24d13f3d39eb27a143b859f73b3e5a"
                ),
                "data/train-00001-of-00003.parquet": (
                    "sha256:c5d86606a2fa7b1418895717803cfa7c3e7adad37454ee7b1ad44f1ec0eb3e15"
                ),
                "data/train-00002-of-00003.parquet": (
                    "sha256:bb3dd680e02ac1cf539fb6d32959b096a06535892aa8c494e31378762f02613c"
                ),
                "data/test-00000-of-00001.parquet": (
                    "sha256:7eb34c7c9c020f265db6c4b2405c873f4bda0259cd06b43aa31df45a17a55409"
                ),
            },
        ),
    )
