"""The checkpoint that a path stands for: a file, an index, one of several shards or slices."""

from pathlib import Path

from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError
from weightscape.checkpoints.open_file import open_file
from weightscape.checkpoints.parallel import (
    find_slices,
    is_distributed,
    open_slices,
    refuse_distributed,
)
from weightscape.checkpoints.shards import (
    find_indexes,
    find_numbered,
    is_index,
    open_numbered,
    open_sharded,
)


def whole_of(path: Path) -> Path:
    """Return the path that stands for the checkpoint which a file is a part of; itself for a whole.

    Of shards that is their index, without one the first of them; of slices the first.
    """
    if not path.is_file() or is_index(path):
        return path
    return next(iter(find_indexes(path)), first_part(path))


def first_part(path: Path) -> Path:
    """Return the first of the numbered shards or slices that a file is one of; itself for none."""
    return next(iter(find_slices(path) or find_numbered(path)), path)


def open_path(path: Path) -> list[Checkpoint]:
    """Return the sets of weights at a path, the one that people mean by it first.

    Raises
    ------
    CheckpointError
        If it cannot be read, with the reason and the remedy.
    """
    if path.is_dir():
        if is_distributed(path):
            raise refuse_distributed(path)
        raise CheckpointError(f"{path}: is a folder that cannot be read")
    if not path.is_file():
        return open_file(path)
    if is_index(path):
        return [open_sharded(path)]
    if slices := find_slices(path):
        return [open_slices(slices, [open_file(file)[0] for file in slices])]
    if find_numbered(path):
        return [open_numbered(path)]
    return open_file(path)
