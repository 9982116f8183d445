"""From predictions to the table of scores, and to it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from weightscape.schemas import scores
from weightscape.schemas.identifiers import RUN
from weightscape.schemas.predictions import TEST
from weightscape.scoring.calibration import score
from weightscape.table import from_rows

KEY = [field.name for field in (*RUN, *TEST)]


def score_rows(table: pa.Table) -> pa.Table:
    """Return the scores of one run: a row for each of its test sets, in the order they occur."""
    rows = [
        {**key, "n": len(labels), **score(logits, labels)}
        for key, logits, labels in _test_sets(table)
    ]
    return from_rows(rows, scores.SCHEMA)


def _test_sets(table: pa.Table) -> Iterator[tuple[dict[str, Any], np.ndarray, np.ndarray]]:
    for keys in table.select(KEY).group_by(KEY, use_threads=False).aggregate([]).to_pylist():
        mask = np.ones(table.num_rows, bool)
        for name in ("test_set", "shift", "severity"):
            mask &= table[name].to_numpy() == keys[name]
        part = table.filter(pa.array(mask))
        logits = part["logits"].combine_chunks()
        yield keys, logits.flatten().to_numpy().reshape(len(part), -1), part["label"].to_numpy()
