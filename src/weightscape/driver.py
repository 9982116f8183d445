"""What the process that drives a workflow does beside its jobs: a lock, and the last word.

The lock lets one driver work at a time, and a dead process cannot leave it behind.
"""

import fcntl
import os
import sys
from pathlib import Path
from typing import IO, Any

LOCK = Path(".snakemake", "weightscape.lock")

_held: list[IO[str]] = []


class DriverAliveError(RuntimeError):
    """Another driver works in this folder."""


def take(path: Path = LOCK) -> IO[str]:
    """Return the lock file, locked for as long as it stays open.

    The system drops the lock with the process, however that ends; a Snakemake lock stays.

    Raises
    ------
    DriverAliveError
        If a living process holds the lock; the message names it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise DriverAliveError(
            f"another run works in this folder (process {holder}); "
            "wait for it to end, or stop it with Ctrl-C"
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def hold(workflow: Any) -> None:
    """Take the lock for the rest of this process, if it drives the workflow."""
    if workflow.is_main_process:
        _held.append(take())


def print_summary(results: str | Path) -> None:
    """Print the summary of the study in the folder `results`."""
    summary = Path(results, "summary.txt")
    if summary.is_file():
        sys.stdout.write("\n" + summary.read_text("utf-8"))
