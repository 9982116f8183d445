"""Anyone's images in the format of MNIST: a folder of idx files, compressed or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from weightscape.config.source import Source
from weightscape.data._tree import list_tree

if TYPE_CHECKING:
    from weightscape.data.examples import Examples


class Idx(Source):
    """Grey images in a folder of idx files, in the order of the files."""

    path: str = Field(
        min_length=1,
        description="The folder, absolute or from where Snakemake runs, with"
        " train-images-idx3-ubyte and train-labels-idx1-ubyte, and t10k- or test- in the place of"
        " train- where the set has test images; each may end in .gz.",
    )
    prefix: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9._-]*$",
        description="What stands before the names of the files, such as emnist-letters-.",
    )
    classes: tuple[str, ...] = Field(
        default=(), description="Names of the classes, label by label; the labels when missing."
    )
    image_size: int | None = Field(
        default=None,
        ge=8,
        le=512,
        description="Height and width that images are brought to, in pixels; as they are when"
        " missing.",
    )

    @field_validator("classes")
    @classmethod
    def _distinct(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(classes)) < len(classes):
            raise ValueError(f"a class is named twice: {', '.join(classes)}")
        return classes

    def listing(self) -> str:
        """Return a digest of the names and sizes of the files, by which a change is noticed.

        Raises
        ------
        FileNotFoundError
            If there is no such folder.
        """
        return list_tree(Path(self.path), endings=("ubyte", "ubyte.gz"))

    def __call__(self, data_root: Path, seed: int) -> Examples | dict[str, Examples]:
        """Return the images; nothing is random, and the folder of downloads is not looked at.

        Returns
        -------
        images : Examples or dict of str to Examples
            All of them; the parts ``train`` and ``test`` where there are both.

        Raises
        ------
        FileNotFoundError
            If there is no such folder, or files are missing.
        ValueError
            If a file is not of the format, is cut off, images and labels are not as many, or a
            label has no name.
        """
        from weightscape.data._idx import find_parts, read_set

        folder = Path(self.path)
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} is not a folder; correct the option path")
        parts = read_set(find_parts(folder, self.prefix), self.classes, self.image_size)
        return parts if "test" in parts else parts["train"]
