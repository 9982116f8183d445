"""The base of measurements: what is measured of one network of a run."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from pydantic import Field

from weightscape.config.metric import Metric
from weightscape.config.plugins import Entry, Plugin, make_plugin

if TYPE_CHECKING:
    import torch

    from weightscape.data.examples import Examples
    from weightscape.data.test_sets import Key
    from weightscape.network.live import LiveNetwork


@dataclass(frozen=True, eq=False)
class Subject:
    """A network, and what it may be measured with.

    Attributes
    ----------
    network : LiveNetwork
        A copy in evaluation mode, that a measurement may change. Its `module` is the network, its
        `head` the classifier; ``module(batch)`` for each of ``network.batches(network.put(
        examples.inputs))`` gives the logits of examples.
    training, validation : Examples
        The real examples that it was trained on and chosen by, not augmented.
    test_sets : mapping of (test_set, shift, severity) to Examples
        Where it is tested; the i.i.d. ones are ``("test", "none", 0)``.
    seed : int
        Decides every draw; torch's, numpy's and Python's own generators are seeded with it.
    """

    network: LiveNetwork
    training: Examples
    validation: Examples
    test_sets: Mapping[Key, Examples]
    seed: int

    @property
    def device(self) -> torch.device:
        """Where the network is, and to compute."""
        return self.network.device


class Value(NamedTuple):
    """A number that a measurement gives.

    Attributes
    ----------
    metric : str
        Name of one of its metrics.
    value : float
        The number. One that is not finite makes a row of the status `failed`.
    layer : str
        The layer that it is of; empty for the whole network.
    test_set, shift, severity
        The examples that it is of; empty and 0 where it is of none.
    reason : str
        Why there is no finite number, where there is none.
    """

    metric: str
    value: float
    layer: str = ""
    test_set: str = ""
    shift: str = ""
    severity: int = 0
    reason: str = ""


class Measurement(Plugin):
    """What is measured of a trained network; a plug-in of the folder ``measurements``."""

    folder: ClassVar[str] = "measurements"

    metrics: ClassVar[Annotated[tuple[Metric, ...], Field(min_length=1)]]
    """What it gives: no value of another name."""

    every: int | None = Field(
        default=None,
        ge=1,
        description="Also every so many steps of the training; the numbers are kept, and not the"
        " network. At the end alone when missing.",
    )

    @abstractmethod
    def __call__(self, subject: Subject) -> Iterable[Value]:
        """Yield the values of its metrics for a network."""


class MeasurementEntry(Entry):
    """What is measured of every trained network; its source is one of weightscape.measurements."""

    kind: ClassVar[type[Plugin]] = Measurement

    def build(self) -> Measurement:
        """Return the measurement with its options."""
        return make_plugin(Measurement, self.source, self.options)
