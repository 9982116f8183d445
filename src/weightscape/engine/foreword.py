"""The word before a run: how to know beforehand what it can find."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from weightscape.study.study import Study

_say = logging.getLogger("snakemake.logging").info


def announce(workflow: Any, study: Study, files: Sequence[str | Path]) -> None:
    """Say which command tells what the seeds of a study can find.

    The terminal shows it beside the number of jobs, where networks are to be trained.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        It knows whether this process drives the workflow.
    study : Study
        The study. Of a trial, of one seed and of one without conditions there is nothing to say.
    files : sequence of str or Path
        The file that it stands in; nothing is said of one put together from several.
    """
    if not workflow.is_main_process or len(files) != 1:
        return
    if study.scale == "nano" or study.seeds < 2 or not study.conditions:
        return
    finished = Path("results", study.study, "tables", "runs.parquet").is_file()
    noise = "" if finished else " --from results/<a finished study>"
    _say(
        f"weightscape power {os.path.relpath(files[0])}{noise}\n"
        f"    says what {study.seeds} seeds can find",
        extra={"is_foreword": True},
    )
