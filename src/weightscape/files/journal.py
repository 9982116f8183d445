"""The rows of a table that is not finished, kept in a file beside it as they come.

A line of JSON is a row, and the first line says which call they are of. Lines are added and never
changed: however a process ends, at most the line that it was writing is lost.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from errno import EISDIR, ENOSPC, ENOTDIR
from io import FileIO
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Key = tuple[Any, ...]
SUFFIX = ".partial.jsonl"
"""Behind the name of the table; longer than what `weightscape.atomic.beside` adds to it, so that
where this file can be made, the table can."""
_KEY = ("checkpoint", "weight_set", "revision", "sha256", "parameter", "layer", "stage", "form")


class JournalError(Exception):
    """The rows beside a table are not of this call; the message says what to do."""


def key_of(row: Mapping[str, Any]) -> Key:
    """Return what tells a row about a layer of `checkpoint_spectra` from the others."""
    return tuple(row[name] for name in _KEY)


class Journal:
    """The rows that are kept of an unfinished table.

    Attributes
    ----------
    path : Path
        Where they are kept.
    found : dict
        The rows of an earlier call by `key_of`; what failed is not among them, to be tried again.
    count : int
        How many rows are kept: those that were found, and those that were added.
    """

    def __init__(self, path: Path, file: FileIO, found: dict[Key, Row]) -> None:
        self.path = path
        self.found = found
        self.count = len(found)
        self._file = file

    def add(self, row: Row) -> None:
        """Keep a row on disk, unless it was found there.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        if key_of(row) in self.found:
            return
        _append(self._file, row)
        self.count += 1

    def remove(self) -> None:
        """Remove the file, as is right when the table is written."""
        self.path.unlink(missing_ok=True)


def journal_path(table: str | Path) -> Path:
    """Return where the rows of a table are kept until it is finished."""
    return Path(f"{table}{SUFFIX}")


@contextmanager
def open_journal(table: str | Path, call: Mapping[str, Any]) -> Iterator[Journal]:
    """Open the rows that are kept of a table, those of an interrupted call of the same kind too.

    A file without rows is removed again at the end.

    Parameters
    ----------
    table : str or Path
        Where the table goes. Its folder is made.
    call : mapping
        What the rows depend on, as JSON can write it.

    Raises
    ------
    JournalError
        If another process writes to it, or the rows in it are of a call that differs.
    OSError
        If no table can be written there.
    """
    table, path = Path(table), journal_path(table)
    if table.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    try:
        table.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR)) from None
    # Without a buffer: what is added is with the system at once, and nothing waits for the end.
    with FileIO(path, "a+") as file:
        _lock(file, path)
        journal = Journal(path, file, _recover(file, path, json.loads(json.dumps(call))))
        try:
            yield journal
        finally:
            if not journal.count:
                journal.remove()


def _lock(file: FileIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise JournalError(
            f"{path}: another process writes to it; wait for its end, or name another table"
        ) from None
    except OSError:  # a file system without locks
        pass


def _recover(file: FileIO, path: Path, call: dict[str, Any]) -> dict[Key, Row]:
    """Return the rows of a journal of this `call`, and leave it ready for more."""
    lines = _read_whole(file)
    if lines and "call" not in lines[0]:
        raise JournalError(f"{path}: holds no rows of a table; move it away")
    before, rows = lines[0]["call"] if lines else {}, lines[1:]
    differing = [part for part in call if before.get(part) != call[part]]
    if differing and rows:
        raise JournalError(
            f"{path}: holds {len(rows)} rows of a call that differs in its "
            f"{' and '.join(differing)}; repeat that call to finish it, remove the file to begin "
            "anew, or name another table"
        )
    if differing:
        file.truncate(0)
        _append(file, {"call": call})
    return {key_of(row): row for row in rows if row["role"] and row["status"] != "failed"}


def _read_whole(file: FileIO) -> list[dict[str, Any]]:
    """Return what the lines hold; one that was being written when a process ended is cut off."""
    file.seek(0)
    *whole, rest = file.readall().split(b"\n")
    try:
        lines = [json.loads(line) for line in whole]
    except ValueError:
        return [{}]
    if rest:
        file.truncate(sum(len(line) + 1 for line in whole))
    return lines


def _append(file: FileIO, content: Mapping[str, Any]) -> None:
    """Add a line of JSON; numbers of numpy as those of Python."""
    line = json.dumps(content, default=lambda value: value.item()).encode() + b"\n"
    if file.write(line) != len(line):  # the last bytes of a disk
        raise OSError(ENOSPC, os.strerror(ENOSPC))
