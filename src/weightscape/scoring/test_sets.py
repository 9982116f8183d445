"""Predictions, test set by test set."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from weightscape.tables.identifiers import RUN
from weightscape.tables.predictions import TEST

KEY = [field.name for field in (*RUN, *TEST)]


def split_test_sets(table: pa.Table) -> Iterator[tuple[dict[str, Any], np.ndarray, np.ndarray]]:
    """Yield every test set of a run's predictions: its key, the logits and the labels."""
    for keys in table.select(KEY).group_by(KEY, use_threads=False).aggregate([]).to_pylist():
        mask = np.ones(table.num_rows, bool)
        for name in ("test_set", "shift", "severity"):
            mask &= table[name].to_numpy() == keys[name]
        part = table.filter(pa.array(mask))
        logits = part["logits"].combine_chunks()
        yield keys, logits.flatten().to_numpy().reshape(len(part), -1), part["label"].to_numpy()
