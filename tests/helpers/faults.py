"""Faults: a checkout with a study, the command that starts it, and what may befall it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.helpers.driving import NANO, ROOT

DISK = 2**30
KINDS = ("driver", "jobs", "full", "group", "term", "interrupt")


def checkout(root, study=NANO):
    """Copy into `root` what a run needs of the repository, with `study` as the default one."""
    for name in ("Snakefile", "Makefile", "CITATION.cff", "workflow", "src", "profiles", "envs"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, root / name)
    shutil.copy2(study, root / "config.yaml")
    (root / ".venv").symlink_to(sys.prefix)


def environment(root):
    """Return the environment in which the package is that of the checkout."""
    return os.environ | {"PYTHONPATH": str(root / "src")}


def make_run(root, said, cores=2, target=""):
    """Start `make run` in a checkout, in a group of its own; it writes to the file `said`.

    With a `target`, a file, that and what it needs are all that is made.
    """
    target = target.relative_to(root) if isinstance(target, Path) else target
    with said.open("w") as file:
        return subprocess.Popen(
            # The environment is there, however old its files are.
            ["make", "--old-file=.venv/ready", "run", f"CORES={cores}", f"TARGET={target}"],
            cwd=root,
            env=environment(root),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def started(root, run, done):
    """Wait for a job of a rule that is not in `done`; return the rule, or None at the end.

    A job writes the first line of its log when its imports are over.
    """
    logs = root / "results/nano/logs"
    seen = {file: file.stat().st_mtime_ns for file in logs.rglob("*.log")}
    while run.poll() is None:
        for file in logs.rglob("*.log"):
            rule = file.relative_to(logs).parts[0].removesuffix(".log")
            if rule not in done and file.stat().st_mtime_ns != seen.get(file):
                return rule
        time.sleep(0.01)
    return None


def taken(disk):
    """Return how many bytes a disk holds, and a little more."""
    status = os.statvfs(disk)
    return (status.f_blocks - status.f_bfree) * status.f_frsize + 2**18


def resize(disk, size):
    """Give a tmpfs another size in bytes."""
    subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)


def jobs_of(root):
    """Return the processes of jobs that work in a checkout, whoever started them."""
    found = []
    for process in psutil.process_iter(["cwd", "cmdline"]):
        command = " ".join(process.info["cmdline"] or [])
        if process.info["cwd"] == str(root) and "/.snakemake/scripts/" in command:
            found.append(process)
    return found


def disturb(kind, run, root):
    """Do to a run what `kind` says, and wait for its end.

    Parameters
    ----------
    kind : str
        SIGKILL of the driver alone, of all its jobs, or of all in its process group; its disk
        full, which must be mounted for it; SIGTERM of the driver; Ctrl-C.
    run : subprocess.Popen
        What `make_run` has started.
    root : Path
        The checkout that it works in.
    """
    driver = next(
        child for child in psutil.Process(run.pid).children(recursive=True)
        if "--cores" in child.cmdline()
    )  # fmt: skip
    if kind == "driver":
        driver.kill()
    if kind == "group":
        os.killpg(run.pid, signal.SIGKILL)
    elif kind == "jobs":
        for job in jobs_of(root):
            job.kill()
    elif kind == "full":
        resize(root, taken(root))
        run.wait(timeout=900)
        resize(root, DISK)
    elif kind == "term":
        driver.terminate()
    elif kind == "interrupt":
        os.killpg(run.pid, signal.SIGINT)
    run.wait(timeout=900)
    psutil.wait_procs([driver], timeout=10)
