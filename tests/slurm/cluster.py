"""Drivers of a study on SLURM, and faults at well-defined moments of it."""

import os
import re
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.driving import NANO, ROOT, command

SCRIPT = Path(__file__).with_name("slurm.sh")
STATE = Path(os.environ.get("SLURM_TEST_STATE", "/var/lib/weightscape-slurm"))
# Nothing but patience is other than in the profile.
QUICK = [
    "--slurm-init-seconds-before-status-checks", "1",
    "--seconds-between-status-checks", "1",
]  # fmt: skip


def output_of(*arguments):
    """Return what a command of SLURM prints."""
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def until(found, what, seconds=900):
    """Wait until `found()` gives something true and return it."""
    for _ in range(seconds * 5):
        if result := found():
            return result
        time.sleep(0.2)
    raise TimeoutError(f"no sign of {what} in {seconds} s")


@contextmanager
def driver(folder, *arguments, config=NANO):
    """Give a Snakemake that drives the study in `folder` through SLURM; kill what is left of it."""
    with (folder / "driver.log").open("w") as log:
        process = subprocess.Popen(
            [*command(folder, config), "--profile", "slurm", *QUICK, *arguments],
            cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def end_of(process, folder, seconds=1200):
    """Wait for a driver to end; return its exit status and what it printed."""
    status = process.wait(seconds)
    return status, (folder / "driver.log").read_text()


def run(folder, *arguments, config=NANO):
    """Drive the study in `folder` through SLURM to the end; return exit status and output."""
    with driver(folder, *arguments, config=config) as process:
        return end_of(process, folder)


def jobs(folder, states="all"):
    """Return the SLURM jobs of `folder`, by number: what for, state, CPUs, memory."""
    lines = output_of("squeue", "--noheader", f"--states={states}", "--format=%i|%k|%T|%C|%m|%Z")
    rows = (line.split("|") for line in lines.splitlines())
    return {int(row[0]): row[1:-1] for row in rows if row[-1] == str(folder)}


def started(folder, process, comment):
    """Wait until a job whose comment matches the pattern `comment` runs; return its number.

    The job is one of the driver `process`: where that ends before, so does the waiting.
    """

    def running():
        ended = process.poll() is not None
        found = jobs(folder, "running").items()
        found = [job for job, row in found if re.search(comment, row[0])]
        assert found or not ended, (folder / "driver.log").read_text()[-5000:]
        return found

    return until(running, f"a running job {comment}")[0]


def script_of(job, rule):
    """Wait until a job's script works; return its process."""

    def found():
        listed = subprocess.run(
            ["scontrol", "listpids", str(job)], check=False, capture_output=True, text=True
        )
        for line in listed.stdout.splitlines()[1:]:
            try:
                about = Path("/proc", line.split()[0], "cmdline").read_bytes()
            except OSError:
                continue
            if about.rstrip(b"\0").endswith(f".{rule}.py".encode()):
                return int(line.split()[0])
        return None

    return until(found, f"the script of job {job}")


def run_out_of_time(job, rule):
    """Let a job hang, and its time limit be now."""
    os.kill(script_of(job, rule), signal.SIGSTOP)
    output_of("scontrol", "update", f"JobId={job}", "EndTime=now+1")


def restart_controller():
    """Stop slurmctld as its service would, and start it again after a while."""
    controller = int((STATE / "run/slurmctld.pid").read_text())
    os.kill(controller, signal.SIGTERM)
    until(lambda: not Path("/proc", str(controller)).exists(), "the end of slurmctld")
    time.sleep(2)  # in which the driver asks in vain
    output_of(SCRIPT, "start")
