"""Claims as data: what is said, and which tests would bear it out."""

from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, model_validator

from weightscape.config.section import Name, Section

STUDY = "study"
"""Where a claim is made that is of no paper."""


class Group(Section):
    """Conditions that stand together: their effects are averaged. A bare list names families."""

    families: tuple[Name, ...] = Field(min_length=1, description="Families of the conditions.")
    least: float | None = Field(None, description="Only doses from this one on.")
    below: float | None = Field(None, description="Only doses below this one.")

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        value = [value] if isinstance(value, str) else value
        return {"families": value} if isinstance(value, list) else value

    def __str__(self) -> str:
        words = " + ".join(self.families)
        ends = [f"≥ {self.least:g}"] if self.least is not None else []
        ends += [f"< {self.below:g}"] if self.below is not None else []
        return f"{words} ({', '.join(ends)})" if ends else words


class Part(Section):
    """One test, for each of its metrics; the kinds are those of `weightscape.comparison.judge`."""

    test: Literal["direction", "order", "equivalence"] = Field(description="Kind of the test.")
    metrics: tuple[str, ...] = Field(
        min_length=1,
        description="Columns of the spectra, scores, or what is measured; each is a test of its"
        " own. `shifted_` before a score or measurement is its mean over all shifts, and"
        " `accuracy_gap` i.i.d. minus shifted accuracy; an accuracy is the study's `score`.",
    )
    of: tuple[Group, ...] = Field(
        min_length=1,
        description="direction: each of these; order: from the largest effect to the smallest, or"
        " one whose doses are in order; equivalence: one to nothing, or any two to each other.",
    )
    sign: Literal["up", "down", "same", "opposite", "rising", "falling", "peak"] | None = Field(
        None,
        description="direction: where the effect goes, up or down, or the same or opposite way as"
        " that of `like`; order over doses: rising, falling, or with a peak within.",
    )
    like: Group | None = Field(
        None, description="order: compare the likeness of the layer profiles to that of this group."
    )
    margin: float | None = Field(
        None, gt=0, description="equivalence: instead of the study's margin for the metric."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        signs = {
            "direction": ("same", "opposite") if self.like else ("up", "down"),
            "order": ("rising", "falling", "peak") if len(self.of) == 1 else (None,),
            "equivalence": (None,),
        }[self.test]
        if self.sign not in signs:
            allowed = ", ".join(sign for sign in signs if sign)
            raise ValueError(
                f"sign: {self.sign or 'none'} does not go with this {self.test}; "
                + (f"it can be {allowed}" if allowed else "leave it out")
            )
        if self.test == "order" and self.like and len(self.of) == 1:
            raise ValueError("of: a likeness is compared with another; give two groups")
        if self.test != "equivalence" and self.margin is not None:
            raise ValueError(f"margin: a {self.test} has none, only an equivalence")
        if self.test == "equivalence" and self.like:
            raise ValueError("like: an equivalence has none; put both groups under `of`")
        return self


class Claim(Section):
    """A statement with the tests that it stands or falls with."""

    claim: Name = Field(description="Name of the claim.")
    paper: str = Field(STUDY, description="Where it is made.")
    statement: str = Field(description="The claim in words.")
    combine: Literal["all", "any"] = Field(
        "all", description="Whether all parts must hold, or one is enough."
    )
    from_scratch: bool = Field(
        False, description="Whether it is about networks without pre-training, or those with."
    )
    needs: str = Field("", description="What a study would need that cannot be told from tables.")
    parts: tuple[Part, ...] = Field((), description="The tests.")

    @model_validator(mode="after")
    def _testable_or_not(self) -> Self:
        if bool(self.parts) == bool(self.needs):
            raise ValueError(
                f"{self.claim}: give the parts to test, or what it needs to be tested; one of them"
            )
        return self


@cache
def claims_of_papers() -> tuple[Claim, ...]:
    """Return the claims of the two papers that the study grew out of."""
    listed = yaml.safe_load((Path(__file__).parent / "claims.yaml").read_text("utf-8"))
    return tuple(Claim.model_validate(entry) for entry in listed)
