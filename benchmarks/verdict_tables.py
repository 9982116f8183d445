"""The tables of the verdicts: how often each is wrong, and how often it is found."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from benchmarks.report import Table
from benchmarks.set_aside import POWER_LATER, SIZE_LATER
from benchmarks.unseen import POWER, SIZE, World
from benchmarks.worlds import BORDERS

SIZES = (1.0, 2.0, 4.0, 8.0)
"""Planted effects, in σ of one seed's difference."""
PATTERN = 4.0
"""What two families share beside the amount, in σ of a layer."""

APART = SIZE | SIZE_LATER
APART_POWER = POWER | POWER_LATER
"""Worlds that no rule was made for, but one: see `unseen_tables`."""

OF_MECHANISMS = ("A1", "A2", "B1")
ALIKE = "alike"
"""The verdict on the headline: the nearest family is like dropout; contradicted where all families
are unlike it, not testable where none can be compared."""

Verdicts = Mapping[tuple[str, int], Counter[str]]
"""For a world and a number of seeds how often each `claim|scope|verdict` comes up."""

Words = Mapping[str, tuple[str, ...]]
"""For a column of a table the claim, and the verdicts that it counts."""


def share(verdicts: Counter[str], claim: str, scope: str, *which: str) -> float:
    """Return the share of studies, in %, with one of these verdicts."""
    about = {key: n for key, n in verdicts.items() if key.startswith(f"{claim}|{scope}|")}
    hits = sum(n for key, n in about.items() if key.rsplit("|", 1)[1] in which)
    return 100 * hits / sum(about.values())


def tables(verdicts: Verdicts, seeds: tuple[int, ...]) -> list[Table]:
    """Return the rates of wrong verdicts and of right ones."""
    places = {tuple(key.split("|")[:2]) for key in verdicts["nothing", seeds[0]]}
    ordered = sorted(places, key=lambda place: (BORDERS.index(place[0]), place[1] == "all"))
    wrong = ("supported", "contradicted")
    false_rows, power_rows = [], []
    for claim, scope in ordered:
        row: dict[str, str | float | None] = {"claim": claim, "layers": scope}
        for label, world in (("no effects", "nothing"), ("border", f"border {claim}")):
            for n in seeds:
                # Without effects, that there is no difference is true.
                rate = share(verdicts[world, n], claim, scope, *wrong)
                row[f"{label}, {n} seeds"] = None if (world, claim) == ("nothing", "B3") else rate
        false_rows.append(row)
        row = {"claim": claim, "layers": scope}
        for size in SIZES:
            for n in seeds:
                # B3 says that there is nothing.
                world = "nothing" if claim == "B3" else f"true {size}"
                row[f"{size:g} σ, {n} seeds"] = share(verdicts[world, n], claim, scope, "supported")
        power_rows.append(row)
    several, some = _count(verdicts, "border"), _count(verdicts, "true")
    return [
        Table(
            "A verdict where none is true, % of studies (right: 5 at most)",
            false_rows,
            f"{several} studies a cell, so that a true 5 % shows as 5 ± {_slack(several):.1f} in 19"
            " of 20 cells. *No effects*: every condition is a twin. *Border*: all that the claim"
            " says is planted, 32 σ strong, but one part of it (of B3 two), which is exactly where"
            " it neither holds nor is broken (no difference; for an equivalence, a difference of"
            " one margin, whose reference effect is estimated). Each claim is judged by itself:"
            " Holm's correction would only lower the rates.",
        ),
        Table(
            "A claim that holds is supported, % of studies",
            power_rows,
            f"{some} studies a cell. Every claim holds, with effects of so many σ (the standard"
            " deviation of the difference of two runs of one seed), and all are judged together,"
            " with Holm's correction. B3, that there is no difference, is judged where there is"
            " none.",
        ),
    ]


def amount_tables(verdicts: Verdicts, places: list[str], seeds: tuple[int, ...]) -> list[Table]:
    """Return how often more or less training passes for a mechanism, and how often one is found."""
    worlds = {f"amount {place}": place for place in places} | {"real": "real controls"}
    words: Words = {claim: (claim, "supported") for claim in (ALIKE, *OF_MECHANISMS)}
    false_rows = _list_rates(verdicts, "path, noise", worlds, words, seeds)
    worlds = {f"pattern {place}": place for place in places}
    words = {ALIKE: (ALIKE, "supported")}
    power_rows = _list_rates(verdicts, "path, noise", worlds, words, seeds)
    several, some = _count(verdicts, "amount"), _count(verdicts, "pattern")
    return [
        Table(
            "Families that only train more or less are called alike, % of studies (5 at most)",
            false_rows,
            f"{several} studies a cell, so that a true 5 % shows as 5 ± {_slack(several):.1f} in 19"
            " of 20. Every family stops at a place of its own on the path of the training, from .4"
            " to 1.4 of it, the control at .8; the noise of a run is a share of the layers' own"
            " change. *Real controls*: networks of `benchmarks/controls.yaml` that were trained for"
            " fewer or more steps or at another rate, relabelled as families.",
        ),
        Table(
            "Two families that share a pattern of their own are called alike, % of studies",
            power_rows,
            f"{some} studies a cell. As above, and dropout and augmentation have one pattern of"
            f" {PATTERN:g} σ of a layer in common. Where the noise is small, so is the pattern"
            " beside the amount, and where that goes further than the control on a path that bends,"
            " the one is not told from the other.",
        ),
    ]


def unseen_tables(
    verdicts: Verdicts, size: list[str], power: list[str], seeds: tuple[int, ...]
) -> list[Table]:
    """Return the same of the worlds that are kept apart."""
    label = "world, kept apart"
    worlds = {f"unseen {name}": name for name in size}
    decided = {claim: (claim, "supported", "contradicted") for claim in OF_MECHANISMS}
    compared = (ALIKE, "supported", "contradicted", "inconclusive")
    words: Words = {"compared": compared, ALIKE: (ALIKE, "supported"), **decided}
    false_rows = _list_rates(verdicts, label, worlds, words, seeds)
    worlds = {f"unseen-power {name}": name for name in power}
    words = {ALIKE: (ALIKE, "supported"), "unlike": (ALIKE, "contradicted")}
    power_rows = _list_rates(verdicts, label, worlds, words, seeds)
    several, some = _count(verdicts, "unseen "), _count(verdicts, "unseen-power ")
    when = (
        "These worlds were made up after the rules were fixed. *Weak control* has added the noise"
        " of a bend to them; the worlds from *head first*, and of power from"
        f" *{next(iter(POWER_LATER))}* on, were made up apart from that."
    )
    return [
        Table(
            "Kept apart: families that only train more or less are called alike, % of studies (5 at"
            " most)",
            false_rows,
            f"{several} studies a cell, so that a true 5 % shows as 5 ± {_slack(several):.1f} in 19"
            f" of 20. {when} *Compared*: dropout and a family are, so that they could be called"
            f" alike. A claim counts whichever way it is decided. {_describe(APART, size)}",
        ),
        Table(
            "Kept apart: dropout and augmentation share a pattern of their own, % of studies",
            power_rows,
            f"{some} studies a cell. {when} *Alike*: the nearest family is augmentation, and it is"
            f" called alike. *Unlike*: no family is. {_describe(APART_POWER, power)}",
        ),
    ]


def _list_rates(
    verdicts: Verdicts, label: str, worlds: Mapping[str, str], words: Words, seeds: tuple[int, ...]
) -> list[dict[str, str | float]]:
    """Return a row for each of the `worlds`, whose names in the table stand under `label`."""
    return [
        {
            label: name,
            **{
                f"{word}, {n} seeds": share(verdicts[world, n], claim, "body", *which)
                for word, (claim, *which) in words.items()
                for n in seeds
            },
        }
        for world, name in worlds.items()
    ]


def _describe(worlds: Mapping[str, World], names: list[str]) -> str:
    return " ".join(f"*{name.capitalize()}*: {worlds[name].what}." for name in names)


def _count(verdicts: Verdicts, world: str) -> int:
    """Return the smallest number of studies in the cells of such worlds."""
    totals = []
    for (name, _), counts in verdicts.items():
        if name.startswith(world):
            by_place = Counter[str]()
            for key, n in counts.items():
                by_place[key.rsplit("|", 1)[0]] += n
            totals.append(min(by_place.values()))
    return min(totals)


def _slack(studies: int) -> float:
    return float(100 * 2 * np.sqrt(0.05 * 0.95 / studies))
