"""What a training leaves on its way: mean weights, mean logits, measurements."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import torch
from torch import Tensor

from weightscape.config.measurement import Measurement, Subject
from weightscape.config.run import RunId
from weightscape.config.spectra_along import SpectraAlong
from weightscape.data.test_sets import Key
from weightscape.measurements.measure import measure_rows
from weightscape.network.live import LiveNetwork
from weightscape.network.predict import predict
from weightscape.network.predictions import table_of
from weightscape.train.kept import copy_of, mean_with
from weightscape.train.state import Training

Look = Callable[[Training, int], None]


def make_averager(
    network: LiveNetwork, test_sets: Mapping[Key, Tensor], average_from: float
) -> Look:
    """Return what looks at a training after every evaluation in its last part.

    It keeps ``average``, the mean of the networks' tensors, and ``logits``, the mean of their
    logits on each of the test sets.

    Parameters
    ----------
    network : LiveNetwork
        What is trained.
    test_sets : mapping
        Inputs by test set, as the network's adapter puts them.
    average_from : float
        Share of the training after which evaluations count.
    """

    def average(training: Training, total: int) -> None:
        n = sum(entry.step >= average_from * total for entry in training.history)
        if not n:
            return
        kept = training.kept
        logits = {
            _name(key): torch.from_numpy(predict(network, inputs))
            for key, inputs in test_sets.items()
        }
        kept["average"] = mean_with(kept.get("average", {}), copy_of(training.network), n)
        kept["logits"] = mean_with(kept.get("logits", {}), logits, n)

    return average


def make_measurer(measurements: Sequence[Measurement], subject: Subject) -> Look:
    """Return what measures a training's network after every so many of its steps.

    The rows go to the training's `course`. Each measurement says by `every` when it is due.
    """

    def measure(training: Training, step: int) -> None:
        due = [m for m in measurements if m.every and step % m.every == 0]
        training.course += [row | {"step": step} for row in measure_rows(due, subject)]

    return measure


def make_keeper_of_steps(wanted: SpectraAlong) -> Look:
    """Return what keeps a training's network as it is after certain of its steps.

    It keeps each under the `name_of_step`; so does the file that a killed training goes on from.
    """

    def keep(training: Training, step: int) -> None:
        if step in wanted.find_steps(training.total):
            training.kept[name_of_step(step)] = copy_of(training.network)

    return keep


def name_of_step(step: int) -> str:
    """Return what the network after `step` steps is kept as."""
    return f"step {step}"


def mean_predictions(
    logits: Mapping[str, Tensor], labels: Mapping[Key, Any], run: RunId
) -> Iterator[pa.Table]:
    """Yield the kept logits on each test set, a table under the schema of predictions."""
    for key, truth in labels.items():
        yield table_of(run, key, truth, logits[_name(key)].numpy())


def _name(key: Key) -> str:
    return " ".join(map(str, key))
