"""From predictions to the tables of scores and of reliability."""

import numpy as np
import pyarrow as pa

from weightscape.schemas import reliability as reliability_schema
from weightscape.schemas import scores
from weightscape.scoring.calibration import BINS, reliability, score
from weightscape.scoring.test_sets import test_sets
from weightscape.table import from_arrays, from_rows


def score_rows(table: pa.Table) -> pa.Table:
    """Return the scores of one run: a row for each of its test sets, in the order they occur."""
    rows = [
        {**key, "n": len(labels), **score(logits, labels)}
        for key, logits, labels in test_sets(table)
    ]
    return from_rows(rows, scores.SCHEMA)


def reliability_rows(table: pa.Table) -> pa.Table:
    """Return how reliable one run is: a row for each bin of each test set, empty ones too."""
    parts = [
        {**key, "bin": np.arange(BINS), **reliability(logits, labels)._asdict()}
        for key, logits, labels in test_sets(table)
    ]
    return from_arrays(parts, reliability_schema.SCHEMA)
