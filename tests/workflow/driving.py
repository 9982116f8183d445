"""Driving the real Snakefile from tests."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NANO = ROOT / "tests" / "nano.yaml"


def snakemake(folder, *arguments, config=NANO):
    """Run Snakemake in `folder` on the study `config`; return the finished process."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"]
    command += ["--directory", folder, "--cores", "2"]
    command += ["--configfile", config] if config else []
    return subprocess.run(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )


def planned(folder, *arguments, config=NANO):
    """Return how many jobs of each rule a dry run plans; empty where nothing is to be done."""
    run = snakemake(folder, "--dry-run", *arguments, config=config)
    assert run.returncode == 0, run.stdout
    if "Nothing to be done" in run.stdout:
        return {}
    table = run.stdout.rsplit("Job stats:", 1)[1].split("\n\n")[0]
    jobs = {name: int(n) for name, n in re.findall(r"^(\w+) +(\d+)$", table, re.M)}
    return {name: n for name, n in jobs.items() if name not in ("total", "all")}
