"""The power calculation behind the limits of `tail_cv`: independent values, no matrices.

How often a true power law and a law that is none pass the rule of trust, over the lower limit of
the coefficient of variation. The null, which takes a matrix, has no part in it.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.draws import pareto
from benchmarks.report import Table
from benchmarks.workers import open_pool
from weightscape.config.spectra import DEFAULTS
from weightscape.seeds import seed_for
from weightscape.spectra.bootstrap import cv_columns, goodness_of_fit, spread_over_resamples
from weightscape.spectra.power_law import fit_power_law
from weightscape.spectra.trust import CV_HIGH, CV_LOW, trust

SIZES = (512, 1024)
REPLICATES = 200
LOWER = (0.90, 0.88, 0.87, CV_LOW, 0.85, 0.84, 0.82)
_BESIDE = {
    "tail_cv_low": 1.0, "tail_cv_high": 1.0, "null_max": 0.0,
    "alpha_high": None, "null_alpha_low": None,
}  # fmt: skip
"""Columns that stand against no trust: the shape is judged apart, and there is no null."""
_UPPER = np.log(CV_HIGH) / -np.log(CV_LOW)  # how many times as far the upper limit's logarithm is


class Law(NamedTuple):
    """A law of eigenvalues: its family, a parameter of it, and the share that follow it."""

    family: str
    parameter: float
    share: float = 1.0


POWER_LAWS = [Law("power law", alpha, share) for alpha in (2.0, 3.0, 4.0) for share in (0.5, 1.0)]
OTHERS = [
    *(Law("log-normal", sd) for sd in (0.5, 1.0, 2.0)),
    Law("exponential", 1.0),
    Law("stretched exponential", 0.5),
]


def measure(folder: Path, quick: bool, factor: float) -> list[Table]:
    """Return the table; `factor` multiplies the numbers of draws."""
    count = 2 if quick else max(20, round(factor * REPLICATES))
    sizes = (64,) if quick else SIZES
    tasks = [(law, n, k) for law in POWER_LAWS + OTHERS for n in sizes for k in range(count)]
    with open_pool() as pool:
        found = list(tqdm(pool.imap(_judge, tasks, chunksize=10), total=len(tasks), unit=" draws"))
    return [_tabulate(pd.DataFrame(found), sizes, count)]


def draw(law: Law, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return eigenvalues; those that do not follow a power law fill the room below its start."""
    if law.family == "power law":
        above = pareto(law.parameter, round(law.share * size), rng)
        return np.concatenate([rng.random(size - above.size), above])
    if law.family == "log-normal":
        return rng.lognormal(0, law.parameter, size)
    return rng.exponential(1, size) ** (1 / law.parameter)


def _judge(task: tuple[Law, int, int]) -> dict[str, object]:
    law, size, replicate = task
    seed = seed_for("limits", *law, size, replicate)
    values = draw(law, size, np.random.default_rng(seed))
    fit = fit_power_law(values)
    assert fit is not None, "values that are drawn from a density differ"
    spread = spread_over_resamples(values, fit, DEFAULTS.bootstrap, seed)
    goodness = goodness_of_fit(values, fit, DEFAULTS.goodness_of_fit, seed)
    assert spread is not None and goodness is not None, "what has a fit has resamples"
    columns = {"alpha": fit.alpha, "num_pl_spikes": fit.n_tail, **goodness._asdict()}
    holds, _ = trust(columns | _BESIDE)
    return {**law._asdict(), "size": size, "holds": holds, **cv_columns(values, fit, spread)}


def _tabulate(found: pd.DataFrame, sizes: tuple[int, ...], count: int) -> Table:
    kinds = {
        "log-normal": found["family"] == "log-normal",
        "exponential": found["family"].str.contains("exponential"),
        "power law on half": (found["family"] == "power law") & (found["share"] == 0.5),
        "power law on all": (found["family"] == "power law") & (found["share"] == 1),
    }
    rows = []
    for limit in sorted(LOWER, reverse=True):
        passes = found["holds"] & (found["tail_cv_low"] >= limit)
        passes &= found["tail_cv_high"] <= limit**-_UPPER
        row: dict[str, object] = {"lower limit": limit, "upper limit": limit**-_UPPER}
        for kind, meant in kinds.items():
            for size in sizes:
                row[f"{kind}, {size}"] = 100 * passes[meant & (found["size"] == size)].mean()
        rows.append(row)
    return Table(
        "Shares that pass for a power law by the limits of `tail_cv`, %",
        rows,
        f"{count} draws of every law and number of values: log-normal with standard deviations .5,"
        " 1 and 2; exponential, and stretched with exponent .5; power laws of exponent 2, 3 and 4,"
        " on all values or on half of them above as many uniform ones. All points of the rule hold"
        f" but that about the null. {CV_LOW:g} and {CV_HIGH:g} are the limits; the upper one's"
        " logarithm is the farther one, for what is mistaken for a power law thins out faster.",
    )
