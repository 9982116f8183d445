"""The command `weightscape`."""

import argparse
import json
import subprocess
import sys

from weightscape.driver import DriverAliveError, take


def main(arguments: list[str] | None = None) -> int:
    """Run the command with `arguments`, or those of the process, and return its exit status."""
    parser = argparse.ArgumentParser(prog="weightscape", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    for function in (schema, dictionary, unlock):
        command = commands.add_parser(function.__name__, help=function.__doc__)
        command.set_defaults(function=function)
    status: int = parser.parse_args(arguments).function()
    return status


def schema() -> int:
    """Print the JSON schema of a study's config."""
    from weightscape.config.study import Study

    sys.stdout.write(json.dumps(Study.model_json_schema(), indent=2) + "\n")
    return 0


def dictionary() -> int:
    """Print the data dictionary: every table and its columns."""
    from weightscape.dictionary import data_dictionary

    sys.stdout.write(data_dictionary())
    return 0


def unlock() -> int:
    """Remove the lock of a Snakemake that was killed; refuse while one lives."""
    try:
        with take():
            return subprocess.run(
                [sys.executable, "-m", "snakemake", "--unlock", "--quiet", "all"], check=False
            ).returncode
    except DriverAliveError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
