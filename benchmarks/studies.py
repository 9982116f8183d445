"""Time of the default study beside `studies/digits.yaml`, one after the other on the same cores.

Each is run whole in a folder of its own. A job's log says how much processor time had gone by when
its own work began (start of the interpreter and imports) and when it had ended.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.report import Table, cores

ROOT = Path(__file__).parents[1]
STUDIES = {"digits": ROOT / "studies" / "digits.yaml", "solar_cells": ROOT / "config.yaml"}
STARTED = re.compile(r"start and imports ([\d.]+) s")
ENDED = re.compile(r"finished after ([\d.]+) s")
_NOTE = """\
Core-seconds are the processor time of all jobs, without Snakemake's own; starts are that of each
job up to the first line of its own work."""


def measure(folder: Path, quick: bool, factor: float) -> list[Table]:
    """Return the tables; `quick` takes trials of the studies."""
    rows: list[dict[str, Any]] = []
    rules = []
    for name, file in STUDIES.items():
        with tempfile.TemporaryDirectory() as scratch:  # what a study makes is not kept
            seconds = _run(Path(scratch), file, quick)
            jobs = [
                job for logs in Path(scratch, "results").glob("*/logs") for job in read_jobs(logs)
            ]
        whole, starts = sum(job[2] for job in jobs), sum(job[1] for job in jobs)
        rows.append(
            {
                "study": name,
                "jobs": len(jobs),
                "minutes": seconds / 60,
                "over digits": seconds / 60 / rows[0]["minutes"] if rows else 1.0,
                "core-seconds": whole,
                "of starts": starts,
                "share, %": 100 * starts / whole,
            }
        )
        rules += [{"study": name, **row} for row in _by_rule(jobs)]
    title = f"Whole studies on {cores()} cores"
    return [Table(title, rows, _NOTE), Table("Where the time goes", rules)]


def _run(folder: Path, study: Path, quick: bool) -> float:
    """Run a study from nothing; return its seconds."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile", "--directory",
               folder, "--configfile", study, "--cores", str(cores())]  # fmt: skip
    start = time.perf_counter()
    subprocess.run([*command, *(["--config", "scale=nano"] if quick else [])], check=True)
    return time.perf_counter() - start


def read_jobs(logs: Path) -> list[tuple[str, float, float]]:
    """Return the rule of every job, its processor time at its start and at its end."""
    found = []
    for log in sorted(logs.rglob("*.log")):
        text = log.read_text("utf-8")
        started, ended = STARTED.search(text), ENDED.search(text)
        assert started and ended, log
        rule = log.relative_to(logs).parts[0].removesuffix(".log")
        found.append((rule, float(started[1]), float(ended[1])))
    return found


def _by_rule(jobs: list[tuple[str, float, float]]) -> list[dict[str, Any]]:
    rules: dict[str, list[tuple[float, float]]] = {}
    for rule, started, ended in jobs:
        rules.setdefault(rule, []).append((started, ended))
    rows = [
        {
            "rule": rule,
            "jobs": len(of_rule),
            "core-seconds": sum(ended for _, ended in of_rule),
            "of starts": sum(started for started, _ in of_rule),
        }
        for rule, of_rule in rules.items()
    ]
    return sorted(rows, key=lambda row: -float(row["core-seconds"]))
