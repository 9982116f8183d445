"""Checkpoints in several files, each with some of the parameters: shards, with an index or not."""

import json
import re
from pathlib import Path

from weightscape.checkpoints.beside import read_config
from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError, Tensor
from weightscape.checkpoints.downloads import tell_fetch
from weightscape.checkpoints.open_file import open_file

_INDEX = re.compile(r".+\.index(\.[\w-]+)?\.json", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<head>.+)-\d{5}-of-(?P<count>\d{5})(?P<tail>\D.*)")


def is_index(path: Path) -> bool:
    """Return whether a file is by its name an index, as ``model.safetensors.index.fp16.json``."""
    return bool(_INDEX.fullmatch(path.name))


def shards_of(index: Path) -> set[str]:
    """Return the names of the shards of an index; none where it is not one."""
    return set(_read_weight_map(index).values())


def find_indexes(path: Path) -> list[Path]:
    """Return the indexes beside a file that have it among their shards."""
    return sorted(
        other
        for other in path.parent.iterdir()
        if is_index(other) and path.name in shards_of(other)
    )


def find_numbered(path: Path) -> list[Path]:
    """Return the files, of those there, that are numbered as ``…-00001-of-00003…`` with `path`.

    There are none where `path` is not numbered, or the only one.
    """
    return [file for file in _numbered(path) if file.exists()]


def open_sharded(index: Path) -> Checkpoint:
    """Return the checkpoint of an index, which maps parameters to shards, files beside it.

    Faults of the checkpoint are shards that are missing or cannot be read, and what they lack.

    Raises
    ------
    CheckpointError
        If it is no index.
    """
    names = _read_weight_map(index)
    if not names:
        raise CheckpointError(f"{index}: has no `weight_map` from parameters to shards")
    expected: dict[str, list[str]] = {}
    for name, shard in sorted(names.items(), key=lambda item: item[1]):
        expected.setdefault(shard, []).append(name)
    found: dict[str, Tensor] = {}
    faults = []
    for shard, inside in expected.items():
        if not shard or Path(shard).name != shard:
            faults.append(f"{shard!r} is no file beside {index}; {len(inside)} are in it")
            continue
        try:
            part = _open_shard(index.with_name(shard))
        except CheckpointError as error:
            faults.append(f"{error}; {len(inside)} parameters are in it")
            continue
        found |= {name: part[name] for name in inside if name in part}
        if lacking := [name for name in inside if name not in part]:
            faults.append(f"{shard} lacks {len(lacking)} parameters, the first {lacking[0]}")
    return Checkpoint(str(index), found, faults=tuple(faults), config=read_config(index))


def open_numbered(path: Path) -> Checkpoint:
    """Return the checkpoint whose shards are numbered, of which `path` is one, without an index.

    Faults of the checkpoint are numbers of which there is no file, files that cannot be read, and
    parameters that several of them have.
    """
    files = _numbered(path)
    found: dict[str, Tensor] = {}
    faults = []
    for file in files:
        try:
            part = _open_shard(file)
        except CheckpointError as error:
            faults.append(str(error))
            continue
        if again := [name for name in part if name in found]:
            faults.append(
                f"{file}: has {len(again)} parameters of an earlier shard, the first {again[0]}, "
                "and those are taken; where it is another network, give it another name"
            )
        found = part | found
    index = re.sub(r"-\d{5}-of-\d{5}", "", path.name) + ".index.json"
    return Checkpoint(
        str(path),
        found,
        faults=tuple(faults),
        skipped={index: f"is not there; the {len(files)} shards are joined by their numbers"},
        config=read_config(path),
    )


def _numbered(path: Path) -> list[Path]:
    """Return all files that are to be there where one is numbered, from 1 or, as it may be, 0."""
    match = _NUMBERED.fullmatch(path.name)
    if not match or int(match["count"]) < 2:
        return []
    start, end = f"{match['head']}-", f"-of-{match['count']}{match['tail']}"
    files = [
        path.with_name(f"{start}{number:05}{end}") for number in range(int(match["count"]) + 1)
    ]
    return files[:-1] if files[0].exists() else files[1:]


def _open_shard(path: Path) -> dict[str, Tensor]:
    if not path.exists() and not path.is_symlink():
        raise CheckpointError(f"{path}: is missing; {tell_fetch(path)}")
    return dict(open_file(path)[0].parameters)


def _read_weight_map(index: Path) -> dict[str, str]:
    try:
        names = json.loads(index.read_bytes())["weight_map"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return {str(name): str(file) for name, file in names.items()} if isinstance(names, dict) else {}
