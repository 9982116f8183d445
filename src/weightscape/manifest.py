"""The manifest of a study: for every file what it says, and what it was made by.

Every job leaves a record beside its log; the manifest joins the records of the jobs that the study
plans. It needs no file but those.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from weightscape.content import content_digest
from weightscape.files import write_text

NAME = "manifest.json"


def record_of(log: str | Path) -> Path:
    """Return where the record of the job with this log lies."""
    return Path(log).with_suffix(".json")


def write_record(log: str | Path, outputs: Iterable[str], provenance: Mapping[str, Any]) -> None:
    """Write what a finished job has made, and by what.

    Parameters
    ----------
    log : str or Path
        The job's log.
    outputs : iterable of str
        Its files.
    provenance : mapping
        Rule, wildcards, params (config slice and digest of the code) and versions.
    """
    files = {str(path): content_digest(path) for path in outputs}
    write_text(record_of(log), json.dumps({**provenance, "files": files}, sort_keys=True))


def write_manifest(results: str | Path, logs: Iterable[str | Path], *, whole: bool = True) -> None:
    """Join the records of jobs into the manifest of the study in the folder `results`.

    Parameters
    ----------
    results : str or Path
        The study's folder.
    logs : iterable of paths
        The logs of its jobs; those that have not finished yet have no record and are left out.
    whole : bool, optional
        Whether these are all jobs of the study; if not, what the manifest says of others stays.
    """
    entries = {} if whole or not Path(results, NAME).is_file() else read_manifest(results)
    for log in logs:
        record = record_of(log)
        if not record.is_file():
            continue
        about = json.loads(record.read_text("utf-8"))
        for path, content in about.pop("files").items():
            if Path(path).exists():
                entries[path] = {"content": content, **about}
    text = json.dumps({"files": dict(sorted(entries.items()))}, indent=1, sort_keys=True)
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
