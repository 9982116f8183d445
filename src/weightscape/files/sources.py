"""What a call is to read: every checkpoint once, and why other files are none."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from weightscape.checkpoints.find import find_checkpoints
from weightscape.checkpoints.parallel import find_slices
from weightscape.checkpoints.shards import find_numbered, is_index, shards_of
from weightscape.files.stream import describe

_CONFIGS = ("config.json", "adapter_config.json")
File = tuple[str, int, int]
"""A file: its path, size in bytes and time of modification in ns."""


class Source(NamedTuple):
    """A checkpoint to open, or with a status a file that gives none.

    Attributes
    ----------
    name : str
        Its path, or ``timm:`` or ``hf:`` and a name.
    status, reason : str
        ``skipped`` or ``failed``, and why; empty for a checkpoint to open.
    files : tuple of File
        The files that it is read from; none where they are not on this machine yet.
    """

    name: str
    status: str = ""
    reason: str = ""
    files: tuple[File, ...] = ()

    @property
    def size(self) -> int:
        """Return the size of its files, in bytes."""
        return sum(size for _, size, _ in self.files)


def find_sources(names: Iterable[str], own: Iterable[Path] = ()) -> list[Source]:
    """Return what `names` stand for, each file once; of every name first what is no checkpoint.

    Parameters
    ----------
    names : iterable of str
        Files, folders and what else `find_checkpoints` takes. A file that is named twice, in
        another spelling or by a link too, is a checkpoint once, and skipped the second time.
    own : iterable of Path
        Files that are passed over: what the call itself writes.
    """
    passed = {os.path.abspath(path) for path in own}
    seen: dict[object, str] = {}
    sources: list[Source] = []
    for name in names:
        try:
            found = find_checkpoints(name)
        except Exception as error:
            sources.append(Source(name, "failed", describe(error)))
            continue
        these = [
            _once(entry.name, seen)
            if not entry.reason
            else Source(entry.name, "skipped", entry.reason)
            for entry in found
            if os.path.abspath(entry.name) not in passed
        ]
        sources += sorted(these, key=lambda source: not source.status)
    return sources


def _once(name: str, seen: dict[object, str]) -> Source:
    """Return a checkpoint to open; as skipped where it is among those `seen`, which it joins."""
    identity: object = name
    if os.path.exists(name):
        stat = os.stat(name)
        identity = stat.st_dev, stat.st_ino
    if identity in seen:
        return Source(name, "skipped", f"the same as {seen[identity]}, which is read once")
    seen[identity] = name
    return Source(name, files=_files_of(Path(name)))


def _files_of(path: Path) -> tuple[File, ...]:
    """Return the files that a checkpoint is read from, its config among them."""
    if not path.is_file():
        return ()
    parts = shards_of(path) if is_index(path) else find_slices(path) + find_numbered(path)
    files = {path, *(path.parent / part for part in (*parts, *_CONFIGS))}
    stats = [(str(file), file.stat()) for file in sorted(files) if file.is_file()]
    return tuple((file, stat.st_size, stat.st_mtime_ns) for file, stat in stats)
