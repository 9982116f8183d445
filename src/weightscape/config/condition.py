"""Config of the conditions: one by one, as a family that varies one factor, or over a grid."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator

from weightscape.config.families import TWIN
from weightscape.config.section import Name, Section, explain

FACTORS = "What the condition sets of the recipe, over the study's own."
GRID = (
    "Factors and their values: the entry stands once for every combination, with"
    " +<factor>-<value> at the end of its name and of its reference's; the study's `choose` settles"
    " which of them is compared."
)
Values = Annotated[tuple[float | str, ...], Field(min_length=1)]


class ConditionEntry(Section):
    """One named training recipe."""

    name: Name = Field(description="Name of the condition in paths and tables.")
    family: Name = Field("", description="Family it belongs to; its name when missing.")
    dose: float | None = Field(None, description="Value of the factor that its family varies.")
    factors: dict[str, Any] = Field({}, description=FACTORS)
    grid: dict[str, Values] = Field({}, description=GRID)
    reference: Name = Field(
        "baseline", description="Condition that it is compared with, seed by seed."
    )

    @field_validator("family", mode="before")
    @classmethod
    def _unquoted_null(cls, family: Any) -> Any:
        # YAML reads an unquoted null as no value; here it is the name of the twins' family.
        return "null" if family is None else family


class Condition(ConditionEntry):
    """What an entry stands for: one recipe, in one setting of a grid.

    Attributes
    ----------
    setting : str
        The setting of the grid that it is a member of; empty where there is none.
    entry : str
        Name of the entry, where one of the settings of its grid is chosen to be compared under it;
        empty otherwise.
    """

    setting: str = ""
    entry: str = ""

    @property
    def stands_for(self) -> str:
        """The name under which it is compared, if it is."""
        return self.entry or self.name

    @property
    def is_twin(self) -> bool:
        """Whether it differs from its reference in chance alone."""
        return self.family == TWIN


class FamilyEntry(Section):
    """Conditions that differ in one factor, named <family>-<dose>."""

    vary: str = Field(
        max_length=100,
        description="Factor to vary, such as `dropout`; a dotted key for a part of a factor, "
        "such as `augment.gaussian_noise.sd`.",
    )
    over: tuple[float, ...] = Field(min_length=1, description="The doses.")
    family: Name = Field("", description="Name of the family; `vary` when missing.")
    factors: dict[str, Any] = Field({}, description=FACTORS)
    grid: dict[str, Values] = Field({}, description=GRID)
    reference: Name = Field("baseline", description="Condition that they are compared with.")

    @field_validator("vary")
    @classmethod
    def _a_key(cls, vary: str) -> str:
        # A part may be the name of a generator, which may hold hyphens.
        if not all(part.replace("-", "_").isidentifier() for part in vary.split(".")):
            raise ValueError(f"{vary!r} is not a factor; write its key, such as dropout")
        return vary


def expand_conditions(
    entries: tuple[ConditionEntry | FamilyEntry, ...], choose: bool = False
) -> tuple[Condition, ...]:
    """Return the conditions that the `entries` of a study stand for, in order.

    Parameters
    ----------
    entries : tuple of ConditionEntry and FamilyEntry
        What the study lists.
    choose : bool, optional
        Whether one setting of a grid is chosen and compared with the reference's own; else each is
        compared with the reference of the same setting.

    Raises
    ------
    ValueError
        If a factor cannot be varied, or makes no name; the message has the entry's place.
    """
    conditions: list[Condition] = []
    for place, entry in enumerate(entries):
        key = "vary" if isinstance(entry, FamilyEntry) else "grid"
        try:
            members = _members(entry) if isinstance(entry, FamilyEntry) else [entry]
            conditions.extend(each for member in members for each in _in_settings(member, choose))
        except ValidationError as error:
            raise ValueError(f"conditions.{place}: {explain(error, ConditionEntry)}") from error
        except ValueError as error:
            raise ValueError(f"conditions.{place}.{key}: {error}") from error
    return tuple(conditions)


def _members(entry: FamilyEntry) -> list[ConditionEntry]:
    family = entry.family or entry.vary
    return [
        ConditionEntry(
            name=f"{family}-{dose}",
            family=family,
            dose=dose,
            factors=_with(entry.factors, entry.vary.split("."), dose),
            grid=entry.grid,
            reference=entry.reference,
        )
        for dose in entry.over
    ]


def _in_settings(entry: ConditionEntry, choose: bool) -> Iterator[Condition]:
    """Yield the condition in every setting of its grid; itself where it has none."""
    known = entry if isinstance(entry, Condition) else None
    under = entry.name if choose and entry.grid else ""
    for values in product(*entry.grid.values()):
        factors, setting = entry.factors, ""
        for key, value in zip(entry.grid, values, strict=True):
            if _is_set(entry.factors, key.split(".")):
                raise ValueError(
                    f"{key} is what {entry.name!r} sets itself, and its grid would put other values"
                    " in that place; leave it out of the one or the other"
                )
            factors = _with(factors, key.split("."), value)
            setting += f"+{key}-{value}"
        yield Condition(
            name=f"{entry.name}{setting}",
            family=entry.family or entry.name,
            dose=entry.dose,
            factors=factors,
            setting=known.setting if known else setting.removeprefix("+"),
            entry=known.entry if known else under,
            reference=entry.reference if choose else f"{entry.reference}{setting}",
        )


def _is_set(factors: Any, keys: list[str]) -> bool:
    """Return whether `factors` have a value under the nested `keys`."""
    for key in keys:
        if not isinstance(factors, Mapping) or key not in factors:
            return False
        factors = factors[key]
    return True


def _with(factors: Mapping[str, Any], keys: list[str], value: Any) -> dict[str, Any]:
    """Return `factors` with the value under the nested `keys` set."""
    first, *rest = keys
    if rest and not isinstance(factors.get(first, {}), dict):
        raise ValueError(
            f"{'.'.join(keys)} cannot be varied within {first}: {factors[first]!r}; "
            "give a mapping of names to options"
        )
    inner = _with(factors.get(first, {}), rest, value) if rest else value
    return {**factors, first: inner}
