"""What a training leaves of its evaluations: mean weights and mean logits along the way."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import torch
from torch import Tensor

from weightscape.data.test_sets import Key
from weightscape.network.checkpoint import NetworkInfo
from weightscape.network.predict import predict
from weightscape.network.predictions import table_of
from weightscape.train.kept import copy_of, mean_with
from weightscape.train.state import Training


def observer(
    test_sets: Mapping[Key, Tensor], info: NetworkInfo, average_from: float
) -> Callable[[Training, int], None]:
    """Return what looks at a training after every evaluation in its last part.

    It keeps ``average``, the mean of the networks' tensors, and ``logits``, the mean of their
    logits on each of the test sets.

    Parameters
    ----------
    test_sets : mapping
        uint8 images by test set.
    info : NetworkInfo
        What is trained.
    average_from : float
        Share of the training after which evaluations count.
    """

    def observe(training: Training, total: int) -> None:
        n = sum(entry.step >= average_from * total for entry in training.history)
        if not n:
            return
        network, kept = training.network, training.kept
        logits = {
            _name(key): torch.from_numpy(predict(network, pixels, info))
            for key, pixels in test_sets.items()
        }
        kept["average"] = mean_with(kept.get("average", {}), copy_of(network), n)
        kept["logits"] = mean_with(kept.get("logits", {}), logits, n)

    return observe


def mean_predictions(
    logits: Mapping[str, Tensor], labels: Mapping[Key, Any], run: Mapping[str, Any]
) -> Iterator[pa.Table]:
    """Yield the kept logits on each test set, a table under the schema of predictions."""
    for key, truth in labels.items():
        yield table_of(run, key, truth, logits[_name(key)].numpy())


def _name(key: Key) -> str:
    return " ".join(map(str, key))
