"""What measurements give, as rows of the table `measurements`: nothing that one does stops a job.

A measurement gets a copy of the network and random numbers of its own, so that it changes neither
a training that it is taken along nor what the next one sees.
"""

import logging
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from threadpoolctl import threadpool_limits

from weightscape.config.measurement import Measurement, Subject, Value
from weightscape.config.run import RunId
from weightscape.data.examples import Examples
from weightscape.data.test_sets import Key
from weightscape.network.live import LiveNetwork
from weightscape.tables.measurements import SCHEMA
from weightscape.tables.table import from_rows

log = logging.getLogger(__name__)
Row = dict[str, Any]
_Key = tuple[str, str, str, str, int]


def make_subject(
    network: LiveNetwork,
    training: Examples,
    validation: Examples,
    asked: Iterable[tuple[Key, Examples]],
    seed: int,
) -> Subject:
    """Return what is measured, see `Subject`.

    Of all examples that predictions are asked for, those of validation are no test set.
    """
    test_sets = {key: examples for key, examples in asked if key[0] != "val"}
    return Subject(network, training, validation, test_sets, seed)


def measure(
    measurements: Sequence[Measurement], subject: Subject, run: RunId, step: int | None = None
) -> pa.Table:
    """Return what measurements give of a network, under the schema of the table `measurements`.

    Parameters
    ----------
    measurements : sequence of Measurement
        What to measure.
    subject : Subject
        The network, and what it is measured with; neither changes.
    run : RunId
        Whose network it is.
    step : int, optional
        Steps of the training done by then; missing for the network of the run.
    """
    rows = [run._asdict() | row | {"step": step} for row in measure_rows(measurements, subject)]
    return from_rows(rows, SCHEMA)


def measure_rows(measurements: Sequence[Measurement], subject: Subject) -> list[Row]:
    """Return the rows of `measure`, but for the run and the step.

    A number that is not finite, or none at all, has a row of the status `failed` with the reason.
    """
    rows: dict[_Key, Row] = {}
    for measurement in measurements:
        name, start = type(measurement).__name__, time.perf_counter()
        own: dict[_Key, Row] = {}
        try:
            # As many threads as the network has: sums depend on it in their last bits.
            with _own_random_numbers(subject), threadpool_limits(torch.get_num_threads(), "blas"):
                for value in measurement(_apart(subject)):
                    _add(own, value, measurement)
            if not own:
                _fail(own, measurement, f"{name} gives no value")
        except (Exception, SystemExit) as error:  # whatever a measurement can raise
            log.exception("%s has failed", name)
            _fail(own, measurement, f"{name}: {type(error).__name__}: {error}")
        for key in own.keys() & rows.keys():
            own[key] = _failed(key, f"{name} and another measurement both give {_words(key)}")
        rows |= own
        log.info("%s: %d values in %.1f s", name, len(own), time.perf_counter() - start)
    return list(rows.values())


def _add(rows: dict[_Key, Row], value: Value, measurement: Measurement) -> None:
    """Add the row of a value, or why it is none."""
    name = type(measurement).__name__
    if not isinstance(value, Value):
        raise TypeError(f"it gives a {type(value).__name__}, and should give a Value")
    key = (value.metric, value.layer, value.test_set, value.shift, value.severity)
    if [type(part) for part in key] != [str, str, str, str, int]:
        raise TypeError(
            f"a value's metric, layer and images are text, its severity is an int: {key}"
        )
    number: object = value.value  # whatever a measurement takes for one
    declared = [metric.name for metric in measurement.metrics]
    if value.metric not in declared:
        rows[key] = _failed(key, f"{name} does not declare {value.metric!r} among its metrics")
    elif key in rows:
        rows[key] = _failed(key, f"{name} gives {_words(key)} twice")
    elif not isinstance(number, Real):
        kind = type(number).__name__
        rows[key] = _failed(key, f"{name} gives a {kind} for {_words(key)}, and not a number")
    elif not isfinite(number):
        rows[key] = _failed(key, value.reason or f"it is {number}, no finite number")
    else:
        rows[key] = _row(key, float(number), "ok", "")


def _fail(rows: dict[_Key, Row], measurement: Measurement, reason: str) -> None:
    """Say why a measurement ended early, in a row of each metric that it has not come to.

    Where it has come to all, the last value does not stand: its others would say nothing of it.
    """
    come_to = {key[0] for key in rows}
    missing = [m.name for m in measurement.metrics if m.name not in come_to]
    for key in [(metric, "", "", "", 0) for metric in missing] or [list(rows)[-1]]:
        rows[key] = _failed(key, reason)


def _row(key: _Key, value: float | None, status: str, reason: str) -> Row:
    names = ("metric", "layer", "test_set", "shift", "severity")
    about = dict(zip(names, key, strict=True))
    return about | {"value": value, "status": status, "reason": reason}


def _failed(key: _Key, reason: str) -> Row:
    return _row(key, None, "failed", " ".join(reason.split())[:500])


def _words(key: _Key) -> str:
    return " of ".join(part for part in (key[0], key[1], " ".join(key[2:4]).strip()) if part)


def _apart(subject: Subject) -> Subject:
    """Return the subject with a copy of the network, in evaluation mode."""
    module = deepcopy(subject.network.module).eval()
    return replace(subject, network=subject.network._replace(module=module))


@contextmanager
def _own_random_numbers(subject: Subject) -> Iterator[None]:
    """Seed all global generators for a block, and give them their states back."""
    device = subject.network.device
    states = random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng([device] if device.type == "cuda" else []), torch.enable_grad():
        torch.manual_seed(subject.seed)
        random.seed(subject.seed)
        np.random.seed(subject.seed % 2**32)  # noqa: NPY002
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])  # noqa: NPY002
