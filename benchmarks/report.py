"""Tables of results: as text, and within a page of the docs."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

LIBRARIES = ("numpy", "scipy", "torch", "weightwatcher", "powerlaw")


@dataclass(frozen=True)
class Table:
    """What a measurement found.

    Attributes
    ----------
    title : str
        One line.
    rows : sequence of mapping
        The same keys in every row; they become the head of the table. None is an empty cell.
    note : str
        How to read it, a paragraph; may be empty.
    """

    title: str
    rows: Sequence[Mapping[str, Any]]
    note: str = ""


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


def machine() -> str:
    """Return, in one line, on what and with what the measurement was made, and when."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    versions = [f"{library} {metadata.version(library)}" for library in LIBRARIES]
    return ", ".join(
        [
            f"{cores()} cores of {_processor()}",
            f"Python {platform.python_version()}",
            *versions,
            f"{blas['name']} {blas['version']}",
            f"{datetime.now(UTC):%Y-%m-%d}",
        ]
    )


def insert(page: str, name: str, tables: Sequence[Table]) -> str:
    """Return `page` with what stands between the markers of `name` replaced by `tables`.

    The markers are ``<!-- name -->`` and ``<!-- /name -->``, each on a line of its own; a page
    without them is returned as it is.
    """
    body = "".join(f"**{t.title}**\n\n{_body(t)}\n" for t in tables)
    text = f"{body}*Measured on {machine()}.*\n"
    pattern = rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)"
    return re.sub(pattern, lambda _: text, page, flags=re.DOTALL)


def terminal(tables: Sequence[Table]) -> str:
    """Return `tables` for the screen."""
    return "\n".join(f"\n{t.title}\n\n{_body(t)}" for t in tables)


def _body(table: Table) -> str:
    cells = [list(table.rows[0]), *([_text(v) for v in row.values()] for row in table.rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n" + (f"\n{table.note}\n" if table.note else "")


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float):  # three significant digits, and never an exponent
        return f"{value:.0f}" if abs(value) >= 100 else f"{float(f'{value:.3g}'):g}"
    return str(value)


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", file.read_text(), re.M) if file.exists() else None
    return found[1] if found else platform.machine()
