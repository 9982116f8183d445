"""Driving the real Snakefile from tests."""

import re
import resource
import subprocess
import sys
from pathlib import Path

from weightscape.content import content_digest

ROOT = Path(__file__).parents[2]
NANO = ROOT / "tests" / "nano.yaml"
SNAKEFILE = ROOT / "Snakefile"


def command(folder, config=NANO, snakefile=SNAKEFILE):
    """Return the command of Snakemake in `folder` on the study `config`."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile]
    return [*command, "--directory", folder, *(["--configfile", config] if config else [])]


def snakemake(folder, *arguments, config=NANO, snakefile=SNAKEFILE):
    """Run Snakemake in `folder` on the study `config`; return the finished process."""
    return subprocess.run(
        [*command(folder, config, snakefile), "--cores", "2", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1200,
        check=False,
    )


def contents(folder):
    """Return the digest of the content of every table in the results under `folder`."""
    return {
        str(file.relative_to(folder)): content_digest(file)
        for file in sorted(folder.glob("results/**/*.parquet"))
    }


def processor_time(function, *arguments, **options):
    """Return the seconds that a process started by `function` computes, and what it returns."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = function(*arguments, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, result


def slowness():
    """Return how much slower than a usual core one is here and now, 1 at least.

    Limits on processor time are those of a core on which Snakemake itself starts in 1.5 seconds.
    """
    start = [sys.executable, "-m", "snakemake", "--version"]
    return max(1, processor_time(subprocess.check_output, start)[0] / 1.5)


def planned(folder, *arguments, config=NANO, snakefile=SNAKEFILE):
    """Return how many jobs of each rule a dry run plans; empty where nothing is to be done."""
    run = snakemake(folder, "--dry-run", *arguments, config=config, snakefile=snakefile)
    assert run.returncode == 0, run.stdout
    if "Nothing to be done" in run.stdout:
        return {}
    table = run.stdout.rsplit("Job stats:", 1)[1].split("\n\n")[0]
    jobs = {name: int(n) for name, n in re.findall(r"^(\w+) +(\d+)$", table, re.M)}
    return {name: n for name, n in jobs.items() if name not in ("total", "all")}
