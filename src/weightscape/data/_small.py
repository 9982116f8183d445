"""Published sets of images of 32x32 pixels that come in two parts."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from pydantic import Field

from weightscape.config.source import Side, Source
from weightscape.data._published import CHECKSUMS, name_of, verify

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data.examples import Examples


class Part(NamedTuple):
    """The images of a part as its files have them.

    Attributes
    ----------
    images : ndarray of uint8, shape (n, 3, 32, 32)
        In RGB.
    labels : ndarray of int64, shape (n,)
        Index of each image's class.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]


class SmallImages(Source):
    """Images that the source has in 32x32 pixels, in official parts ``train`` and ``test``."""

    is_fetched: ClassVar[bool] = True

    image_size: Side = Field(
        default=32,
        description="Height and width of the images, in pixels; the source has 32.",
    )
    checksums: bool = Field(default=True, description=CHECKSUMS)

    @classmethod
    @abstractmethod
    def files(cls, data_root: Path) -> dict[Path, str]:
        """Return the files that it reads with their published checksums, as ``md5:c58f…``."""

    @abstractmethod
    def read(self, data_root: Path) -> tuple[tuple[str, ...], dict[str, Part]]:
        """Return the names of the classes and the parts, in the order of the files.

        Raises
        ------
        ValueError
            If a file is not of the set's format.
        """

    def __call__(self, data_root: Path, seed: int) -> dict[str, Examples]:
        """Return the official parts in RGB, enlarged bilinearly; nothing is random.

        Raises
        ------
        FileNotFoundError
            If a file is missing.
        ValueError
            If a file is not the published one, or not of the set's format.
        """
        from weightscape.data._pixels import resize_all
        from weightscape.data.examples import Examples

        verify(self.files(data_root), name_of(self), self.checksums)
        classes, parts = self.read(data_root)
        return {
            name: Examples(resize_all(part.images, self.image_size), part.labels, classes)
            for name, part in parts.items()
        }
