"""How true the verdicts on claims are: studies with planted effects, judged by the real code.

For every claim on images: how often it is called supported or contradicted where neither is true,
and how often it is called supported where it holds, by the size of what is planted.
"""

import multiprocessing
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from benchmarks.report import Table, cores
from benchmarks.worlds import BORDERS, NOTHING, border, study, true
from weightscape.comparison.claims import claims_table
from weightscape.config.analysis import Comparison
from weightscape.config.claims import claims_of_papers
from weightscape.seeds import seed_for

SEEDS = (3, 5, 10)
SIZES = (1.0, 2.0, 4.0, 8.0)
"""Planted effects, in σ of one seed's difference."""
REPLICATES = 1000
POWER_REPLICATES = 200

CLAIMS = {claim.claim: claim for claim in claims_of_papers() if claim.claim in BORDERS}
MARGINS = Comparison().margins

Key = tuple[str, int, str, str]
"""World, seeds, claim, scope."""

Verdicts = Mapping[Key, Counter[str]]


def measure(folder: Path, quick: bool, factor: float) -> list[Table]:
    """Return the tables; `factor` multiplies the numbers of studies."""
    several = 2 if quick else max(20, round(factor * REPLICATES))
    some = 2 if quick else max(20, round(factor * POWER_REPLICATES))
    seeds = SEEDS[:1] if quick else SEEDS
    jobs = [("nothing", n, several) for n in seeds]
    jobs += [(f"border {claim}", n, several) for claim in BORDERS for n in seeds]
    jobs += [(f"true {size}", n, some) for size in SIZES for n in seeds]
    return tables(judge(jobs), seeds)


def judge(jobs: list[tuple[str, int, int]]) -> Verdicts:
    """Return how often each verdict comes up, for (world, seeds, number of studies)."""
    tasks = [(world, n, replicate) for world, n, count in jobs for replicate in range(count)]
    verdicts: dict[Key, Counter[str]] = {}
    with multiprocessing.get_context("spawn").Pool(cores(), _one_thread) as pool:
        found = pool.imap_unordered(_judged, tasks, chunksize=10)
        for study_found in tqdm(found, total=len(tasks), unit=" studies"):
            for key, verdict in study_found:
                verdicts.setdefault(key, Counter())[verdict] += 1
    return verdicts


def wrong(verdicts: Counter[str]) -> float:
    """Return the share of studies with a verdict, where none is true."""
    return 1 - verdicts["inconclusive"] / verdicts.total()


def tables(verdicts: Verdicts, seeds: tuple[int, ...]) -> list[Table]:
    """Return the rates of wrong verdicts and of right ones."""
    places = sorted(
        {key[2:] for key in verdicts},
        key=lambda place: (BORDERS.index(place[0]), place[1] == "all"),
    )
    false_rows, power_rows = [], []
    for claim, scope in places:
        row: dict[str, str | float | None] = {"claim": claim, "layers": scope}
        for label, world in (("no effects", "nothing"), ("border", f"border {claim}")):
            for n in seeds:
                # Without effects, that there is no difference is true.
                rate = wrong(verdicts[world, n, claim, scope])
                shown = None if (world, claim) == ("nothing", "B3") else 100 * rate
                row[f"{label}, {n} seeds"] = shown
        false_rows.append(row)
        row = {"claim": claim, "layers": scope}
        for size in SIZES:
            for n in seeds:
                # B3 says that there is nothing.
                world = "nothing" if claim == "B3" else f"true {size}"
                found = verdicts[world, n, claim, scope]
                row[f"{size:g} σ, {n} seeds"] = 100 * found["supported"] / found.total()
        power_rows.append(row)
    several = min(found.total() for key, found in verdicts.items() if key[0].startswith("border"))
    some = min(found.total() for key, found in verdicts.items() if key[0].startswith("true"))
    slack = 100 * 2 * np.sqrt(0.05 * 0.95 / several)
    return [
        Table(
            "A verdict where none is true, % of studies (right: 5 at most)",
            false_rows,
            f"{several} studies a cell, so that a true 5 % shows as 5 ± {slack:.1f} in 19 of 20"
            " cells. *No effects*: every condition is a twin. *Border*: all that the claim says is"
            " planted, 32 σ strong, but one part of it (of B3 two), which is exactly where it"
            " neither holds nor is broken (no difference; for an equivalence, one margin). Each"
            " claim is judged by itself: Holm's correction would only lower the rates.",
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


def _one_thread() -> None:
    threadpool_limits(1)


def _judged(task: tuple[str, int, int]) -> list[tuple[Key, str]]:
    """Make one study and judge its claims; return a key and a verdict for each."""
    world, seeds, replicate = task
    kind, _, which = world.partition(" ")
    rng = np.random.default_rng(seed_for(replicate, world, seeds))
    if kind == "true":
        effects = study(true(float(which)), seeds, rng)
        # All at once, as in a study.
        rows = claims_table([effects], list(CLAIMS.values()), MARGINS).to_pylist()
    else:
        effects = study(NOTHING if kind == "nothing" else border(which), seeds, rng)
        each = CLAIMS.values() if kind == "nothing" else [CLAIMS[which]]
        rows = [r for c in each for r in claims_table([effects], [c], MARGINS).to_pylist()]
    return [
        ((world, seeds, row["claim"], row["scope"]), row["verdict"])
        for row in rows
        if row["part"] == 0
    ]
