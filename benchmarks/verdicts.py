"""How true the verdicts are: studies about which the truth is known, judged by the real code.

For every claim on images: how often it is called supported or contradicted where neither is true,
and how often it is called supported where it holds, by the size of what is planted. For the
headline and the claims on mechanisms: how often families are called alike that only train more or
less, and how often those that share something else.
"""

from collections import Counter
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.amounts import of_real_controls, on_a_path
from benchmarks.kept import Kept
from benchmarks.report import Table
from benchmarks.unseen import SHARING, draw_study
from benchmarks.verdict_tables import (
    ALIKE,
    APART,
    APART_POWER,
    OF_MECHANISMS,
    PATTERN,
    SIZES,
    Verdicts,
    amount_tables,
    tables,
    unseen_tables,
)
from benchmarks.workers import open_pool
from benchmarks.worlds import BORDERS, NOTHING, border, study, true
from weightscape.comparison.claims import claims_table
from weightscape.comparison.effects import Effects
from weightscape.comparison.likeness_rows import likeness_table
from weightscape.config.claims import claims_of_papers
from weightscape.report.nearest import find_likenesses, find_nearest
from weightscape.seeds import seed_for

SEEDS = (3, 5, 10)
PATHS = ("straight", "bent", "saturating", "wavy")
NOISES = (0.02, 0.1, 0.4)
"""Noise of a run, as a share of the own change of a layer."""
REPLICATES = 200
AMOUNT_REPLICATES = 100
POWER_REPLICATES = 50
UNSEEN_REPLICATES = 60
UNSEEN_POWER_REPLICATES = 20

CLAIMS = {claim.claim: claim for claim in claims_of_papers() if claim.claim in BORDERS}

Job = tuple[str, int, int]
"""World, seeds, number of studies."""


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
    with open_pool() as pool:
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
