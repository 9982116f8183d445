"""The checkpoints in a folder, and why its other files are none."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from weightscape.checkpoints.checkpoint import CheckpointError
from weightscape.checkpoints.copies import find_copies
from weightscape.checkpoints.downloads import is_unfinished
from weightscape.checkpoints.formats import Form, is_of_training, tell_form
from weightscape.checkpoints.kinds import tell_kind
from weightscape.checkpoints.open_file import NoWeightsError, open_file
from weightscape.checkpoints.open_path import first_part
from weightscape.checkpoints.parallel import is_distributed
from weightscape.checkpoints.shards import is_index, shards_of
from weightscape.checkpoints.weight_sets import TRAINING

_SPREAD = re.compile(r"zero_pp_rank_[1-9]\d*_(mp_rank_\d+_model_states\.pt)")
_NOT = "not a checkpoint"


class Found(NamedTuple):
    """A checkpoint to open, or with a reason a file that is none."""

    name: str
    reason: str = ""


def search_folder(folder: Path) -> list[Found]:
    """Return the checkpoints in a folder and those below it, and the files that are none.

    A file is told by its content, whatever its name; an index and what it leads to, shards that
    are numbered, slices, and a folder of `torch.distributed.checkpoint` are one checkpoint each. Of
    the same weights in several formats or precisions one is a checkpoint: those that the hub's
    libraries write are told by their names, others of one stem by their entries. Links are
    followed, to no folder twice. Hidden files and folders are passed over, and in a cache of the
    hub the blobs, which its snapshots lead to.
    """
    walked = dict(_walk(folder, {}))
    claimed = {
        index.parent / shard for index in walked if is_index(index) for shard in shards_of(index)
    }
    known: dict[tuple[int, int], Path] = {}
    reasons: dict[Path, str] = {}
    for path, reason in walked.items():
        if path in claimed or first_part(path) != path:
            continue
        first = known.setdefault(_identify(path), path) if path.is_file() else path
        same = f"the same file as {first}, by a link" if first != path else ""
        reasons[path] = reason or same or _refuse(path)
    reasons |= find_copies([path for path, reason in reasons.items() if not reason])
    return [Found(str(path), reason) for path, reason in reasons.items()]


def _walk(folder: Path, seen: dict[str, Path]) -> Iterator[tuple[Path, str]]:
    """Give the files in a folder and those below, and folders with what is to be said of them."""
    seen[os.path.realpath(folder)] = folder
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    is_cache = {"blobs", "snapshots"} <= {entry.name for entry in entries}
    for entry in entries:
        if is_cache and entry.name == "blobs":
            yield from ((blob, "") for blob in sorted(entry.iterdir()) if is_unfinished(blob))
        elif is_cache and entry.name == "refs":
            continue
        elif not entry.is_dir():
            yield entry, ""
        elif first := seen.get(os.path.realpath(entry)):
            yield entry, f"a link to the folder {first}, which is looked at"
        elif is_distributed(entry):
            joined = entry.with_name(f"{entry.name}.pt")
            done = f"the same weights as {joined.name}" if joined.is_file() else ""
            yield entry, TRAINING if is_of_training(entry) else done
        elif not os.access(entry, os.R_OK | os.X_OK):
            yield entry, ""  # opening it says why
        else:
            yield from _walk(entry, seen)


def _identify(path: Path) -> tuple[int, int]:
    """Return what is the same for two names of one file."""
    about = path.stat()
    return about.st_dev, about.st_ino


def _refuse(path: Path) -> str:
    """Say why a path in a folder is no checkpoint; nothing where it is one or should be."""
    unfinished = is_unfinished(path)
    form = tell_form(path.with_suffix("") if unfinished else path)
    named = is_index(path) or (form is not None and form.meant)
    if path.is_dir() or (unfinished and path.parent.name == "blobs"):
        return ""
    if is_of_training(path) and "custom" not in path.name:
        return TRAINING
    if not path.exists():
        return "" if named else f"{_NOT}, but a link to nothing"
    if not path.is_file():
        return f"{_NOT}, nor a file"
    if path.suffix in (".lock", ".aria2"):
        return f"{_NOT}, but the record of a download"
    if whole := _SPREAD.fullmatch(path.name):
        return f"of the same network as zero_pp_rank_0_{whole[1]}"
    return "" if named and (is_index(path) or unfinished) else _refuse_content(path, form)


def _refuse_content(path: Path, form: Form | None) -> str:
    """Say why a file is no checkpoint by what is in it; `form` is what its name says."""
    try:
        kind = tell_kind(path)
        if kind in ("zip", "pickle"):
            open_file(path)
    except NoWeightsError:
        return TRAINING
    except (CheckpointError, OSError) as error:
        if is_of_training(path):
            return TRAINING
        if form is None:
            return _NOT
        return "" if form.meant else f"{_NOT}: {str(error).removeprefix(f'{path}: ')}"
    # Files of ONNX begin with nothing that is theirs alone.
    return _NOT if kind == "onnx" and form is None else ""
