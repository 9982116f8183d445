"""The table of runs: what each sets and how it ended."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from weightscape.comparison.choice import find_chosen
from weightscape.tables import runs, training
from weightscape.tables.table import failure_of, from_rows, provenance_of, read
from weightscape.train.decay import Course, DecayScale, find_decay_scale

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


_DECAY = ("decay_log_scale", "head_decay_log_scale")
NO_END = End(dict.fromkeys(("epochs", "train_loss", *_VALIDATION, "parameters", *_DECAY)))


def run_rows(
    planned: Sequence[Mapping[str, Any]],
    histories: Sequence[str | Path],
    scores: Sequence[str | Path] | None = None,
    decay: Mapping[str, Mapping[str, Any]] | None = None,
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
    decay : mapping, optional
        By condition what says how its weights decay, see `Plan.describe_decay`.
    """
    trained, scored = iter(histories), iter(scores or ())
    rows = []
    for plan in planned:
        end = (
            NO_END
            if plan["derived"]
            else _read_end(next(trained), (decay or {}).get(plan["condition"]))
        )
        if scores and (reason := failure_of(next(scored))) and end.status == "ok":
            end = end._replace(status="failed", reason=reason)
        factors = json.dumps(plan["factors"], sort_keys=True)
        status = {"status": end.status, "reason": end.reason}
        rows.append({**plan, "factors": factors, **end.columns, **status})
    chosen = find_chosen(rows)
    rows = [row | {"chosen": each} for row, each in zip(rows, chosen, strict=True)]
    return from_rows(rows, runs.SCHEMA)


def _read_end(history: str | Path, decay: Mapping[str, Any] | None) -> End:
    """Return how a training ended, by the metadata and the selected row of its history."""
    about = provenance_of(history)
    status, reason = about.get("status", "ok"), about.get("reason", "")
    evaluations = read(history).to_pylist()
    selected = [entry for entry in evaluations if entry["selected"]]
    if status != "ok" and not selected:
        return NO_END._replace(status=status, reason=reason)
    (kept,) = selected
    last = evaluations[-1]
    # A whole training: its last evaluation is after its last step.
    course = Course(kept["step"], last["step"], round(last["step"] / last["epoch"]))
    scale = DecayScale() if decay is None else find_decay_scale(decay, course)
    columns = {
        "epochs": kept["epoch"],
        "train_loss": kept["loss"],
        **{name: kept[name] for name in _VALIDATION},
        "parameters": about["parameters"],
        **dict(zip(_DECAY, scale, strict=True)),
    }
    return End(columns, status, reason)
