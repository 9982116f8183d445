"""The table of runs: what each sets and how it ended."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from weightscape.tables import runs, training
from weightscape.tables.table import failure_of, from_rows, provenance_of, read

_VALIDATION = [field.name for field in training.VALIDATION]


class End(NamedTuple):
    """How a run ended.

    Attributes
    ----------
    columns : dict
        What is known of its network; missing values without one.
    status, reason : str
        Whether it has given what it should, and why not.
    """

    columns: dict[str, Any]
    status: str = "ok"
    reason: str = ""


NO_END = End(dict.fromkeys(("epochs", "train_loss", *_VALIDATION, "parameters")))


def run_rows(
    planned: Sequence[Mapping[str, Any]],
    histories: Sequence[str | Path],
    scores: Sequence[str | Path] | None = None,
) -> pa.Table:
    """Return one row per run, from the study's plan and the runs' files.

    Parameters
    ----------
    planned : sequence of mappings
        What the study knows of its runs beforehand, see `Plan.describe_runs`.
    histories : sequence of paths
        The training histories of the runs that are not derived, in the same order.
    scores : sequence of paths, optional
        The scores of all runs, in the same order: a run may fail after its training, and what is
        derived of one that failed fails too.
    """
    trained, scored = iter(histories), iter(scores or ())
    rows = []
    for plan in planned:
        end = NO_END if plan["derived"] else _read_end(next(trained))
        if scores and (reason := failure_of(next(scored))) and end.status == "ok":
            end = end._replace(status="failed", reason=reason)
        factors = json.dumps(plan["factors"], sort_keys=True)
        status = {"status": end.status, "reason": end.reason}
        rows.append({**plan, "factors": factors, **end.columns, **status})
    return from_rows(rows, runs.SCHEMA)


def _read_end(history: str | Path) -> End:
    """Return how a training ended, by the metadata and the selected row of its history."""
    about = provenance_of(history)
    status, reason = about.get("status", "ok"), about.get("reason", "")
    selected = [entry for entry in read(history).to_pylist() if entry["selected"]]
    if status != "ok" and not selected:
        return NO_END._replace(status=status, reason=reason)
    (kept,) = selected
    columns = {
        "epochs": kept["epoch"],
        "train_loss": kept["loss"],
        **{name: kept[name] for name in _VALIDATION},
        "parameters": about["parameters"],
    }
    return End(columns, status, reason)
