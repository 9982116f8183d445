"""The arguments of the command `weightscape spectra`; nothing that is slow to import."""

import argparse
import math
import os

from weightscape.files.terminal import encodable

STATUS = (
    "The exit status is 0 where every layer could be analysed, 1 where a file or a layer failed (a "
    "row of the table says why) or the table could not be finished, 2 where the command is wrong "
    "or no table can be written there, and 130 after Ctrl-C (143 after SIGTERM, 129 after SIGHUP): "
    "with -o the finished rows are kept then, and the same command goes on."
)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what `weightscape.files.command.run` needs."""
    command.epilog = STATUS
    command.add_argument(
        "paths", nargs="+", metavar="PATH",
        help="a file of weights, the index of a sharded checkpoint, a folder of them, or timm:NAME "
        "or hf:NAME@REVISION, which alone download",
    )  # fmt: skip
    command.add_argument(
        "--base", metavar="PATH",
        help="the checkpoint that they come from, for rows on their change from it",
    )  # fmt: skip
    command.add_argument(
        "-o", "--output", metavar="TABLE.parquet", type=_parquet,
        help="where the table goes; until it is finished, its rows are kept beside it, in "
        "TABLE.parquet.partial.jsonl",
    )  # fmt: skip
    command.add_argument(
        "--form", choices=("pooled", "unfolded", "both"), default="both",
        help="convolutions as one slice per kernel position, their eigenvalues pooled; as one "
        "matrix of outputs by inputs times kernel positions; or a row for each "
        "(default: %(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--cheap", action="store_true",
        help="only what costs next to nothing: no fit of the bulk, interval of alpha or null, and "
        "of a base its difference alone",
    )  # fmt: skip
    command.add_argument(
        "--threads", type=_cores, metavar="N", default=os.cpu_count(), help="default: all cores"
    )
    command.add_argument(
        "--max-memory", type=_gigabytes, metavar="GB",
        help="what the analysis of one layer may take; larger ones get a row with the reason "
        "(default: what is free, of the machine and of the control groups that hold the process)",
    )  # fmt: skip


def _parquet(path: str) -> str:
    if not path.endswith(".parquet"):
        raise argparse.ArgumentTypeError("the table is a Parquet file: end its name in .parquet")
    if path != encodable(path):
        raise argparse.ArgumentTypeError("readers of Parquet open names in UTF-8 alone")
    return path


def _cores(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError("a number of cores is 1 or more")
    return int(text)


def _gigabytes(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not 0 < amount < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no amount of memory: give GB, such as 16")
    return amount
