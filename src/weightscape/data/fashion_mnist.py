"""Fashion-MNIST: 70,000 grey pictures of clothes, 28x28 pixels.

Debian's package ``dataset-fashion-mnist`` carries its four files; a folder ``fashion_mnist`` among
the downloads goes before it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from weightscape.config.credit import Credit
from weightscape.config.source import Side, Source
from weightscape.data._published import CHECKSUMS, explain_lack

if TYPE_CHECKING:
    from weightscape.data.examples import Examples

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package puts the files."""

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
)  # fmt: skip

SUMS = {
    "train": ("f4a8712d7a061bf5bd6d2ca38dc4d50a", "9018921c3c673c538a1fc5bad174d6f9"),
    "test": ("8181f5470baa50b63fa0f6fddb340f0a", "15d484375f8d13e6eb1aabb0c3f46965"),
}
"""MD5 of each part's images and labels, uncompressed: packages compress the files differently."""


class FashionMnist(Source):
    """The 60,000 training images and the 10,000 test images, grey, in the ten classes of the set.

    References
    ----------
    Xiao, Rasul & Vollgraf (2017), arXiv:1708.07747.
    """

    credit: ClassVar[Credit | None] = Credit(
        what="Fashion-MNIST",
        by="Xiao, Rasul & Vollgraf (2017), Fashion-MNIST: a Novel Image Dataset for Benchmarking"
        " Machine Learning Algorithms",
        doi="10.48550/arXiv.1708.07747",
        license="MIT",
    )
    is_fetched: ClassVar[bool] = True

    image_size: Side = Field(
        default=28,
        description="Height and width of the images, in pixels; the source has 28.",
    )
    checksums: bool = Field(default=True, description=CHECKSUMS)

    @classmethod
    def fetch(cls, data_root: Path) -> list[Path]:
        """Return the files, of a folder among the downloads or else of Debian's package.

        Raises
        ------
        FileNotFoundError
            If neither is there.
        """
        from weightscape.data._idx import find_parts

        return [file for pair in find_parts(_folder(data_root)).values() for file in pair]

    def __call__(self, data_root: Path, seed: int) -> dict[str, Examples]:
        """Return the parts ``train`` and ``test``; nothing is random.

        Raises
        ------
        FileNotFoundError
            If neither a folder nor Debian's package is there.
        ValueError
            If a file is not the published one, or not of the format.
        """
        from weightscape.data._idx import check_sum, find_parts, read_set

        parts = find_parts(_folder(data_root))
        if self.checksums:
            for part, sums in SUMS.items():
                for file, published in zip(parts.get(part, ()), sums, strict=False):
                    check_sum(file, published)
        return read_set(parts, CLASSES, self.image_size)


def _folder(data_root: Path) -> Path:
    for folder in (data_root / "fashion_mnist", DEBIAN):
        if folder.is_dir():
            return folder
    raise explain_lack(
        str(data_root / "fashion_mnist"),
        "install Debian's package dataset-fashion-mnist, or put the four files of"
        " https://github.com/zalandoresearch/fashion-mnist there",
    )
