"""Anyone's images in the format of MNIST: a folder of idx files, compressed or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from weightscape.section import Section

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled


class Options(Section):
    """Where the files are, and what their labels are called."""

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


def listing(options: Options) -> str:
    """Return a digest of the names and sizes of the files, by which a change is noticed.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """
    from weightscape.data._tree import tree_listing

    return tree_listing(Path(options.path), endings=("ubyte", "ubyte.gz"))


def load(options: Options, data_root: Path, seed: int) -> Labelled | dict[str, Labelled]:
    """Return the images in a folder.

    Parameters
    ----------
    options : Options
        Where they are, and what their labels are called.
    data_root : Path
        Not used: the path is an option.
    seed : int
        Not used: nothing is random.

    Returns
    -------
    Labelled or dict of str to Labelled
        Grey, in the order of the files; the parts ``train`` and ``test`` where there are both.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or files are missing.
    ValueError
        If a file is not of the format, is cut off, images and labels are not as many, or a label
        has no name.
    """
    from weightscape.data._idx import find_parts, read_set

    folder = Path(options.path)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder; correct the option path")
    parts = read_set(find_parts(folder, options.prefix), options.classes, options.image_size)
    return parts if "test" in parts else parts["train"]
