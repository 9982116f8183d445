"""Config of what is made of trained runs without training: ensembles and averages of weights."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from weightscape.config.condition import Condition
from weightscape.config.section import Name, Section

Method = Literal[
    "trajectory_average",
    "trajectory_ensemble",
    "average",
    "ensemble",
    "greedy_soup",
    "interpolation",
    "recomputed_bn",
]

OF_ONE = ("trajectory_average", "trajectory_ensemble", "interpolation", "recomputed_bn")
"""Methods that make something of every run by itself."""

ALONG = ("trajectory_average", "trajectory_ensemble")
"""Methods that look at a run along its training."""

ENSEMBLES = ("trajectory_ensemble", "ensemble")
"""Methods that give predictions, and no network."""


class DerivedEntry(Section):
    """Something made of runs of one seed; every seed has its own."""

    name: Name = Field(
        description="Name in paths and tables; of several conditions each by itself,"
        " <name>-of-<condition>."
    )
    method: Method = Field(
        description="Mean of the weights, or of the logits, over the evaluations along a run or"
        " over several runs; a greedy soup of several runs; the weights on the line between a"
        " run's start and its end; or a run's own weights, the statistics of its batch norms"
        " recomputed: what an average is fairly compared with."
    )
    of: tuple[Name, ...] = Field(min_length=1, description="Conditions, or families of them.")
    family: Name = Field("", description="Family it belongs to; the method when missing.")
    over: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        (), description="interpolation: shares of the way from the start, each a dose."
    )
    bn: Literal["recomputed", "averaged"] = Field(
        "recomputed",
        description="Statistics of batch norms where weights are combined: recomputed on the"
        " training images, as the runs were shown them, unless all of the runs froze theirs; or"
        " combined as the weights are.",
    )
    average_from: float = Field(
        0,
        ge=0,
        lt=1,
        description="Along a run: share of the training after which evaluations count.",
    )
    reference: Name | None = Field(
        None,
        description="Condition that it is compared with; the reference of what it is made of when"
        " missing.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.method == "interpolation") != bool(self.over):
            raise ValueError("over: give shares where the method is interpolation, and only there")
        if self.average_from and self.method not in ALONG:
            raise ValueError(f"average_from: {self.method} does not look along a run; leave it out")
        if self.bn == "averaged" and self.method in (*ENSEMBLES, "recomputed_bn"):
            raise ValueError(f"bn: {self.method} has no weights that are combined; leave it out")
        return self


class Combination(Condition):
    """A condition whose runs are made of those of others."""

    method: Method
    members: tuple[Name, ...]
    average_from: float = 0
    share: float = 1
    bn: str = "recomputed"


def combine_entries(
    entries: tuple[DerivedEntry, ...], conditions: tuple[Condition, ...]
) -> tuple[Combination, ...]:
    """Return what the entries stand for, in order.

    Raises
    ------
    ValueError
        If one names neither a condition nor a family; the message has the entry's place.
    """
    found: list[Combination] = []
    for place, entry in enumerate(entries):
        members = _members(entry, place, conditions)
        groups = [(member,) for member in members] if entry.method in OF_ONE else [members]
        for group in groups:
            if entry.reference is None and len({member.reference for member in group}) > 1:
                raise ValueError(
                    f"derived.{place}.reference: what {entry.name!r} is made of is compared with"
                    " different conditions; say with which of them it is"
                )
            name = entry.name
            # A run is of its own dose still, with whatever statistics.
            dose = group[0].dose if entry.method == "recomputed_bn" else None
            if len(groups) > 1:
                name = f"{entry.name}-of-{group[0].name}"
            for share in entry.over or (1.0,):
                found.append(
                    Combination(
                        name=f"{name}-{share}" if entry.over else name,
                        family=entry.family or entry.method,
                        dose=share if entry.over else dose,
                        reference=entry.reference or group[0].reference,
                        method=entry.method,
                        members=tuple(member.name for member in group),
                        average_from=entry.average_from,
                        setting=group[0].setting if len(group) == 1 else "",
                        share=share,
                        bn=entry.bn,
                        factors={
                            "method": entry.method,
                            "of": [member.name for member in group],
                            **({"share": share} if entry.over else {}),
                            **({"bn": entry.bn} if entry.bn == "averaged" else {}),
                        },
                    )
                )
    return tuple(found)


def _members(
    entry: DerivedEntry, place: int, conditions: tuple[Condition, ...]
) -> tuple[Condition, ...]:
    members: dict[str, Condition] = {}
    for name in entry.of:
        chosen = [c for c in conditions if c.name == name] or [
            c for c in conditions if c.family == name
        ]
        if not chosen:
            known = ", ".join(sorted({c.name for c in conditions} | {c.family for c in conditions}))
            raise ValueError(
                f"derived.{place}.of: there is no condition or family {name!r}; there are {known}"
            )
        members |= {c.name: c for c in chosen}
    return tuple(members.values())
