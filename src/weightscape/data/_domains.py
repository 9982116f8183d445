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

from weightscape.data._hub import Hub, fetch_hub
from weightscape.data._options import CHECKSUMS, ReadOptions
from weightscape.data._published import lacking, verify
from weightscape.data._tree import images_below, plain, subfolders, tree_inventory

if TYPE_CHECKING:
    from weightscape.data._inventory import Inventory
    from weightscape.data.labelled import Labelled

DOMAINBED = "domainbed/scripts/download.py of https://github.com/facebookresearch/DomainBed"


class Published(NamedTuple):
    """A published set of several domains.

    Attributes
    ----------
    source : str
        Name of the plug-in.
    folder : str
        Its folder among the downloads, in both layouts.
    domains : tuple of str
        Names of its domains, which are those of the folders.
    classes : int
        Number of its classes.
    hub : Hub or None
        Where the Hugging Face hub has it; None where it is not known to.
    """

    source: str
    folder: str
    domains: tuple[str, ...]
    classes: int
    hub: Hub | None = None


class Trained(ReadOptions):
    """Which domains are trained on, and how images are read."""

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


class DomainOptions(Trained):
    """Which domains and classes are used, and how images are read."""

    published: ClassVar[Published]

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


def fetch_domains(published: Published, data_root: Path) -> list[Path]:
    """Return the files of a set, those of the hub downloaded where no layout is there.

    Raises
    ------
    FileNotFoundError
        If files are missing and cannot be downloaded; the message says what to put where.
    ValueError
        If what is downloaded is not the published file, or a folder cannot be read.
    """
    tree = _tree(published, data_root)
    if tree:
        return [Path(file.path) for domain in tree for file in images_below(domain)]
    folder = data_root / published.folder
    if published.hub is None:
        raise _no_folders(published, folder)
    return fetch_hub(published.hub, folder, _folders(published))


def load_domains(options: DomainOptions, data_root: Path, seed: int) -> dict[str, Labelled]:
    """Return the images of the domains that are trained on, and those elsewhere.

    Parameters
    ----------
    options : DomainOptions
        Of which set; domains to train on, classes, image size, and what to check.
    data_root : Path
        The folder of downloads.
    seed : int
        Not used: nothing is random.

    Returns
    -------
    dict of str to Labelled
        The part ``train`` and, if a domain is not trained on, ``elsewhere``; RGB. Both have the
        names of all domains. A part has the order of the files: in folders by domain, class, name.

    Raises
    ------
    FileNotFoundError
        If files are missing.
    ValueError
        If a file is not the published one or cannot be read, the number of classes is another than
        the published one, or a domain or a class has no images.
    """
    from weightscape.data._inventory import first_classes

    published = options.published
    folder = data_root / published.folder
    inventory = _inventory(published, options.checksums, data_root)
    if options.checksums and len(inventory.classes) != published.classes:
        raise ValueError(
            f"{folder} has {len(inventory.classes)} classes, and {published.classes} are published;"
            " look for folders that are missing or none of classes, or set the option checksums to"
            " false if it is meant to be another set"
        )
    inventory = first_classes(inventory, options.classes, folder)
    return read_domains(inventory, published.domains, options, folder)


def read_domains(
    inventory: Inventory, domains: tuple[str, ...], options: Trained, folder: Path
) -> dict[str, Labelled]:
    """Return the parts ``train`` and ``elsewhere`` of an inventory; see `load_domains`."""
    import numpy as np

    from weightscape.data._inventory import read_part

    size, skip = options.image_size, options.skip_unreadable
    counts = np.bincount(inventory.domains, minlength=len(domains))
    for domain, count in zip(domains, counts, strict=True):
        if not count:
            raise ValueError(f"{folder} has no images of the domain {domain}")
    trained = np.array(options.trained(domains))
    of_training = trained[inventory.domains]
    parts = {
        "train": read_part(
            inventory, of_training, size, skip, domains, f"the domains of {folder} to train on"
        )
    }
    if not trained.all():
        parts["elsewhere"] = read_part(inventory, ~of_training, size, skip, domains)
    return parts


def _inventory(published: Published, checksums: bool, data_root: Path) -> Inventory:
    from weightscape.data._hub import parquet_inventory

    tree = _tree(published, data_root)
    if tree:
        return tree_inventory(tree)
    folder = data_root / published.folder
    if published.hub is None:
        raise _no_folders(published, folder)
    files = {folder / name: checksum for name, checksum in published.hub.files.items()}
    verify(files, published.source, checksums)
    return parquet_inventory(list(files), published.domains)


def _tree(published: Published, data_root: Path) -> Sequence[Path]:
    """Return the folders of the domains, in their order; nothing if none of them is there."""
    folder = data_root / published.folder
    there = {plain(path.name): path for path in subfolders(folder)} if folder.is_dir() else {}
    missing = [name for name in published.domains if plain(name) not in there]
    if len(missing) == len(published.domains):
        return []
    if missing:
        raise lacking(
            str(folder / missing[0]), f"the other domains of {published.source} are in {folder}"
        )
    return [there[plain(name)] for name in published.domains]


def _folders(published: Published) -> str:
    return f"the folders {', '.join(published.domains)}, which {DOMAINBED} makes"


def _no_folders(published: Published, folder: Path) -> FileNotFoundError:
    return lacking(
        str(folder / published.domains[0]),
        f"put into {folder} {_folders(published)}; the Hugging Face hub is not known to have it",
    )
