"""What Snakemake shows of a run: a line when a job starts, one when it ends, and what went wrong.

Named by `logger: weightscape` in the default profile. Snakemake's own log under `.snakemake/log`
keeps everything.
"""

import re
import sys
import textwrap
import time
from collections import deque
from logging import LogRecord
from pathlib import Path
from typing import Any

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

LINES = 30
"""Of a failed job's log, so many lines from the end are shown."""

# Messages without an event that tell a reader of this study nothing.
NOISE = (
    "Assuming unrestricted shared filesystem usage",
    "Building DAG of jobs",
    "Complete log",
    "Conda environments: ignored",
    "Exiting because a job execution failed",
    "Removing output files of failed job",
    "Select jobs to execute",
    "Shutting down, this might take some time",
    "Using shell:",
    "WorkflowError:\nAt least one job did not complete",
    "host:",
)
EXIT = re.compile(
    r"^CalledProcessError in file .*"
    r"(exit status (?P<status>\d+)|died with <Signals.(?P<signal>\w+))",
    re.DOTALL | re.MULTILINE,
)
LOCKED = (
    "Another run works in this folder, or one was killed here. `weightscape unlock` tells which, "
    "and in the second case makes way; `make run` does that by itself."
)
SILENT = {
    LogEvent.WORKFLOW_STARTED,
    LogEvent.RESOURCES_INFO,
    LogEvent.SHELLCMD,
    LogEvent.JOB_STARTED,
    LogEvent.JOB_FINISHED,
    LogEvent.RULEGRAPH,
}


class LogHandler(LogHandlerBase):
    """Writes the lines to the terminal; a dry run and `--verbose` look as Snakemake has them."""

    def __post_init__(self) -> None:
        self.messages: dict[int, str] = {}
        self.last = ""
        self.foreword = ""

    @property
    def writes_to_stream(self) -> bool:
        """It takes the place of Snakemake's own."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """It writes no file."""
        return False

    @property
    def has_filter(self) -> bool:
        """Snakemake's filter, which obeys `--quiet`, stands before it."""
        return False

    @property
    def has_formatter(self) -> bool:
        """Snakemake's formatter serves where there is no shorter form."""
        return False

    @property
    def needs_rulegraph(self) -> bool:
        """It shows no graph."""
        return False

    def emit(self, record: LogRecord) -> None:
        """Write the lines of `record`, if it has any."""
        text = self.lines(record)
        if text:
            stream = sys.stdout if self.common_settings.stdout else sys.stderr
            stream.write(f"{text}\n")
            stream.flush()

    def lines(self, record: LogRecord) -> str:
        """Return what is shown of `record`."""
        event, about = getattr(record, "event", None), record.__dict__
        if about.get("is_foreword"):
            self.foreword = f"\n{record.getMessage()}"
            return ""
        foreword = ""
        if event == LogEvent.RUN_INFO and any(job.startswith("finetune") for job in about["stats"]):
            foreword = self.foreword
        if self.common_settings.dryrun or self.common_settings.verbose:
            return self.format(record) + foreword
        if event in SILENT or (event == LogEvent.JOB_INFO and not about["output"]):
            return ""
        if event == LogEvent.RUN_INFO:
            jobs = about["stats"]["total"]
            return (f"{jobs} jobs to do" if jobs > 1 else "1 job to do") + foreword
        if event == LogEvent.JOB_INFO:
            message = about["rule_msg"] or about["rule_name"]
            self.messages[about["jobid"]] = message
            return _at(message)
        if event == LogEvent.PROGRESS:
            done, total = about["done"], about["total"]
            return _at(f"  {done} of {total} steps ({100 * done // total}%) done")
        if event == LogEvent.JOB_ERROR:
            failed = _at(f"FAILED {self.messages.get(about['jobid'], about['rule_name'])}")
            # What a cluster says of it.
            why = [textwrap.indent(about["rule_msg"], " " * 10)] if about.get("rule_msg") else []
            shown = about["log"] if self.common_settings.show_failed_logs else []
            return "\n".join([failed, *why, *(_log(Path(file)) for file in shown)])
        text = self.format(record)
        if ended := EXIT.search(text):
            return _ended(ended["status"] or ended["signal"])
        if text.startswith("LockException"):
            return LOCKED
        if text.startswith(NOISE) or text == self.last:
            return ""
        self.last = text
        return text


def _at(text: str) -> str:
    return f"{time.strftime('%H:%M:%S')}  {text}"


def _ended(how: str) -> str:
    """Return what the exit status or the signal that ended a job tells beside its log."""
    if how in ("137", "SIGKILL"):
        return _at("a job was killed, by somebody or for want of memory (SIGKILL)")
    return "" if how in ("1", "130", "SIGINT") else _at(f"a job ended with {how}")


def _log(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as log:
            lines: Any = deque(log, LINES)
    except OSError as error:
        return f"          its log cannot be read: {file}: {error.strerror}"
    return f"          {file} ends with\n" + textwrap.indent("".join(lines).rstrip(), " " * 12)
