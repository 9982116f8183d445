"""How much memory is free: of the machine, and of the control groups that hold the process.

psutil tells of the machine alone. In a container, or a job of SLURM, it is the control group that
ends a process that takes more than its share, whatever the machine has left.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]

_GIGA = 1e9


class _Files(NamedTuple):
    """What a version of control groups calls its limit, what is used, and the part in caches."""

    limit: str
    used: str
    cached: str


_UNIFIED = _Files("memory.max", "memory.current", "inactive_file")
_LEGACY = _Files("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def free_memory(root: Path = Path("/")) -> float:
    """Return the memory that this process can still take, in GB.

    It is the least of what the machine and every control group [1]_ [2]_ above the process have
    left. Pages of files that were not used lately are given back when memory is needed, and count
    as free.

    Parameters
    ----------
    root : Path, optional
        Where ``proc`` and ``sys`` are looked for.

    References
    ----------
    .. [1] Linux, Documentation/admin-guide/cgroup-v2.rst: memory.max, memory.current, memory.stat
    .. [2] Linux, Documentation/admin-guide/cgroup-v1/memory.rst
    """
    machine: int = psutil.virtual_memory().available
    return min([machine, *_left_in_groups(root)]) / _GIGA


def _left_in_groups(root: Path) -> Iterator[int]:
    """Give what every control group above this process has left, in bytes."""
    groups = {}
    for line in _lines(root / "proc/self/cgroup"):
        number, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if "memory" in controllers.split(",") or number == "0":
            groups[_LEGACY if controllers else _UNIFIED] = group
    for line in _lines(root / "proc/self/mountinfo"):
        # The root of a mount within its file system and where it lies; behind a dash its kind.
        before, _, after = line.partition(" - ")
        kind, _, options = after.partition(" ")
        if kind == "cgroup2":
            files = _UNIFIED
        elif kind == "cgroup" and "memory" in options.split(" ")[-1].split(","):
            files = _LEGACY
        else:
            continue
        if files in groups:
            inner, place = before.split(" ")[3:5]
            top = root / place.lstrip("/")
            for folder in _way_up(top, groups[files], inner):
                yield from _left(folder, files)


def _way_up(top: Path, group: str, inner: str) -> Iterator[Path]:
    """Give the folder of a group and those above it, up to that of the mount.

    A container may see its own group as the root of the mount under its name outside; what is
    not there has no files, and says nothing.
    """
    group = group.removeprefix(inner)
    folder = top / group.lstrip("/")
    yield folder
    while folder != top and top in folder.parents:
        folder = folder.parent
        yield folder


def _left(folder: Path, files: _Files) -> Iterator[int]:
    """Give what a group has left, in bytes; nothing where it has no limit."""
    try:
        limit = int((folder / files.limit).read_text())
        used = int((folder / files.used).read_text())
    except (OSError, ValueError):  # `max` is no limit, and the top group has no such files
        return
    stat = dict(line.split(" ", 1) for line in _lines(folder / "memory.stat") if " " in line)
    yield max(limit - used + int(stat.get(files.cached, 0)), 0)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
