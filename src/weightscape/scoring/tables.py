"""From predictions to the tables of scores and of reliability."""

from math import isfinite

import numpy as np
import pyarrow as pa

from weightscape.schemas import reliability as reliability_schema
from weightscape.schemas import scores
from weightscape.scoring.calibration import BINS, reliability, score
from weightscape.scoring.classification import absent
from weightscape.scoring.test_sets import test_sets
from weightscape.table import from_arrays, from_rows


def score_rows(table: pa.Table) -> pa.Table:
    """Return the scores of one run: a row for each of its test sets, in the order they occur."""
    rows = [
        {
            **key,
            "n": len(labels),
            **{name: value if isfinite(value) else None for name, value in found.items()},
            "limitation": _limitation(labels, logits.shape[1]),
        }
        for key, logits, labels in test_sets(table)
        for found in [score(logits, labels)]
    ]
    return from_rows(rows, scores.SCHEMA)


def _limitation(labels: np.ndarray, classes: int) -> str:
    missing = absent(labels, classes)
    if not missing:
        return ""
    numbers = ", ".join(map(str, missing[:5])) + (" …" if len(missing) > 5 else "")
    return (
        f"no images of {len(missing)} of {classes} classes ({numbers}): no AUROC, and the mean over"
        " classes is one over the others"
    )


def reliability_rows(table: pa.Table) -> pa.Table:
    """Return how reliable one run is: a row for each bin of each test set, empty ones too."""
    parts = [
        {**key, "bin": np.arange(BINS), **reliability(logits, labels)._asdict()}
        for key, logits, labels in test_sets(table)
    ]
    return from_arrays(parts, reliability_schema.SCHEMA)
