"""From the predictions of a run to its rows of `scores`, `calibration` and `influences`."""

from math import isfinite

import numpy as np
import pyarrow as pa

from weightscape.scoring.calibration import BINS, calibration_bins, score
from weightscape.scoring.classification import find_absent
from weightscape.scoring.influence import find_influences, group_images
from weightscape.scoring.table import SCHEMA as SCORES
from weightscape.scoring.test_sets import TestedImages, split_test_sets
from weightscape.tables.calibration import SCHEMA as CALIBRATION
from weightscape.tables.influences import SCHEMA as INFLUENCES
from weightscape.tables.table import from_arrays, from_rows


def score_rows(table: pa.Table) -> pa.Table:
    """Return the scores of one run: a row for each of its test sets, in the order they occur."""
    rows = [
        {
            **key,
            "n": len(labels),
            **{name: value if isfinite(value) else None for name, value in found.items()},
            "limitation": _explain_absent(labels, logits.shape[1]),
        }
        for key, logits, labels in split_test_sets(table)
        for found in [score(logits, labels)]
    ]
    return from_rows(rows, SCORES)


def _explain_absent(labels: np.ndarray, classes: int) -> str:
    missing = find_absent(labels, classes)
    if not missing:
        return ""
    numbers = ", ".join(map(str, missing[:5])) + (" …" if len(missing) > 5 else "")
    return (
        f"no images of {len(missing)} of {classes} classes ({numbers}): no AUROC, and the mean over"
        " classes is one over the others"
    )


def calibration_rows(table: pa.Table) -> pa.Table:
    """Return the calibration of one run: a row for each bin of each test set, empty ones too."""
    parts = [
        {**key, "bin": np.arange(BINS), **calibration_bins(logits, labels)._asdict()}
        for key, logits, labels in split_test_sets(table)
    ]
    return from_arrays(parts, CALIBRATION)


def influence_rows(table: pa.Table) -> pa.Table:
    """Return what groups of images add to the scores of one run: a row per test set and score."""
    rows, images = [], TestedImages()
    for key, logits, labels in split_test_sets(table):
        name, numbers = images.find(key["test_set"], key["shift"], labels)
        groups = group_images(int(numbers.max()) + 1)[numbers]
        rows += [
            {
                **key,
                "metric": metric,
                "images": name,
                "influences": found.values.astype(np.float32),
                "reason": found.reason,
            }
            for metric, found in find_influences(logits, labels, groups).items()
        ]
    return from_rows(rows, INFLUENCES)
