"""Config of where along a training spectra are taken."""

from collections import Counter
from typing import Annotated, Self

from pydantic import Field, model_validator

from weightscape.config.section import Section

Step = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class SpectraAlong(Section):
    """Where along every training spectra are taken: after how many steps, or which shares of it.

    They are kept as numbers; the weights go once they are analysed.
    """

    steps: tuple[Step, ...] = Field(
        (),
        description="Optimiser steps done by then, such as `[0, 10, 100]`; 0 is the initial"
        " network. For trainings whose length is given in `steps`.",
    )
    shares: tuple[Share, ...] = Field(
        (),
        description="In their place shares of each training, such as `[0, 0.1, 0.5, 1]`, for"
        " trainings of any length: the nearest step, and the first at least where it is not 0.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.steps) == bool(self.shares):
            there = "both are given" if self.steps else "there is neither"
            raise ValueError(f"give `steps` or `shares` of the training; {there}")
        for key in ("steps", "shares"):
            for value, count in Counter(getattr(self, key)).items():
                if count > 1:
                    raise ValueError(f"{key}: {value} is given {count} times; keep one of them")
        return self

    @property
    def has_start(self) -> bool:
        """Whether the initial network is among them."""
        return 0 in self.steps or 0 in self.shares

    @property
    def places(self) -> range:
        """The places in `find_steps` of those that a training has to come to."""
        return range(int(self.has_start), len(self.steps or self.shares))

    def find_steps(self, total: int) -> list[int]:
        """Return the steps of a training of `total` steps in ascending order.

        Shares of a short training may be the same step.
        """
        if self.steps:
            return sorted(self.steps)
        return [max(1, round(share * total)) if share else 0 for share in sorted(self.shares)]
