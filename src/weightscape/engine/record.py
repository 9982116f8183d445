"""The record that a job leaves beside its log: what it has made, and by what."""

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from weightscape.atomic import write_text
from weightscape.content import content_digest

SHARED = "*/logs/fetch_source/*.json"
"""Below the folder of all studies: the records of downloads, which studies share."""


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
        Rule, wildcards, params (config slice, digest of the code and its plug-ins) and versions.
    """
    files = {str(path): content_digest(path) for path in outputs}
    record = {**provenance, "files": files, "finished": time.time()}
    write_text(record_of(log), json.dumps(record, sort_keys=True))


def read_records(results: str | Path) -> dict[str, dict[str, Any]]:
    """Return what is known of the files of a study, by path in order: all that jobs have recorded.

    Of a file that several jobs have made the last one counts. One that is gone is left out.

    Parameters
    ----------
    results : str or Path
        The study's folder.
    """
    return _join(Path(results, "logs").rglob("*.json"))


def read_shared_records(results: str | Path) -> dict[str, dict[str, Any]]:
    """Return the same of the downloads of all studies beside the one in the folder `results`."""
    return _join(Path(results).parent.glob(SHARED))


def _join(records: Iterable[Path]) -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    read = [json.loads(file.read_text("utf-8")) for file in records]
    for record in sorted(read, key=lambda record: record["finished"]):
        files = record.pop("files")
        about = {key: value for key, value in record.items() if key != "finished"}
        for path, content in files.items():
            if Path(path).exists():
                entries[path] = {"content": content, **about}
    return dict(sorted(entries.items()))
