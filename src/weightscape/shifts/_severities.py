"""Which severities a shift has: five, or one."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator

from weightscape.config.plugins import module_of
from weightscape.config.shift import Shift, Unshifted

if TYPE_CHECKING:
    from weightscape.data.examples import Examples

STRONGEST = 5
"""The severity of a shift that has several which departs the farthest."""


class FiveSeverities(Shift):
    """A shift of the severities 1 to 5."""

    severities: tuple[Annotated[int, Field(ge=1, le=STRONGEST)], ...] = Field(
        default=(1, 2, 3, 4, 5), min_length=1, description="Strengths to test, from 1 to 5."
    )

    @field_validator("severities")
    @classmethod
    def _distinct(cls, severities: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(severities)) != len(severities):
            raise ValueError(f"a severity is named twice: {severities}")
        return severities

    def __call__(self, unshifted: Unshifted, severity: int, seed: int) -> Examples:
        if not 1 <= severity <= STRONGEST:
            raise ValueError(f"severity must be one of 1 to {STRONGEST}, not {severity}")
        return self.make(unshifted, severity, seed)

    @abstractmethod
    def make(self, unshifted: Unshifted, severity: int, seed: int) -> Examples:
        """Return the shifted test set at a severity that there is."""


class OneSeverity(Shift):
    """A shift of the severity 1 alone."""

    severities: tuple[Literal[1]] = Field(
        default=(1,), description="A change of domain has one severity."
    )

    def __call__(self, unshifted: Unshifted, severity: int, seed: int) -> Examples:
        if severity != 1:
            raise ValueError(f"the shift `{name_of(self)}` has the one severity 1, not {severity}")
        return self.make(unshifted, seed)

    @abstractmethod
    def make(self, unshifted: Unshifted, seed: int) -> Examples:
        """Return the shifted test set."""


def name_of(shift: Shift) -> str:
    """Return the name of a shift's plug-in, for messages."""
    return module_of(shift).rpartition(".")[2]
