"""Claims as data: what is said, and which tests would bear it out."""

from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import Field, model_validator

from weightscape.config.section import Name, Section

STUDY = "study"
"""Where a claim is made that is of no paper."""

EXTENDED_PAPER = ", extended"
"""At the end of the paper of a claim's extension, which is corrected apart from the paper's own."""

FIXED_K = "-fixed-k"
"""At the end of a claim's name: on `alpha_fixed_k` in the place of `alpha`."""

FIXED_K_PAPER = ", at fixed k"
"""At the end of that claim's paper, which is corrected apart from the paper's own."""

BESIDE = (EXTENDED_PAPER, FIXED_K_PAPER)
"""At the end of the paper of whatever stands beside a paper's own claims."""


Kind = Literal["head", "blocks", "everywhere", "decoupled", "l2"]
"""Where a dropout acts, as `dropout_placement` says; how a weight decay acts."""


class Range(Section):
    """Doses and kinds of a family; what is left out is any."""

    least: float | None = Field(None, description="Only doses from this one on.")
    most: float | None = Field(None, description="Only doses up to this one.")
    kind: Kind | None = Field(
        None,
        description="Only factors of this kind: of dropout, where it acts; of weight decay,"
        " decoupled as in AdamW, or an l2 term in the loss.",
    )

    def __str__(self) -> str:
        kind = {"head": "before the classifier", "blocks": "in the blocks", "l2": "as an L2 term"}
        words = [kind.get(self.kind, self.kind)] if self.kind else []
        words += [f"≥ {self.least:g}"] if self.least is not None else []
        words += [f"≤ {self.most:g}"] if self.most is not None else []
        return ", ".join(words)


class Group(Range):
    """Conditions that stand together: their effects are averaged. A bare list names families."""

    families: tuple[Name, ...] = Field(min_length=1, description="Families of the conditions.")

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        value = [value] if isinstance(value, str) else value
        return {"families": value} if isinstance(value, list) else value

    def __str__(self) -> str:
        words, limits = " + ".join(self.families), super().__str__()
        return f"{words} ({limits})" if limits else words


class Part(Section):
    """One test, for each of its metrics; the kinds are those of `weightscape.comparison.judge`."""

    test: Literal["direction", "order", "best", "equivalence"] = Field(
        description="Kind of the test."
    )
    metrics: tuple[str, ...] = Field(
        min_length=1,
        description="Columns of the spectra, scores, or what is measured; each is a test of its"
        " own. `shifted_` before a score or measurement is its mean over all shifts, and"
        " `accuracy_gap` i.i.d. minus shifted accuracy; an accuracy is the study's `score`.",
    )
    of: tuple[Group, ...] = Field(
        min_length=1,
        description="direction: each of these; order: from the largest effect to the smallest, or"
        " one whose doses are in order; best: one, a dose of which is above all other doses of its"
        " families and above none; equivalence: one to nothing, or any two to each other.",
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
        None, gt=0, description="equivalence: the largest difference that counts as none."
    )
    share: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="equivalence: instead of a margin, that difference as a share of an effect of"
        " the same study, which `to` names.",
    )
    to: Literal["own_change"] | Group | None = Field(
        None,
        description="equivalence: whose effect the share is of; own_change is that of fine-tuning"
        " itself on the reference's weights.",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        signs = {
            "direction": ("same", "opposite") if self.like else ("up", "down"),
            "order": ("rising", "falling", "peak") if len(self.of) == 1 else (None,),
            "best": (None,),
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
        if self.test == "best" and (len(self.of) > 1 or self.of[0].least is None):
            raise ValueError("of: `best` is about the doses of one group; give its `least`")
        if self.test in ("best", "equivalence") and self.like:
            raise ValueError(f"like: {self.test} has none; put groups under `of`")
        self._check_margin()
        return self

    def _check_margin(self) -> None:
        """Refuse a margin where there is none, and an equivalence without one."""
        given = [name for name in ("margin", "share", "to") if getattr(self, name) is not None]
        if self.test != "equivalence" and given:
            raise ValueError(f"{given[0]}: a test of {self.test} has none, only an equivalence")
        if self.test == "equivalence" and given not in (["margin"], ["share", "to"]):
            raise ValueError(
                "margin: an equivalence needs a margin, or a share and what it is a share of;"
                " give `margin: 0.01`, or `share: 0.2` with `to: own_change` or a group"
            )


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
    about: dict[Name, Range] = Field(
        {},
        description="By family, the doses and kinds that the claim is about. On conditions outside"
        " them it is judged apart, as an extension of the claim under its own name.",
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


@cache
def claims_at_fixed_k() -> tuple[Claim, ...]:
    """Return the papers' claims on `alpha`, made of `alpha_fixed_k`, each under its own name.

    The papers have `alpha`, of which the noise between two runs is mostly where its tail starts.
    """
    return tuple(
        _fix_k(claim)
        for claim in claims_of_papers()
        if any("alpha" in part.metrics for part in claim.parts)
    )


def _fix_k(claim: Claim) -> Claim:
    fixed = {"alpha": "alpha_fixed_k"}
    parts = (
        part.model_copy(update={"metrics": tuple(fixed.get(m, m) for m in part.metrics)})
        for part in claim.parts
    )
    statement = claim.statement.removesuffix(".")
    return claim.model_copy(
        update={
            "claim": claim.claim + FIXED_K,
            "paper": claim.paper + FIXED_K_PAPER,
            "statement": f"{statement}, with alpha at the initial tail's length.",
            "parts": tuple(parts),
        }
    )


def strip_paper(paper: str) -> str:
    """Return the paper itself, of a claim of its own or of one that stands beside it."""
    return paper.removesuffix(EXTENDED_PAPER).removesuffix(FIXED_K_PAPER)
