"""Anyone's images: a folder per class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from weightscape.data._domains import Trained, read_domains
from weightscape.data._tree import subfolders, tree_inventory, tree_listing

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled


class Options(Trained):
    """Where the images are, and how the folders are to be understood."""

    path: str = Field(
        min_length=1,
        description="The folder, absolute or from where Snakemake runs; it has a folder per class.",
    )
    domains: bool = Field(
        default=False, description="Whether it has a folder per domain, and that one per class."
    )
    split_folders: bool = Field(
        default=False,
        description="Whether it has the folders train and test or val, and these one per class. The"
        " last tests; beside test, val is trained on and the split draws its validation images.",
    )

    @model_validator(mode="after")
    def _one_kind_of_folders(self) -> Self:
        if self.domains and self.split_folders:
            raise ValueError("domains and split_folders are both true; set one of them to false")
        if not self.domains and (self.train_domains or self.held_out is not None):
            raise ValueError("train_domains and held_out need domains: true")
        return self


def listing(options: Options) -> str:
    """Return a digest of the names and sizes of the images, by which a change is noticed.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If a folder cannot be read, or a link leads back to a folder that it lies in.
    """
    return tree_listing(Path(options.path))


def load(options: Options, data_root: Path, seed: int) -> Labelled | dict[str, Labelled]:
    """Return the images in a folder.

    Parameters
    ----------
    options : Options
        Where they are, and how the folders are to be understood.
    data_root : Path
        Not used: the path is an option.
    seed : int
        Not used: nothing is random.

    Returns
    -------
    Labelled or dict of str to Labelled
        All images; with `domains` or `split_folders` the parts, ``train`` and ``elsewhere`` or
        ``test``. RGB, in the order of folders and names; classes in the order of their names,
        letter case and punctuation left aside.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    ValueError
        If an image or a folder cannot be read, a link leads back to a folder that it lies in, or
        a class or a domain has no images.
    """
    from weightscape.data._inventory import read_part

    folder = Path(options.path)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder; correct the option path")
    if not subfolders(folder):
        raise ValueError(f"{folder} has no folders; each class, or each domain, needs one")
    if options.domains:
        domains = subfolders(folder)
        names = tuple(domain.name for domain in domains)
        return read_domains(tree_inventory(domains), names, options, folder)
    size, skip = options.image_size, options.skip_unreadable
    parts = _split(folder) if options.split_folders else {"train": [folder]}
    inventory = tree_inventory([path for paths in parts.values() for path in paths])
    of_training = inventory.domains < len(parts["train"])
    train = read_part(inventory, of_training, size, skip, complete=f"{folder}, images to train on")
    if not options.split_folders:
        return train
    return {"train": train, "test": read_part(inventory, ~of_training, size, skip)}


def _split(folder: Path) -> dict[str, list[Path]]:
    there = [name for name in ("train", "val", "test") if (folder / name).is_dir()]
    if "train" not in there or len(there) == 1:
        raise FileNotFoundError(
            f"{folder} has not the folders train and test or val, which split_folders asks for"
        )
    return {
        "train": [folder / name for name in there[:-1]],
        "test": [folder / there[-1]],
    }
