"""Run measurements and write their tables: ``python -m benchmarks [NAME …] [--quick]``.

A measurement is a module of this folder with a function ``measure(folder, quick, factor)`` that
returns tables. To add one, write the module and put its name into `MEASUREMENTS`.
"""

import argparse
import tempfile
from importlib import import_module
from pathlib import Path

from benchmarks.report import document, insert, terminal
from weightscape.files import write_text

MEASUREMENTS = ("speed", "memory", "simulate", "verdicts", "training", "studies")
HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"


def main() -> None:
    """Run the measurements that the command line names, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, to see that it runs; nothing is kept"
    )
    parser.add_argument(
        "--factor", type=float, default=1.0, help="how many times the usual repeats (default 1)"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(MEASUREMENTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}")
    for name in arguments.names or MEASUREMENTS:
        run(name, arguments.quick, arguments.factor)


def run(name: str, quick: bool, factor: float) -> None:
    """Run one measurement and print its tables; keep them, here and in the docs, unless quick."""
    module = import_module(f"benchmarks.{name}")
    with tempfile.TemporaryDirectory() as scratch:
        tables = module.measure(Path(scratch) if quick else HERE, quick, factor)
    print(terminal(tables))
    if not quick:
        write_text(HERE / f"{name}.md", document(name, module.__doc__, tables))
        for page in DOCS.glob("*.md"):
            text = page.read_text("utf-8")
            if (filled := insert(text, name, tables)) != text:
                write_text(page, filled)


if __name__ == "__main__":
    main()
