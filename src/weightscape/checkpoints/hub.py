"""Checkpoints in repositories of the Hugging Face hub, and in its cache on this machine."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from glob import escape
from pathlib import Path
from typing import NamedTuple

from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError
from weightscape.checkpoints.downloads import find_snapshot
from weightscape.checkpoints.folders import Found, search_folder
from weightscape.checkpoints.formats import choose_forms
from weightscape.checkpoints.open_path import open_path

PREFIX = "hf:"
_CONFIGS = ("config.json", "adapter_config.json", "params.json")
_NAME = re.compile(
    r"hf:(?P<repository>[\w.-]+(/[\w.-]+)?)(@((?P<commit>[0-9a-f]{40})(/(?P<file>.+))?|(?P<revision>.+)))?"
)
_PATIENCE = 30  # s
_SMALL = 2**26  # bytes
_HASH = re.compile(r"[0-9a-f]{64}")


class Reference(NamedTuple):
    """What ``hf:<repository>@<revision>`` names: a repository at a commit, branch or tag.

    With a commit, ``/`` and a file may follow.
    """

    repository: str
    revision: str
    file: str = ""


def find_on_hub(name: str) -> list[Found]:
    """Return the checkpoints of ``hf:<repository>@<revision>``, downloaded where not yet kept.

    Of the same weights in several formats one is downloaded. The names that are returned have the
    commit in place of a branch or tag.

    Raises
    ------
    CheckpointError
        If there is no such repository, revision or file, or it cannot be downloaded, with the
        remedy; if there is no checkpoint in it.
    """
    reference = _parse(name)
    snapshot = _download(name, reference)
    if reference.file:
        return [Found(name)]
    found = [
        Found(f"{PREFIX}{reference.repository}@{snapshot.name}/{path}", entry.reason)
        for entry in search_folder(snapshot)
        for path in [Path(entry.name).relative_to(snapshot).as_posix()]
    ]
    if all(entry.reason for entry in found):
        raise CheckpointError(
            f"{name}: what {snapshot} has of it holds no checkpoint; connect to the network once, "
            "or name another repository"
        )
    return found


def open_on_hub(name: str) -> list[Checkpoint]:
    """Return the sets of weights of a name that `find_on_hub` has returned.

    Raises
    ------
    CheckpointError
        As of `find_on_hub` and `open_path`.
    """
    reference = _parse(name)
    path = _download(name, reference) / reference.file
    return note_revision([replace(each, name=name) for each in open_path(path)], path)


def note_revision(checkpoints: list[Checkpoint], path: Path) -> list[Checkpoint]:
    """Return checkpoints with commit and hash of their file, where that is in a cache of the hub.

    The cache names a large file by its hash; that of a small one is computed.
    """
    snapshot = find_snapshot(path)
    if snapshot is None or not path.is_file():
        return checkpoints
    digest = path.resolve().name
    if not _HASH.fullmatch(digest):
        digest = ""
        if path.stat().st_size <= _SMALL:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return [replace(each, revision=snapshot.revision, sha256=digest) for each in checkpoints]


def _parse(name: str) -> Reference:
    match = _NAME.fullmatch(name)
    if not match:
        raise CheckpointError(
            f"{name}: is no name of a repository; give hf:<owner>/<name>, and behind an @ the "
            "commit, branch or tag"
        )
    revision = match["commit"] or match["revision"] or "main"
    return Reference(match["repository"], revision, match["file"] or "")


def _download(name: str, reference: Reference) -> Path:
    """Return the folder of a snapshot in the cache, with the weights and configs in it.

    The network is asked unless a file of a commit is named that the cache has.
    """
    from huggingface_hub import HfApi, snapshot_download, try_to_load_from_cache
    from huggingface_hub.errors import (
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    repository, revision, file = reference
    kept = try_to_load_from_cache(repository, file, revision=revision) if file else None
    if isinstance(kept, str):
        return Path(kept.removesuffix(file))
    try:
        about = HfApi().model_info(repository, revision=revision, timeout=_PATIENCE)
        chosen = _choose(entry.rfilename for entry in about.siblings or [])
        patterns = [escape(each) for each in chosen]
        return Path(snapshot_download(repository, revision=about.sha, allow_patterns=patterns))
    except GatedRepoError as error:
        reason = "its owner asks for consent: give it on its page, then `hf auth login`"
        raise CheckpointError(f"{name}: {reason}") from error
    except RepositoryNotFoundError as error:
        reason = "there is no such repository, or it is private: `hf auth login` then"
        raise CheckpointError(f"{name}: {reason}") from error
    except RevisionNotFoundError as error:
        raise CheckpointError(f"{name}: the repository has no revision {revision!r}") from error
    except Exception as error:  # whatever a download can raise
        return _find_kept(name, reference, error)


def _find_kept(name: str, reference: Reference, fault: Exception) -> Path:
    """Return the folder of a snapshot in the cache where nothing can be downloaded."""
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(
                reference.repository, revision=reference.revision, local_files_only=True
            )
        )
    except Exception as error:  # it has many ways to say that there is none
        reason = next(iter(str(fault).splitlines()), type(fault).__name__)
        command = f"hf download {reference.repository} --revision {reference.revision}"
        raise CheckpointError(
            f"{name}: is not on this machine and cannot be downloaded; connect to the network once "
            f"(`{command}`), or give a file or folder ({reason})"
        ) from error


def _choose(files: Iterable[str]) -> list[str]:
    """Return the files of a repository that are looked at: one form of its weights, and configs."""
    paths = [Path(file) for file in files]
    chosen = [*choose_forms(paths), *(path for path in paths if path.name in _CONFIGS)]
    return [path.as_posix() for path in chosen]
