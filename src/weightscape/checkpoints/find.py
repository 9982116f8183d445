"""From what a user names to checkpoints: files, sharded ones, folders of either, timm's."""

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError
from weightscape.checkpoints.safetensors_file import open_safetensors
from weightscape.checkpoints.timm_model import PREFIX, open_timm
from weightscape.checkpoints.torch_file import open_torch

_INDEX = (".safetensors.index.json", ".bin.index.json")
_OPEN = {".safetensors": open_safetensors} | dict.fromkeys(
    (".pt", ".pth", ".bin", ".ckpt"), open_torch
)
_KINDS = f"{', '.join(_OPEN)} or {' or '.join(_INDEX)}"
_TRAINER = ("optimizer", "scheduler", "scaler", "rng_state", "training_args")
_WRAPPERS = ("module.", "_orig_mod.")


class Found(NamedTuple):
    """A checkpoint to open, or with a reason a file that is none."""

    name: str
    reason: str = ""


def find_checkpoints(name: str) -> list[Found]:
    """Return the checkpoints that `name` stands for, and in a folder the files that are none.

    A file and ``timm:<name>`` stand for themselves. In a folder and those below it, every index
    of shards is a checkpoint, and so is every file of weights that is no shard of one. Where a
    folder has the same weights as ``model.safetensors`` and ``pytorch_model.bin``, as
    transformers' folders have, the latter is left out. Hidden files and folders are passed over.

    Raises
    ------
    CheckpointError
        If there is nothing of this name, or no checkpoint in the folder.
    """
    folder = Path(name)
    if name.startswith(PREFIX) or not folder.is_dir():
        return [Found(name)]
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    shards = {path.parent / shard for path in files if _is_index(path) for shard in _shards(path)}
    found = [Found(str(path), _why_not(path, files)) for path in files if path not in shards]
    if all(entry.reason for entry in found):
        raise CheckpointError(f"{name}: holds no checkpoint, a file that ends in {_KINDS}")
    return found


def open_checkpoint(name: str) -> Checkpoint:
    """Return the one checkpoint that `name` stands for.

    Prefixes that torch puts before all names (``module.``, ``_orig_mod.``) are taken off.

    Raises
    ------
    CheckpointError
        If it cannot be read, with the reason and a remedy; if a folder holds several.
    """
    candidates = [entry.name for entry in find_checkpoints(name) if not entry.reason]
    if len(candidates) > 1:
        raise CheckpointError(f"{name}: holds {len(candidates)} checkpoints; name one of them")
    name = candidates[0]
    if name.startswith(PREFIX):
        return open_timm(name)
    path = Path(name)
    return _unwrapped(_open_sharded(path) if _is_index(path) else _open_file(path))


def _open_file(path: Path) -> Checkpoint:
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file")
    if path.suffix not in _OPEN:
        raise CheckpointError(f"{path}: is not a checkpoint, which ends in {_KINDS}")
    try:
        return _OPEN[path.suffix](path)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from error


def _open_sharded(index: Path) -> Checkpoint:
    """Return the checkpoint of an index, which maps parameters to shards, files beside it."""
    names = _weight_map(index) if index.is_file() else {}
    if not names:
        raise CheckpointError(f"{index}: has no `weight_map` from parameters to shards")
    owner: dict[str, Checkpoint] = {}
    faults = []
    for shard in sorted(set(names.values())):
        expected = [name for name, file in names.items() if file == shard]
        if Path(shard).name != shard:
            faults.append(f"{shard!r} is no file beside {index}; {len(expected)} are in it")
            continue
        try:
            part = _open_file(index.parent / shard)
        except CheckpointError as error:
            faults.append(f"{error}; {len(expected)} parameters are in it")
            continue
        owner |= {name: part for name in expected if name in part.parameters}
        if lacking := [name for name in expected if name not in part.parameters]:
            faults.append(f"{shard} lacks {len(lacking)} parameters, the first {lacking[0]}")
    return Checkpoint(
        str(index),
        {name: part.parameters[name] for name, part in owner.items()},
        faults=tuple(faults),
    )


def _unwrapped(checkpoint: Checkpoint) -> Checkpoint:
    for wrapper in _WRAPPERS:
        names = checkpoint.parameters
        if names and all(name.startswith(wrapper) for name in names):
            parameters = {name.removeprefix(wrapper): names[name] for name in names}
            return _unwrapped(replace(checkpoint, parameters=parameters))
    return checkpoint


def _is_index(path: Path) -> bool:
    return path.name.endswith(_INDEX)


def _weight_map(index: Path) -> dict[str, str]:
    try:
        names = json.loads(index.read_text("utf-8"))["weight_map"]
    except (ValueError, KeyError, TypeError):
        return {}
    return {str(name): str(file) for name, file in names.items()} if isinstance(names, dict) else {}


def _shards(index: Path) -> set[str]:
    return set(_weight_map(index).values())


def _why_not(path: Path, files: Collection[Path]) -> str:
    """Say why a file in a folder is not looked at; nothing if it is."""
    twins = (path.with_name("model.safetensors"), path.with_name("model.safetensors.index.json"))
    if not _is_index(path) and path.suffix not in _OPEN:
        return f"not a checkpoint, which ends in {_KINDS}"
    if path.name.startswith("pytorch_model.bin") and (same := [t for t in twins if t in files]):
        return f"the same weights as {same[0].name}"
    if path.stem.startswith(_TRAINER):
        return "the state of a training, not weights"
    return ""
