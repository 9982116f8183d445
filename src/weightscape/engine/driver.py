"""One driver at a time: the process that starts the jobs of a workflow.

The lock lets one driver work at a time, and a dead process cannot leave it behind.
"""

import fcntl
import os
from pathlib import Path
from typing import IO, Any

from weightscape.engine.orphans import end_orphans, slurm_orphans

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
    """Take the lock for the rest of this process, if it drives the workflow.

    Raises
    ------
    DriverAliveError
        If another driver works here, or jobs of one that was killed still do.
    """
    if not workflow.is_main_process:
        return
    _held.append(take())
    if workflow.local_exec:
        end_orphans(Path.cwd())
    if jobs := slurm_orphans(Path.cwd()):
        raise DriverAliveError(
            f"jobs of a run that was killed still work in this folder: SLURM {', '.join(jobs)}; "
            f"wait for them to end, which keeps their work, or: scancel {' '.join(jobs)}"
        )
