"""Config of the conditions: written one by one or as a family that varies one factor."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, field_validator

from weightscape.section import Name, Section

Factors = Annotated[
    dict[str, Any],
    Field(
        default_factory=dict,
        description="What the condition sets of the recipe, over the study's own.",
    ),
]


class Condition(Section):
    """One named training recipe."""

    name: Name = Field(description="Name of the condition in paths and tables.")
    family: Name = Field("", description="Family it belongs to; its name when missing.")
    dose: float | None = Field(None, description="Value of the factor that its family varies.")
    factors: Factors
    reference: Name = Field(
        "baseline", description="Condition that it is compared with, seed by seed."
    )

    @field_validator("family", mode="before")
    @classmethod
    def _unquoted_null(cls, family: Any) -> Any:
        # YAML reads an unquoted null as no value; here it is the name of the twins' family.
        return "null" if family is None else family


class Family(Section):
    """Conditions that differ in one factor, named <family>-<dose>."""

    vary: str = Field(
        description="Factor to vary, such as `dropout`; a dotted key for a part of a factor, "
        "such as `augment.gaussian_noise.sd`."
    )
    over: tuple[float, ...] = Field(min_length=1, description="The doses.")
    family: Name = Field("", description="Name of the family; `vary` when missing.")
    factors: Factors
    reference: Name = Field("baseline", description="Condition that they are compared with.")

    @field_validator("vary")
    @classmethod
    def _a_key(cls, vary: str) -> str:
        if not all(part.isidentifier() for part in vary.split(".")):
            raise ValueError(f"{vary!r} is not a factor; write its key, such as dropout")
        return vary


def expanded(entries: tuple[Condition | Family, ...]) -> tuple[Condition, ...]:
    """Return the conditions that the `entries` of a study stand for, in order."""
    conditions: list[Condition] = []
    for entry in entries:
        if isinstance(entry, Family):
            conditions.extend(_members(entry))
        else:
            conditions.append(entry.model_copy(update={"family": entry.family or entry.name}))
    return tuple(conditions)


def _members(entry: Family) -> list[Condition]:
    family = entry.family or entry.vary
    return [
        Condition(
            name=f"{family}-{dose}",
            family=family,
            dose=dose,
            factors=_with(entry.factors, entry.vary.split("."), dose),
            reference=entry.reference,
        )
        for dose in entry.over
    ]


def _with(factors: Mapping[str, Any], keys: list[str], dose: float) -> dict[str, Any]:
    """Return `factors` with the value under the nested `keys` set to `dose`."""
    first, *rest = keys
    if rest and not isinstance(factors.get(first, {}), dict):
        raise ValueError(
            f"{'.'.join(keys)} cannot be varied within {first}: {factors[first]!r}; "
            "give a mapping of names to options"
        )
    value = _with(factors.get(first, {}), rest, dose) if rest else dose
    return {**factors, first: value}
