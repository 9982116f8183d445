"""The table of runs: what each sets and how it ended."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from weightscape.schemas import runs, training
from weightscape.table import from_rows, provenance_of, read

_VALIDATION = [field.name for field in training.VALIDATION]


def run_rows(planned: Sequence[Mapping[str, Any]], histories: Sequence[str | Path]) -> pa.Table:
    """Return one row per run, from the study's plan and the runs' histories.

    Parameters
    ----------
    planned : sequence of mappings
        What the study knows of its runs beforehand, see `weightscape.plan.Plan.describe_runs`.
    histories : sequence of paths
        The training histories of the runs that are not derived, in the same order.
    """
    ended = dict.fromkeys(("epochs", "train_loss", *_VALIDATION, "parameters"))
    files = iter(histories)
    rows = []
    for plan in planned:
        about = ended if plan["derived"] else _end_of(next(files))
        rows.append({**plan, "factors": json.dumps(plan["factors"], sort_keys=True), **about})
    return from_rows(rows, runs.SCHEMA)


def _end_of(history: str | Path) -> dict[str, Any]:
    (kept,) = (entry for entry in read(history).to_pylist() if entry["selected"])
    return {
        "epochs": kept["epoch"],
        "train_loss": kept["loss"],
        **{name: kept[name] for name in _VALIDATION},
        "parameters": provenance_of(history)["parameters"],
    }
