"""What plug-ins share that read files: downloads that are fetched, and files that are watched."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from weightscape.config.credit import Credit
from weightscape.config.plugins import Plugin

RECORD = "results/fetched/{source}.json"
"""What has been fetched of a source; where downloads lie makes no difference to it."""


class Fetched(Plugin):
    """A plug-in whose images may be those of others, and its files downloads."""

    credit: ClassVar[Credit | None] = None
    """Whom the images are owed to; every report shows it."""

    is_fetched: ClassVar[bool] = False
    """Whether its files are downloads, or those of a package, that `fetch` sees to."""

    @classmethod
    def fetch(cls, data_root: Path) -> list[Path]:
        """Return the files that it reads, downloaded where they are missing and may be.

        Raises
        ------
        FileNotFoundError
            If files are missing and cannot be fetched; the message says which to put where.
        ValueError
            If a file is not the published one.
        """
        raise NotImplementedError(f"{cls.__name__} fetches nothing: is_fetched is {cls.is_fetched}")


class Watched(Plugin):
    """A plug-in that may read files of the user's, which may change."""

    def listing(self) -> str:
        """Return a digest that changes with the files that it reads; empty where none may change.

        Raises
        ------
        OSError, ValueError
            If they cannot be listed.
        """
        return ""
