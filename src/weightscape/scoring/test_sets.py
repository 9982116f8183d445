"""Predictions, test set by test set, and which of these are of the same images."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from weightscape.tables.identifiers import RUN
from weightscape.tables.predictions import TEST

KEY = [field.name for field in (*RUN, *TEST)]


def split_test_sets(table: pa.Table) -> Iterator[tuple[dict[str, Any], np.ndarray, np.ndarray]]:
    """Yield every test set of a run's predictions: its key, the logits and the labels.

    Test sets come in the order in which they occur, the images of each by their `sample`.
    """
    for keys in table.select(KEY).group_by(KEY, use_threads=False).aggregate([]).to_pylist():
        mask = np.ones(table.num_rows, bool)
        for name in ("test_set", "shift", "severity"):
            mask &= table[name].to_numpy() == keys[name]
        part = table.filter(pa.array(mask))
        order = np.argsort(part["sample"].to_numpy(), kind="stable")
        logits = part["logits"].combine_chunks().flatten().to_numpy().reshape(len(part), -1)
        yield keys, logits[order], part["label"].to_numpy()[order]


class TestedImages:
    """Which images test sets are of: most shifts corrupt the test images, some have their own."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], np.ndarray] = {}

    def find(self, test_set: str, shift: str, labels: np.ndarray) -> tuple[str, np.ndarray]:
        """Return the name of the images of a test set, and the number of each of its rows.

        Two test sets are of the same images where they have as many, with the same labels in the
        same order. One that holds several corruptions has them one after another: its rows then
        repeat the labels, and so the images.

        Parameters
        ----------
        test_set, shift : str
            The columns of these names.
        labels : numpy.ndarray
            The true classes in the order of the images, shape (n,).

        Returns
        -------
        name : str
            That of the first test set with these images.
        images : numpy.ndarray
            Shape (n,): the image that each row is of, from 0.
        """
        n = len(labels)
        for (of, name), known in self._known.items():
            count = len(known)
            if of != test_set or not count or n % count:
                continue
            if (labels.reshape(-1, count) == known).all():
                return name, np.arange(n) % count
        name = test_set if shift == "none" else f"{test_set}/{shift}"
        self._known[test_set, name] = labels
        return name, np.arange(n)
