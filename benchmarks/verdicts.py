"""How true the verdicts are: studies about which the truth is known, judged by the real code.

For every claim on images: how often it is called supported or contradicted where neither is true,
and how often it is called supported where it holds, by the size of what is planted. For the
headline and the claims on mechanisms: how often families are called alike that only train more or
less, and how often those that share something else.
"""

import multiprocessing
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from benchmarks.amounts import of_real_controls, on_a_path
from benchmarks.kept import Kept
from benchmarks.report import Table, cores
from benchmarks.set_aside import POWER_LATER, SIZE_LATER
from benchmarks.unseen import POWER, SHARING, SIZE, World, draw_study
from benchmarks.worlds import BORDERS, NOTHING, border, study, true
from weightscape.comparison.claims import claims_table
from weightscape.comparison.effects import Effects
from weightscape.comparison.likeness_rows import likeness_table
from weightscape.config.claims import claims_of_papers
from weightscape.report.nearest import find_likenesses, find_nearest
from weightscape.seeds import seed_for

SEEDS = (3, 5, 10)
SIZES = (1.0, 2.0, 4.0, 8.0)
"""Planted effects, in σ of one seed's difference."""
PATHS = ("straight", "bent", "saturating", "wavy")
NOISES = (0.02, 0.1, 0.4)
"""Noise of a run, as a share of the own change of a layer."""
PATTERN = 4.0
"""What two families share beside the amount, in σ of a layer."""
REPLICATES = 200
AMOUNT_REPLICATES = 100
POWER_REPLICATES = 50
UNSEEN_REPLICATES = 60
UNSEEN_POWER_REPLICATES = 20

APART = SIZE | SIZE_LATER
APART_POWER = POWER | POWER_LATER
"""Worlds that no rule was made for, but one: see `unseen_tables`."""

CLAIMS = {claim.claim: claim for claim in claims_of_papers() if claim.claim in BORDERS}
OF_MECHANISMS = ("A1", "A2", "B1")
ALIKE = "alike"
"""The verdict on the headline: the nearest family is like dropout; contradicted where all families
are unlike it, not testable where none can be compared."""

Job = tuple[str, int, int]
"""World, seeds, number of studies."""

Verdicts = Mapping[tuple[str, int], Counter[str]]
"""For a world and a number of seeds how often each `claim|scope|verdict` comes up."""

Words = Mapping[str, tuple[str, ...]]
"""For a column of a table the claim, and the verdicts that it counts."""


def measure(folder: Path, quick: bool, factor: float) -> list[Table]:
    """Return the tables; `factor` multiplies the numbers of studies."""
    several, amounts, some, apart, few = (
        2 if quick else max(20, round(factor * number))
        for number in (
            REPLICATES,
            AMOUNT_REPLICATES,
            POWER_REPLICATES,
            UNSEEN_REPLICATES,
            UNSEEN_POWER_REPLICATES,
        )
    )
    seeds, paths, noises, size, power = SEEDS, PATHS, NOISES, [*APART], [*APART_POWER]
    if quick:
        seeds, paths, noises, size, power = SEEDS[:1], PATHS[:1], NOISES[:1], size[:1], power[-1:]
    places = [f"{path} {noise:g}" for path in paths for noise in noises]
    jobs = [("nothing", n, several) for n in seeds]
    jobs += [(f"border {claim}", n, several) for claim in BORDERS for n in seeds]
    jobs += [(f"true {size}", n, some) for size in SIZES for n in seeds]
    jobs += [(f"amount {place}", n, amounts) for place in places for n in seeds]
    jobs += [("real", n, amounts) for n in seeds]
    jobs += [(f"pattern {place}", n, some) for place in places for n in seeds]
    jobs += [(f"unseen {name}", n, apart) for name in size for n in seeds]
    jobs += [(f"unseen-power {name}", n, few) for name in power for n in seeds]
    kept = Kept("verdicts", folder) if quick else Kept("verdicts")
    verdicts = judge(jobs, kept)
    return [
        *tables(verdicts, seeds),
        *amount_tables(verdicts, places, seeds),
        *unseen_tables(verdicts, size, power, seeds),
    ]


def judge(jobs: list[Job], kept: Kept) -> Verdicts:
    """Return the verdicts of all jobs, those that are kept from an earlier run among them."""
    found: dict[tuple[str, int], Counter[str]] = {}
    with multiprocessing.get_context("spawn").Pool(cores(), _one_thread) as pool:
        for world, n, count in tqdm(jobs, unit=" cells"):
            key = f"{world}|{n}|{count}"
            counts = kept.find(key)
            if counts is None:
                tasks = [(world, n, replicate) for replicate in range(count)]
                counts = Counter()
                for each in pool.imap_unordered(_judged, tasks, chunksize=5):
                    counts.update(each)
                kept.keep(key, counts.items())
            found[world, n] = counts
    return found


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


def _one_thread() -> None:
    threadpool_limits(1)


def _judged(task: tuple[str, int, int]) -> Counter[str]:
    """Make one study and judge its claims; return what was said of each."""
    world, seeds, replicate = task
    kind, _, which = world.partition(" ")
    rng = np.random.default_rng(seed_for(replicate, world, seeds))
    if kind in ("amount", "pattern"):
        path, noise = which.split()
        pattern = PATTERN if kind == "pattern" else 0.0
        return judge_mechanisms(on_a_path(path, float(noise), seeds, rng, pattern))
    if kind == "real":
        return judge_mechanisms(of_real_controls(seeds, rng))
    if kind == "unseen":
        return judge_mechanisms(draw_study(APART[which], seeds, rng))
    if kind == "unseen-power":
        return judge_mechanisms(draw_study(APART_POWER[which], seeds, rng), SHARING[1])
    if kind == "true":
        effects = study(true(float(which)), seeds, rng)
        # All at once, as in a study.
        return _say(claims_table([effects], list(CLAIMS.values())).to_pylist())
    effects = study(NOTHING if kind == "nothing" else border(which), seeds, rng)
    each = CLAIMS.values() if kind == "nothing" else [CLAIMS[which]]
    return _say([row for c in each for row in claims_table([effects], [c]).to_pylist()])


def judge_mechanisms(effects: Effects, meant: str = "") -> Counter[str]:
    """Return what is said of the headline, and of the claims on mechanisms each by itself.

    Where a family is `meant`, another that is called alike is a verdict of its own: another.
    """
    nearest = find_nearest(find_likenesses(likeness_table([effects]).to_pandas()))
    word = "not testable" if nearest is None else "inconclusive"
    if nearest is not None and nearest.is_alike:
        word = "another" if meant and nearest.family != meant else "supported"
    elif nearest is not None and nearest.all_unlike:
        word = "contradicted"
    found = Counter([f"{ALIKE}|body|{word}"])
    for claim in OF_MECHANISMS:
        found.update(_say(claims_table([effects], [CLAIMS[claim]]).to_pylist()))
    return found


def _say(rows: list[dict[str, object]]) -> Counter[str]:
    return Counter(
        f"{row['claim']}|{row['scope']}|{row['verdict']}"
        for row in rows
        if row["part"] == 0 and row["claim"] in CLAIMS
    )
