"""Files that are not there, or not whole: how that is told without reading them."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from weightscape.checkpoints.checkpoint import CheckpointError

_UNFINISHED = (".incomplete", ".part", ".partial", ".crdownload", ".download")
"""What programs that download put behind the name of a file that is not whole."""

_SNAPSHOT = re.compile(
    r"(.*/)?models--(?P<repository>[^/]+)/snapshots/(?P<revision>[^/]+)(?P<inside>/.*)?", re.DOTALL
)


def is_unfinished(path: Path) -> bool:
    """Return whether a file by its name is one that a download was to finish."""
    return path.name.lower().endswith(_UNFINISHED)


def check_downloaded(path: Path) -> None:
    """Check that a file is there and, as far as its folder tells, is whole.

    Raises
    ------
    CheckpointError
        If it is not, with the command that fetches it.
    """
    if path.is_symlink() and not path.exists():
        remedy = tell_fetch(path) if find_snapshot(path) else "mend or remove the link"
        raise CheckpointError(
            f"{path}: is a link to {path.readlink()}, which is not there; {remedy}"
        )
    if not path.is_file():
        reason = "is no file" if path.exists() else "there is no such file"
        raise CheckpointError(f"{path}: {reason}")
    if is_unfinished(path):
        raise CheckpointError(
            f"{path}: is half of a download; `hf download` or what else has begun it goes on with "
            "it, with the same arguments"
        )
    control = path.with_name(f"{path.name}.aria2")
    if os.path.exists(control):  # of a name that is too long there is none
        raise CheckpointError(
            f"{path}: is half of a download, as {control.name} beside it says; `aria2c -c` with "
            "its address goes on with it"
        )


class Snapshot(NamedTuple):
    """Where in a cache of the hub a file lies: repository, commit, and its name there."""

    repository: str
    revision: str
    file: str


def find_snapshot(path: Path) -> Snapshot | None:
    """Return where in a cache of the hub a file lies, links of folders followed; else None."""
    folder = path.parent.resolve()
    match = _SNAPSHOT.fullmatch(folder.as_posix())
    if not match:
        return None
    inside = f"{match['inside'] or ''}/{path.name}"
    return Snapshot(match["repository"].replace("--", "/"), match["revision"], inside[1:])


def tell_fetch(path: Path) -> str:
    """Return what to do where a file of a repository is missing."""
    if at := find_snapshot(path):
        command = f"hf download {at.repository} {at.file} --revision {at.revision}"
        return f"`{command}` fetches it"
    command = f"hf download <repository> {path.name} --local-dir {path.parent}"
    return f"where it is from the hub, `{command}` fetches it"
