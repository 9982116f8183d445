"""The base of shifts: test sets that depart from training."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from weightscape.config.fetched import Fetched
from weightscape.config.plugins import Entry, Plugin, make_plugin

if TYPE_CHECKING:
    from weightscape.data.examples import Examples


@dataclass(frozen=True, eq=False)
class Unshifted:
    """What a shift may make its test set of.

    Attributes
    ----------
    test : Examples
        The test images.
    elsewhere : Examples or None
        The dataset's images of domains that are not trained on; None where there are none.
    data_root : Path
        The folder of downloads.
    """

    test: Examples
    elsewhere: Examples | None = None
    data_root: Path = Path("results/data")


class Shift(Fetched):
    """A test set that departs from training; a plug-in of the folder ``shifts``."""

    folder: ClassVar[str] = "shifts"

    severities: tuple[int, ...]
    """Strengths to test."""

    @abstractmethod
    def __call__(self, unshifted: Unshifted, severity: int, seed: int) -> Examples:
        """Return the shifted test set at one severity.

        Parameters
        ----------
        unshifted : Unshifted
            What it is made of.
        severity : int
            One of the shift's strengths.
        seed : int
            Decides every draw, the same for all severities.

        Raises
        ------
        ValueError
            If there is no such severity, or the dataset is none that it can shift.
        """


class ShiftEntry(Entry):
    """A test set that departs from training; its source is a module of weightscape.shifts."""

    kind: ClassVar[type[Plugin]] = Shift

    def build(self) -> Shift:
        """Return the shift with its options."""
        return make_plugin(Shift, self.source, self.options)
