"""From what a user names to checkpoints: files, folders, networks of timm and of the hub."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from weightscape.checkpoints import hub, timm_model
from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError
from weightscape.checkpoints.folders import Found, search_folder
from weightscape.checkpoints.open_path import open_path, whole_of
from weightscape.checkpoints.parallel import is_distributed

_SHOWN = 5  # names in a message


def find_checkpoints(name: str) -> list[Found]:
    """Return the checkpoints that `name` stands for, and in a folder the files that are none.

    A file and ``timm:<name>`` stand for themselves; a file that is one of several shards or slices
    stands for their whole. What a folder holds `search_folder` says, what ``hf:<name>`` stands
    for, `find_on_hub`.

    Raises
    ------
    CheckpointError
        If there is no checkpoint in the folder or repository, or it cannot be read.
    """
    if not name:
        raise CheckpointError("an empty name stands for nothing; `.` is this folder")
    if name.startswith(timm_model.PREFIX):
        return [Found(name)]
    if name.startswith(hub.PREFIX):
        return hub.find_on_hub(name)
    path = Path(name)
    with _telling_faults(name):
        if not path.is_dir() or is_distributed(path):
            whole = whole_of(path)
            return [Found(name if whole == path else str(whole))]
        found = search_folder(path)
    if all(entry.reason for entry in found):
        raise CheckpointError(f"{name}: holds no checkpoint{_list_reasons(found)}")
    return found


def open_checkpoints(name: str) -> list[Checkpoint]:
    """Return the sets of weights of the one checkpoint that `name` stands for.

    The first is the one that people mean by it: the weights that were trained before averages of
    them, a generator before a discriminator.

    Raises
    ------
    CheckpointError
        If it cannot be read, with the reason and a remedy; if a folder holds several.
    """
    candidates = [entry.name for entry in find_checkpoints(name) if not entry.reason]
    if len(candidates) > 1:
        shown = ", ".join(candidates[:_SHOWN]) + (", …" if len(candidates) > _SHOWN else "")
        raise CheckpointError(
            f"{name}: holds {len(candidates)} checkpoints; name one of them: {shown}"
        )
    (name,) = candidates
    if name.startswith(timm_model.PREFIX):
        return [timm_model.open_timm(name)]
    if name.startswith(hub.PREFIX):
        return hub.open_on_hub(name)
    path = Path(name)
    with _telling_faults(name):
        return hub.note_revision(open_path(path), path)


def open_checkpoint(name: str) -> Checkpoint:
    """Return the weights that people mean by `name`: the first of `open_checkpoints`.

    Raises
    ------
    CheckpointError
        As of `open_checkpoints`.
    """
    return open_checkpoints(name)[0]


@contextmanager
def _telling_faults(name: str) -> Iterator[None]:
    """Raise what the system says of a file or folder as a `CheckpointError`."""
    try:
        yield
    except OSError as error:
        raise CheckpointError(f"{name}: cannot be read: {error.strerror or error}") from error


def _list_reasons(found: list[Found]) -> str:
    shown = [f"{Path(entry.name).name} is {entry.reason}" for entry in found[:_SHOWN]]
    return f" ({'; '.join(shown)}{'; …' if len(found) > _SHOWN else ''})" if shown else ""
