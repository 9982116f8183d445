"""The table of runs: what each sets and how it ended."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from weightscape.schemas import runs
from weightscape.table import from_rows, provenance_of, read


def run_rows(planned: Sequence[Mapping[str, Any]], histories: Sequence[str | Path]) -> pa.Table:
    """Return one row per run, from the study's plan and the runs' histories.

    Parameters
    ----------
    planned : sequence of mappings
        What the study knows of its runs beforehand, see `weightscape.plan.Plan.describe_runs`.
    histories : sequence of paths
        The runs' training histories, in the same order.
    """
    rows = []
    for plan, path in zip(planned, histories, strict=True):
        last = read(path).to_pylist()[-1]
        rows.append(
            {
                **plan,
                "factors": json.dumps(plan["factors"], sort_keys=True),
                "epochs": last["epoch"],
                "train_loss": last["loss"],
                "val_accuracy": last["val_accuracy"],
                "parameters": provenance_of(path)["parameters"],
            }
        )
    return from_rows(rows, runs.SCHEMA)
