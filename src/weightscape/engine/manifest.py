"""The manifest of a study: for every file what it says, and what it was made by.

It joins the records that jobs leave beside their logs, and needs nothing else.
"""

import json
from pathlib import Path
from typing import Any

from weightscape.atomic import write_text
from weightscape.engine.record import read_records

NAME = "manifest.json"


def write_manifest(results: str | Path) -> None:
    """Write the manifest of the study in the folder `results`, of all that there is."""
    text = json.dumps({"files": read_records(results)}, indent=1, sort_keys=True)
    write_text(Path(results, NAME), text + "\n")


def read_manifest(results: str | Path) -> dict[str, dict[str, Any]]:
    """Return the entries of a study's manifest by path.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    text = Path(results, NAME).read_text("utf-8")
    files: dict[str, dict[str, Any]] = json.loads(text)["files"]
    return files
