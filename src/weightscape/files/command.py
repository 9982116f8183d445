"""What the command `weightscape spectra` does."""

import argparse
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

from weightscape.checkpoints.checkpoint import CheckpointError
from weightscape.checkpoints.find import open_checkpoint
from weightscape.config.spectra import CHEAP, DEFAULTS
from weightscape.files.analyse import Part, analyse_parts
from weightscape.files.journal import Journal, JournalError, Row, journal_path, open_journal
from weightscape.files.options import Options
from weightscape.files.progress import show, show_whole
from weightscape.files.sources import find_sources
from weightscape.files.stream import describe
from weightscape.files.summary import summarise_all, summary
from weightscape.files.terminal import printable, say, why_lost
from weightscape.parameters.resolve import resolve
from weightscape.spectra.checkpoint_table import SCHEMA
from weightscape.tables import table

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(options: argparse.Namespace, code: str) -> int:
    """Analyse checkpoints, and return the exit status.

    Parameters
    ----------
    options : argparse.Namespace
        As `weightscape.files.arguments.add_arguments` gives them.
    code : str
        A digest of the code that makes the rows, for a call that has an output: an interrupted one
        goes on with the same alone.

    Returns
    -------
    int
        What `weightscape.files.arguments.STATUS` says. On a signal to stop, the process ends here.
    """
    try:
        with _stoppable():
            return _run(options, code)
    except KeyboardInterrupt as stop:
        # Without the end of the interpreter, which waits for what other threads are computing.
        os._exit(128 + (stop.args[0] if stop.args else signal.SIGINT))


def _run(options: argparse.Namespace, code: str) -> int:
    """Read what there is, analyse it, and write the table if one is asked for."""
    try:
        base = None if options.base is None else resolve(open_checkpoint(options.base))
    except Exception as error:
        named = "" if isinstance(error, CheckpointError) else f"{options.base}: "
        say(printable(f"--base {named}{describe(error)}"), error=True)
        return 1
    computed = CHEAP if options.cheap else DEFAULTS
    computed = computed.model_copy(update={"form": options.form})
    how = Options(computed, options.threads, options.max_memory)
    output = options.output
    sources = find_sources(options.paths, [output, journal_path(output)] if output else [])
    with ExitStack() as stack:
        journal = None
        if output:
            call = {
                "files": sources,
                "base": find_sources([options.base]) if base else [],
                "options": computed.model_dump(),
                "version": code,
            }
            try:
                journal = stack.enter_context(open_journal(output, call))
            except (JournalError, OSError) as error:
                say(_about_output(output, error), error=True)
                return 2
            if journal.found:
                say(f"going on: {len(journal.found)} rows of an earlier call are kept")
        try:
            with show_whole(sum(source.size for source in sources), len(sources)) as whole:
                parts = analyse_parts(sources, base, how, journal.found if journal else None)
                rows = [row for part in parts for row in _take(part, journal, whole)]
            say(summarise_all(rows))
            reason = why_lost()
            if journal:
                _write(options, rows)
                journal.remove()
            elif reason:
                say(f"the rows cannot be printed: {reason}; -o keeps them", error=True)
                return 1
        except KeyboardInterrupt:
            say(f"stopped; {_about_kept(journal)}", error=True)
            raise
        except OSError as error:
            if journal is None:
                raise
            say(f"{_about_output(output, error)}; {_about_kept(journal)}", error=True)
            return 1
    return int(any(row["status"] == "failed" for row in rows))


def _take(part: Part, journal: Journal | None, whole: Any) -> list[Row]:
    """Return the rows of a part, each kept as it comes, and print their summary.

    What is finished is printed, however the rows end.
    """
    rows: list[Row] = []
    start = time.perf_counter()
    try:
        for row in show(part.name, part.work, part.rows, whole, part.size):
            if journal:
                journal.add(row)
            rows.append(row)
    finally:
        if rows:
            with whole.external_write_mode():  # the bar gives way
                say(summary(rows, time.perf_counter() - start))
    return rows


def _write(options: argparse.Namespace, rows: list[Row]) -> None:
    given = {name: value for name, value in vars(options).items() if name != "function"}
    provenance = {"command": "spectra", "options": given}
    table.write(options.output, table.from_rows(rows, SCHEMA), SCHEMA, provenance)
    say(printable(f"table: {options.output}"))


def _about_output(output: str, error: Exception) -> str:
    if isinstance(error, OSError):
        return printable(f"{output}: cannot be written: {error.strerror or error}")
    return printable(str(error))


def _about_kept(journal: Journal | None) -> str:
    if journal is None:
        return "what is finished is printed above; with -o the same command can go on"
    if not journal.count:
        return "no layer is finished"
    kept = f"{journal.count} rows are kept in {journal.path}"
    return printable(f"{kept}, and the same command goes on")


@contextmanager
def _stoppable() -> Iterator[None]:
    """Raise `KeyboardInterrupt` with the number of a signal to stop; a second one ends at once."""
    before: dict[int, Any] = {}

    def stop(number: int, _: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        raise KeyboardInterrupt(number)

    if threading.current_thread() is threading.main_thread():
        for number in map(int, _STOPS):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
