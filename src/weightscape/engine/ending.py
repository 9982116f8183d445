"""The last word of a run: what was found, or what failed and how to go on."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from weightscape.engine.manifest import write_manifest

# Snakemake's own, so that the last word comes after what Snakemake has said before.
_say = logging.getLogger("snakemake.logging").info


class Step(NamedTuple):
    """A job of a study as the last word tells of it."""

    rule: str
    message: str
    log: str
    files: tuple[str, ...]


def finish(workflow: Any, results: str | Path) -> None:
    """Show the summary of the study in the folder `results`.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        It knows the jobs of the study, those that had nothing to do with them.
    results : str or Path
        The study's folder.
    """
    if workflow.is_main_process:
        summary = Path(results, "summary.txt")
        if _is_whole(workflow) and summary.is_file():
            _say("\n" + summary.read_text("utf-8"))


def fail(workflow: Any, results: str | Path) -> None:
    """Write the manifest of what there is, and show what failed, what is missing and what to do.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        It knows the jobs that failed and those that were not started.
    results : str or Path
        The study's folder.
    """
    if not workflow.is_main_process:
        return
    dag = workflow.dag
    failed = {job for each in workflow.scheduler.failed for job in getattr(each, "jobs", [each])}
    left = [job for job in dag.needrun_jobs() if job not in failed and not dag.finished(job)]
    _say("\n" + account(Path(results).name, _steps(dag.jobs), _steps(failed), _steps(left)))
    try:
        write_manifest(results)
    except OSError as error:  # the disk may be full, and all else has been said
        _say(f"The manifest could not be written: {error}")


def account(name: str, steps: Sequence[Step], failed: Sequence[Step], left: Sequence[Step]) -> str:
    """Return the last word on a study that is not complete.

    Parameters
    ----------
    name : str
        The study.
    steps, failed, left : sequences of Step
        All its jobs, those that failed, and those that have not been done beside them.
    """
    undone = {*failed, *left}
    files, missing = ([f for step in part for f in step.files] for part in (steps, undone))
    lines = [
        f"{name} is not complete: {len(steps) - len(undone)} of {len(steps)} jobs are done, "
        f"{len(files) - len(missing)} of {len(files)} files are there."
    ]
    if failed:
        lines += ["", "Failed:"]
    for step in sorted(failed):
        lines += [f"  {step.message}", f"    {_reason(Path(step.log))}", f"    see {step.log}"]
    if left:
        counts = Counter(step.rule for step in left)
        todo = ", ".join(f"{count} {rule}" for rule, count in sorted(counts.items()))
        lines += ["", f"Not done yet, because they follow or the run has ended: {todo}."]
    lines += ["", "What is done stays. To go on, start again in the same way."]
    return "\n".join(lines) + "\n"


def _steps(jobs: Iterable[Any]) -> list[Step]:
    return [
        Step(
            job.rule.name,
            job.message or job.rule.name,
            str(job.log[0]),
            tuple(str(file) for file in job.output if "temp" not in file.flags),
        )
        for job in jobs
        if job.log  # all but the targets
    ]


def _reason(log: Path) -> str:
    """Return the last line of a log, if the job could still write why it ended."""
    try:
        lines = log.read_text("utf-8", errors="replace").splitlines()
    except OSError as error:
        return f"it has no log: {error.strerror}"
    if not any(" ERROR " in line for line in lines):
        return "ended from outside, as by a kill or for want of memory: its log gives no error"
    return lines[-1]


def _is_whole(workflow: Any) -> bool:
    """Return whether this run is of the study, and not of some files that were asked for."""
    return any(job.rule.name == "all" for job in workflow.dag.jobs)
