"""Predictions of one network on all its test sets, as tables."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from weightscape.checkpoints.failure import note_failure
from weightscape.config.place import Place
from weightscape.config.run import RunId
from weightscape.data.examples import Examples
from weightscape.data.test_sets import Key
from weightscape.network.build import restore
from weightscape.network.device import select_device
from weightscape.network.predict import predict
from weightscape.network.saved import SavedNetwork
from weightscape.tables.predictions import SCHEMA
from weightscape.tables.table import write

log = logging.getLogger(__name__)


def predict_all(
    network: SavedNetwork, test_sets: Iterable[tuple[Key, Examples]], run: RunId, place: Place
) -> Iterator[pa.Table]:
    """Yield the logits on each test set, a table under the schema of predictions.

    Parameters
    ----------
    network : SavedNetwork
        The network.
    test_sets : iterable of (tuple, Examples)
        Test set, shift and severity, and the examples.
    run : RunId
        Whose network it is.
    place : Place
        Where to predict.

    Raises
    ------
    FloatingPointError
        If its training failed, or a logit is not a finite number or too large for float16.
    """
    if network.info.failure:
        raise FloatingPointError(network.info.failure)
    live = restore(network, select_device(*place))
    for key, examples in test_sets:
        yield table_of(run, key, examples.labels, predict(live, live.put(examples.inputs)))


def table_of(run: RunId, key: Key, labels: np.ndarray, logits: np.ndarray) -> pa.Table:
    """Return logits, float32 (n, classes), as a table under the schema of predictions.

    Raises
    ------
    FloatingPointError
        If a logit is not a finite number or too large for float16.
    """
    with np.errstate(over="ignore"):
        logits = logits.astype(np.float16)
    if not np.isfinite(logits).all():
        raise FloatingPointError(f"a logit on {key} is not finite in float16; lower lr")
    n, classes = logits.shape
    constants = run._asdict() | dict(zip(("test_set", "shift", "severity"), key, strict=True))
    columns = {name: pa.repeat(pa.scalar(value), n) for name, value in constants.items()}
    offsets = pa.array(np.arange(0, n * classes + 1, classes, dtype=np.int32))
    columns |= {
        "sample": pa.array(np.arange(n, dtype=np.int32)),
        "label": pa.array(labels.astype(np.int16)),
        "logits": pa.ListArray.from_arrays(offsets, pa.array(logits.ravel())),
    }
    return pa.table({f.name: columns[f.name].cast(f.type) for f in SCHEMA}, schema=SCHEMA)


def save_predictions(
    path: str | Path, parts: Iterable[pa.Table], provenance: Mapping[str, Any]
) -> None:
    """Write the parts of a table of predictions; without rows where a network has no sound ones.

    What `predict_all` finds then is in the table's metadata and in the log: one run that has failed
    keeps no other from being scored.
    """
    try:
        write(path, parts, SCHEMA, provenance)
    except FloatingPointError as error:
        log.error("%s", error)
        write(path, (), SCHEMA, note_failure(provenance, str(error)))
