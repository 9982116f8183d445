"""Whether runs that differ in their seed alone predict the same."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from weightscape.scoring.test_sets import split_test_sets
from weightscape.tables.agreement import SCHEMA
from weightscape.tables.table import from_rows


def agreement_rows(predictions: Sequence[pa.Table]) -> pa.Table:
    """Return how far every two of several runs agree, a row per pair and test set.

    Parameters
    ----------
    predictions : sequence of pyarrow.Table
        Predictions of one condition's runs, one per seed, on the same images. One without rows is
        of a run that failed, and left out.

    Raises
    ------
    ValueError
        If two runs have seen different images.
    """
    runs = [[*split_test_sets(table)] for table in predictions if len(table)]
    rows: list[Mapping[str, Any]] = []
    for one, other in combinations(runs, 2):
        if [key | {"seed": 0} for key, *_ in one] != [key | {"seed": 0} for key, *_ in other]:
            raise ValueError("the runs have been tested on different images")
        for (key, logits, labels), (other_key, other_logits, truth) in zip(one, other, strict=True):
            if not np.array_equal(labels, truth):
                raise ValueError("the runs have been tested on different images")
            rows.append(
                {
                    **key,
                    "other_seed": other_key["seed"],
                    "n": len(labels),
                    **agreement(logits.argmax(axis=1), other_logits.argmax(axis=1), labels),
                }
            )
    return from_rows(rows, SCHEMA)


def agreement(one: np.ndarray, other: np.ndarray, labels: np.ndarray) -> dict[str, float | None]:
    """Return disagreement, kappa and both_wrong of two runs' predicted classes.

    Parameters
    ----------
    one, other : numpy.ndarray
        The predicted classes, shape (n,).
    labels : numpy.ndarray
        The true ones, shape (n,).
    """
    classes = np.union1d(one, other)
    same = float((one == other).mean())
    shares = ((one[:, None] == classes).mean(axis=0), (other[:, None] == classes).mean(axis=0))
    chance = float(np.dot(*shares))
    return {
        "disagreement": 1 - same,
        "kappa": (same - chance) / (1 - chance) if chance < 1 else None,
        "both_wrong": float(((one != labels) & (other != labels)).mean()),
    }
