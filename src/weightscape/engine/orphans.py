"""Jobs that outlive the driver that started them."""

import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

SCRIPT = "/.snakemake/scripts/"
"""In the command line of every job on this machine: where Snakemake puts its script."""


def end_orphans(folder: Path) -> int:
    """End the local jobs that work in `folder`, and return how many there were.

    Before a driver has started any, they are those of one that was killed. Their work would be
    done again all the same, and they would write the files that other jobs write.
    """
    jobs = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it has ended, or is somebody else's
            here = Path(process.cwd()) == folder
            if here and any(SCRIPT in part for part in process.cmdline()):
                process.kill()
                jobs.append(process)
    deadline = time.monotonic() + 10
    while any(works(job) for job in jobs) and time.monotonic() < deadline:
        time.sleep(0.01)
    return len(jobs)


def works(process: psutil.Process) -> bool:
    """Return whether a process can still do something; one that only waits to be reaped cannot."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def slurm_orphans(folder: Path) -> list[str]:
    """Return the SLURM jobs of this project that work in `folder`, by their numbers.

    Before a driver has started any, they are those of one that was killed. They write the files
    that the driver would have other jobs write.
    """
    if not shutil.which("squeue"):
        return []
    # The name is the profile's slurm-jobname-prefix and an identifier of the driver.
    listed = subprocess.run(
        ["squeue", "--noheader", f"--user={os.getuid()}", "--format=%i|%j|%Z"],
        capture_output=True,
        text=True,
        check=False,
    )
    rows = (line.split("|", 2) for line in listed.stdout.splitlines())
    return [
        job
        for job, name, directory in rows
        if name.startswith("weightscape_") and Path(directory).resolve() == folder.resolve()
    ]
