"""The command `weightscape`."""

import argparse
import json
import math
import os
import shutil
import sys
from difflib import get_close_matches
from pathlib import Path

from weightscape.engine.driver import LOCK, DriverAliveError, take
from weightscape.engine.planned import add_options, find_results, plan_files, plan_job, read_options
from weightscape.files.arguments import add_arguments


def main(arguments: list[str] | None = None) -> int:
    """Run the command with `arguments`, or those of the process, and return its exit status."""
    parser = argparse.ArgumentParser(prog="weightscape", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for function in (schema, dictionary, catalogue, unlock):
        command = commands.add_parser(function.__name__, help=function.__doc__)
        command.set_defaults(function=lambda _, function=function: function())
    command = commands.add_parser("verify", help=verify.__doc__, description=verify.__doc__)
    command.set_defaults(function=verify)
    add_options(command)
    command = commands.add_parser("job", help=job.__doc__, description=job.__doc__)
    command.set_defaults(function=job)
    command.add_argument("file", metavar="FILE", help="a file of the study, as in its folder")
    add_options(command)
    command.add_argument("--pdb", action="store_true", help="open the debugger where it fails")
    _add_power(commands.add_parser("power", help=power.__doc__, description=power.__doc__))
    command = commands.add_parser("spectra", help=spectra.__doc__, description=spectra.__doc__)
    command.set_defaults(function=spectra)
    add_arguments(command)
    options = parser.parse_args(arguments)
    status: int = options.function(options)
    return status


def schema() -> int:
    """Print the JSON schema of a study's config."""
    from weightscape.study.schema import study_schema

    sys.stdout.write(json.dumps(study_schema(), indent=2) + "\n")
    return 0


def dictionary() -> int:
    """Print the data dictionary: every table and its columns."""
    from weightscape.study.dictionary import data_dictionary

    sys.stdout.write(data_dictionary())
    return 0


def catalogue() -> int:
    """Print the catalogue: every plug-in and key of a study, with its default."""
    from weightscape.study.catalogue import catalogue

    sys.stdout.write(catalogue())
    return 0


def unlock() -> int:
    """Remove the lock of a Snakemake that was killed; refuse while one lives."""
    try:
        with take():
            # As `snakemake --unlock` does, which reads the whole study first.
            shutil.rmtree(LOCK.parent / "locks", ignore_errors=True)
            return 0
    except DriverAliveError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def verify(options: argparse.Namespace) -> int:
    """Compare every file of a study with its record and its plan; say what to make again."""
    from weightscape.engine.manifest import NAME
    from weightscape.engine.record import read_records, read_shared_records
    from weightscape.engine.verify import find_problems, report

    asked = read_options(options)
    planned = plan_files(asked)
    if planned is None:
        return 1
    results = find_results(planned)
    # An account of the others; after a failure it is written outside its job.
    del planned[str(results / NAME)]
    known = read_records(results)
    if not known:
        sys.stderr.write(f"nothing has finished in {results} yet\n")
        return 1
    found = list(find_problems(planned, read_shared_records(results) | known))
    sys.stdout.write(report(found, len(planned), asked.options))
    return int(bool(found))


def job(options: argparse.Namespace) -> int:
    """Run the one job that makes FILE, in this process: a breakpoint stops in it."""
    from weightscape.engine.by_hand import describe, run_job

    plan = plan_job(read_options(options), os.path.relpath(options.file))
    if plan is None:
        return 1
    sys.stdout.write(describe(plan))
    sys.stdout.flush()
    try:
        return run_job(plan, debug=options.pdb)
    except (DriverAliveError, FileNotFoundError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def spectra(options: argparse.Namespace) -> int:
    """Analyse the weights of checkpoints, whoever has made them."""
    try:
        from weightscape.engine.digest import code_digest
        from weightscape.files import analyse
        from weightscape.files.command import run

        code = code_digest(analyse.__file__) if options.output else ""
    except KeyboardInterrupt:  # nothing has begun that there is anything to say of
        return 130
    return run(options, code)


def power(options: argparse.Namespace) -> int:
    """Say how small an effect the seeds of a study can find, claim by claim, before it is made."""
    from weightscape.study.load import ConfigError, read_study

    if not Path(options.study).is_file():
        near = _suggest(Path(options.study))
        sys.stderr.write(f"{options.study}: there is no such study{near}\n")
        return 1
    try:
        study = read_study(options.study)
        own = Path("results", study.study)
        finished = options.finished
        if finished is None and not options.noise and (own / "tables" / "runs.parquet").is_file():
            finished = str(own)
        if finished is not None:
            sys.stderr.write(f"reading the tables in {finished}\n")
        from weightscape.study.foresee import describe_power

        text = describe_power(study, finished, dict(options.noise), dict(options.effect))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(text)
    return 0


def _suggest(missing: Path) -> str:
    """Return the study nearest in name to a file that is not there; empty without one."""
    names = [str(file) for file in missing.parent.glob("*.yaml")]
    near = get_close_matches(str(missing), names, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _add_power(command: argparse.ArgumentParser) -> None:
    command.set_defaults(function=power)
    command.add_argument("study", metavar="STUDY", help="the file of a study")
    command.add_argument(
        "--from", dest="finished", metavar="FOLDER",
        help="the folder of a finished study like it, as results/digits: its twin shows the noise,"
        " and margins are shares of its effects (default: the study's own, where it is finished)",
    )  # fmt: skip
    command.add_argument(
        "--noise", action="append", default=[], metavar="METRIC=SD", type=_amount,
        help="instead, as often as there are metrics: the standard deviation of the difference of"
        " two runs of one seed",
    )  # fmt: skip
    command.add_argument(
        "--effect", action="append", default=[], metavar="METRIC=SIZE", type=_amount,
        help="the size of an effect to be found, for the seeds that it takes",
    )  # fmt: skip


def _amount(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        amount = float(value)
    except ValueError:
        amount = math.nan
    if not (name and equals and 0 < amount < math.inf):
        raise argparse.ArgumentTypeError(
            f"{text!r}: give a metric and a number above 0, as log_norm=1e-4"
        )
    return name, amount


if __name__ == "__main__":
    sys.exit(main())
