"""Anyone's images: a folder per class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from weightscape.data._domains import DomainImages
from weightscape.data._tree import find_subfolders, list_tree, read_tree

if TYPE_CHECKING:
    from weightscape.data.examples import Examples


class Folder(DomainImages):
    """Images in a folder, in the order of folders and names.

    Classes are in the order of their names, letter case and punctuation left aside.
    """

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

    def listing(self) -> str:
        """Return a digest of the names and sizes of the images, by which a change is noticed.

        Raises
        ------
        FileNotFoundError
            If there is no such folder.
        ValueError
            If a folder cannot be read, or a link leads back to a folder that it lies in.
        """
        return list_tree(Path(self.path))

    def __call__(self, data_root: Path, seed: int) -> Examples | dict[str, Examples]:
        """Return the images; nothing is random, and the folder of downloads is not looked at.

        Returns
        -------
        images : Examples or dict of str to Examples
            All of them in RGB; with `domains` or `split_folders` the parts, ``train`` and
            ``elsewhere`` or ``test``.

        Raises
        ------
        FileNotFoundError
            If there is no such folder.
        ValueError
            If an image or a folder cannot be read, a link leads back to a folder that it lies in,
            or a class or a domain has no images.
        """
        folder = Path(self.path)
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} is not a folder; correct the option path")
        if not find_subfolders(folder):
            raise ValueError(f"{folder} has no folders; each class, or each domain, needs one")
        if self.domains:
            domains = find_subfolders(folder)
            names = tuple(domain.name for domain in domains)
            return self.read_domains(read_tree(domains), names, folder)
        parts = _split(folder) if self.split_folders else {"train": [folder]}
        inventory = read_tree([path for paths in parts.values() for path in paths])
        of_training = inventory.domains < len(parts["train"])
        complete = f"{folder}, images to train on"
        train = self.read_part(inventory, of_training, complete=complete)
        if not self.split_folders:
            return train
        return {"train": train, "test": self.read_part(inventory, ~of_training)}


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
