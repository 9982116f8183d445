"""Image sets of several domains: train on some of them, and test elsewhere on the others.

They are read in one of two layouts, whichever is there below the folder of downloads:

* a folder per domain that has a folder per class, as DomainBed's download script makes it;
* the Parquet files of the Hugging Face hub, where a set is known to be there.

References
----------
Gulrajani & Lopez-Paz (2021), In Search of Lost Domain Generalization, arXiv:2007.01434; the names
of folders are those that ``domainbed/scripts/download.py`` leaves behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

from pydantic import Field, model_validator

from weightscape.data._hub import Hub, fetch_hub, read_inventory
from weightscape.data._inventory import ImageFiles, Inventory, keep_first_classes
from weightscape.data._published import CHECKSUMS, explain_lack, name_of, verify
from weightscape.data._tree import find_images, find_subfolders, plain, read_tree

if TYPE_CHECKING:
    from weightscape.data.examples import Examples

DOMAINBED = "domainbed/scripts/download.py of https://github.com/facebookresearch/DomainBed"


class DomainImages(ImageFiles):
    """Image files of several domains, of which some are trained on."""

    train_domains: tuple[str, ...] = Field(
        default=(), description="Domains to train on; all but `held_out` when missing."
    )
    held_out: str | None = Field(
        default=None,
        description="The one domain not to train on, in place of `train_domains`; none when both"
        " are missing.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.train_domains and self.held_out is not None:
            raise ValueError("train_domains and held_out are both given; drop one of them")
        if len(set(self.train_domains)) < len(self.train_domains):
            raise ValueError(f"train_domains names a domain twice: {', '.join(self.train_domains)}")
        return self

    def trained(self, domains: tuple[str, ...]) -> list[bool]:
        """Return for each of `domains` whether it is trained on.

        Raises
        ------
        ValueError
            If an option names none of them, or leaves no domain to train on.
        """
        named = (*self.train_domains, *([] if self.held_out is None else [self.held_out]))
        for name in named:
            if name not in domains:
                raise ValueError(f"there is no domain {name!r}; there are {', '.join(domains)}")
        if self.held_out is not None:
            if len(domains) == 1:
                raise ValueError(f"held_out {self.held_out!r} leaves no domain to train on")
            return [name != self.held_out for name in domains]
        return [not self.train_domains or name in self.train_domains for name in domains]

    def read_domains(
        self, inventory: Inventory, domains: tuple[str, ...], folder: Path
    ) -> dict[str, Examples]:
        """Return the images of the domains that are trained on, and those elsewhere.

        Parameters
        ----------
        inventory : Inventory
            The files, in the order of the images.
        domains : tuple of str
            Names of the inventory's domains.
        folder : Path
            Where they lie, for messages.

        Returns
        -------
        parts : dict of str to Examples
            The part ``train`` and, if a domain is not trained on, ``elsewhere``; RGB. Both have the
            names of all domains.

        Raises
        ------
        ValueError
            If a domain or a class has no images, or a file cannot be read.
        """
        import numpy as np

        counts = np.bincount(inventory.domains, minlength=len(domains))
        for domain, count in zip(domains, counts, strict=True):
            if not count:
                raise ValueError(f"{folder} has no images of the domain {domain}")
        trained = np.array(self.trained(domains))
        of_training = trained[inventory.domains]
        complete = f"the domains of {folder} to train on"
        parts = {"train": self.read_part(inventory, of_training, domains, complete)}
        if not trained.all():
            parts["elsewhere"] = self.read_part(inventory, ~of_training, domains)
        return parts


class Published(NamedTuple):
    """A published set of several domains.

    Attributes
    ----------
    folder : str
        Its folder among the downloads, in both layouts.
    domains : tuple of str
        Names of its domains, which are those of the folders.
    classes : int
        Number of its classes.
    hub : Hub or None
        Where the Hugging Face hub has it; None where it is not known to.
    """

    folder: str
    domains: tuple[str, ...]
    classes: int
    hub: Hub | None = None


class DomainSet(DomainImages):
    """A published set of several domains, in the order of its files.

    In folders this is the order of domains, classes and names.
    """

    published: ClassVar[Published]
    is_fetched: ClassVar[bool] = True

    classes: int | None = Field(
        default=None,
        ge=2,
        description="How many of the classes to keep, the first in the order of their names; all"
        " when missing.",
    )
    checksums: bool = Field(default=True, description=CHECKSUMS)

    @model_validator(mode="after")
    def _known_domains(self) -> Self:
        self.trained(self.published.domains)
        return self

    @classmethod
    def fetch(cls, data_root: Path) -> list[Path]:
        """Return the files, those of the hub downloaded where no layout is there."""
        tree = cls._tree(data_root)
        if tree:
            return [Path(file.path) for domain in tree for file in find_images(domain)]
        return fetch_hub(cls._hub(data_root), data_root / cls.published.folder, cls._folders())

    def __call__(self, data_root: Path, seed: int) -> dict[str, Examples]:
        """Return the images of the domains that are trained on, and those elsewhere.

        Nothing is random; see `read_domains`.

        Raises
        ------
        FileNotFoundError
            If files are missing.
        ValueError
            If a file is not the published one or cannot be read, the number of classes is another
            than the published one, or a domain or a class has no images.
        """
        folder, published = data_root / self.published.folder, self.published
        inventory = self._inventory(data_root)
        if self.checksums and len(inventory.classes) != published.classes:
            raise ValueError(
                f"{folder} has {len(inventory.classes)} classes, and {published.classes} are"
                " published; look for folders that are missing or none of classes, or set the"
                " option checksums to false if it is meant to be another set"
            )
        inventory = keep_first_classes(inventory, self.classes, folder)
        return self.read_domains(inventory, published.domains, folder)

    def _inventory(self, data_root: Path) -> Inventory:
        tree = self._tree(data_root)
        if tree:
            return read_tree(tree)
        hub, folder = self._hub(data_root), data_root / self.published.folder
        files = {folder / name: checksum for name, checksum in hub.files.items()}
        verify(files, name_of(self), self.checksums)
        return read_inventory(list(files), self.published.domains)

    @classmethod
    def _tree(cls, data_root: Path) -> Sequence[Path]:
        """Return the folders of the domains, in their order; nothing if none of them is there."""
        folder, domains = data_root / cls.published.folder, cls.published.domains
        there = (
            {plain(path.name): path for path in find_subfolders(folder)} if folder.is_dir() else {}
        )
        missing = [name for name in domains if plain(name) not in there]
        if len(missing) == len(domains):
            return []
        if missing:
            raise explain_lack(
                str(folder / missing[0]), f"the other domains of {name_of(cls)} are in {folder}"
            )
        return [there[plain(name)] for name in domains]

    @classmethod
    def _hub(cls, data_root: Path) -> Hub:
        folder, hub = data_root / cls.published.folder, cls.published.hub
        if hub is None:
            raise explain_lack(
                str(folder / cls.published.domains[0]),
                f"put into {folder} {cls._folders()}; the Hugging Face hub is not known to have it",
            )
        return hub

    @classmethod
    def _folders(cls) -> str:
        return f"the folders {', '.join(cls.published.domains)}, which {DOMAINBED} makes"
