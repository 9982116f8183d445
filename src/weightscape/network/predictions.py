"""Predictions of one network on all its test sets, as tables."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from torch import Tensor

from weightscape.data.labelled import Labelled
from weightscape.data.test_sets import Key
from weightscape.network.build import restore
from weightscape.network.checkpoint import NetworkInfo
from weightscape.network.device import select_device
from weightscape.network.inputs import on_device
from weightscape.network.predict import predict
from weightscape.schemas import predictions


def predict_all(
    tensors: Mapping[str, Tensor],
    info: NetworkInfo,
    test_sets: Iterable[tuple[Key, Labelled]],
    run: Mapping[str, Any],
    device: str,
    threads: int,
) -> Iterator[pa.Table]:
    """Yield the logits on each test set, a table under the schema of predictions.

    Parameters
    ----------
    tensors, info
        The network.
    test_sets : iterable of (tuple, Labelled)
        Test set, shift and severity, and the images.
    run : mapping
        The run's identifiers.
    device : {"cpu", "cuda"}
        Where to predict.
    threads : int
        Threads of an operation on the CPU.

    Raises
    ------
    FloatingPointError
        If a logit is not a finite number or too large for float16.
    """
    place = select_device(device, threads)
    network = restore(tensors, info).to(place)
    for key, images in test_sets:
        pixels = on_device(images.images, info.in_chans, place)
        yield table_of(run, key, images.labels, predict(network, pixels, info))


def table_of(run: Mapping[str, Any], key: Key, labels: np.ndarray, logits: np.ndarray) -> pa.Table:
    """Return logits, float32 (n, classes), as a table under the schema of predictions.

    Raises
    ------
    FloatingPointError
        If a logit is not a finite number or too large for float16.
    """
    logits = logits.astype(np.float16)
    if not np.isfinite(logits).all():
        raise FloatingPointError(f"a logit on {key} is not finite in float16; lower lr")
    n, classes = logits.shape
    constants = {**run, **dict(zip(("test_set", "shift", "severity"), key, strict=True))}
    columns = {name: pa.repeat(pa.scalar(value), n) for name, value in constants.items()}
    offsets = pa.array(np.arange(0, n * classes + 1, classes, dtype=np.int32))
    columns |= {
        "sample": pa.array(np.arange(n, dtype=np.int32)),
        "label": pa.array(labels.astype(np.int16)),
        "logits": pa.ListArray.from_arrays(offsets, pa.array(logits.ravel())),
    }
    schema = predictions.SCHEMA
    return pa.table({f.name: columns[f.name].cast(f.type) for f in schema}, schema=schema)
