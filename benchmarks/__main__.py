"""Run benchmarks and write their tables: ``python -m benchmarks [NAME …] [--quick]``.

A benchmark is a module of this folder with a function ``measure(folder, quick, factor)`` that
returns tables. To add one, write the module and put its name into `BENCHMARKS`.
"""

import argparse
import tempfile
from importlib import import_module
from pathlib import Path

from benchmarks.report import insert, terminal
from weightscape.atomic import write_text

BENCHMARKS = (
    "speed",
    "memory",
    "limits",
    "simulate",
    "intervals",
    "aspects",
    "forms",
    "verdicts",
    "training",
    "studies",
)
DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    """Run the benchmarks that the command line names, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, to see that it runs; nothing is kept"
    )
    parser.add_argument(
        "--factor", type=float, default=1.0, help="how many times the usual repeats (default 1)"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(BENCHMARKS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    for name in arguments.names or BENCHMARKS:
        run(name, arguments.quick, arguments.factor)


def run(name: str, quick: bool, factor: float) -> None:
    """Run one benchmark and print its tables; keep them in the docs, unless quick."""
    module = import_module(f"benchmarks.{name}")
    with tempfile.TemporaryDirectory() as scratch:
        tables = module.measure(Path(scratch), quick, factor)
    print(terminal(tables))
    for page in () if quick else DOCS.glob("*.md"):
        text = page.read_text("utf-8")
        if (filled := insert(text, name, tables)) != text:
            write_text(page, filled)


if __name__ == "__main__":
    main()
