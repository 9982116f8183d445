"""How true the numbers are: the engine on random matrices about which the truth is known.

Power laws of known exponent, pure noise, and noise with one spike. The row of every matrix is kept
in `simulation.parquet`; a row that is there, made by the same code with the same options, is not
computed again.
"""

import hashlib
import json
import multiprocessing
from collections.abc import Iterator, Sequence
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from benchmarks import draws
from benchmarks.report import Table, cores
from benchmarks.truth import noise, power_laws, spikes, summary
from weightscape.atomic import beside
from weightscape.config.spectra import Spectra
from weightscape.engine.digest import code_digest
from weightscape.seeds import seed_for
from weightscape.spectra.analyse import analyse
from weightscape.spectra.trust import trust

ALPHAS = (2.0, 2.5, 3.0, 4.0, 6.0)
ASPECTS = (1, 4)
REPLICATES = {64: 500, 192: 500, 768: 200, 3072: 10}
"""Matrices of a cell by their smaller side."""
STRENGTHS = (0.0, 0.5, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0)
"""Strengths of a spike over the threshold of Baik, Ben Arous and Péché."""
SPIKED_SIDES = (192, 768)
SHUFFLED_ALPHA = 2.0
FILE = "simulation.parquet"
KEY = ("design", "parameter", "M", "Q", "replicate", "stamp")
_SAMPLES = 99  # behind a p-value: 0.05 is one of its values
_BATCH = 20_000  # eigenvalues, about, of the matrices that one task of the pool analyses


class Matrix(NamedTuple):
    """Which random matrix.

    Attributes
    ----------
    design : str
        ``power law``, ``gaussian``, ``shuffled`` or ``spiked``.
    parameter : float
        Exponent of the power law, strength of the spike; 0 for noise.
    M, Q : int
        Smaller side of the matrix, and larger side over it.
    replicate : int
        Its number within its cell, which the others make up.
    """

    design: str
    parameter: float
    M: int
    Q: int
    replicate: int


def measure(folder: Path, quick: bool, factor: float) -> list[Table]:
    """Return the tables; `factor` multiplies the numbers of replicates."""
    frame = simulate(list(matrices(quick, factor)), folder / FILE, quick)
    for column in ("trusted", "trusted_with_p"):
        frame[column] = frame[column].eq(True)  # no alpha is no trust
    return [summary(frame), power_laws(frame), noise(frame), spikes(frame)]


def matrices(quick: bool, factor: float) -> Iterator[Matrix]:
    """Give all matrices, cell by cell, the largest first."""
    replicates = {32: 2} if quick else REPLICATES
    for M in sorted(replicates, reverse=True):
        for Q in (2,) if quick else sorted(ASPECTS, reverse=True):
            cells = [("power law", alpha) for alpha in (ALPHAS[:1] if quick else ALPHAS)]
            cells += [("gaussian", 0.0), ("shuffled", 0.0)]
            if quick or M in SPIKED_SIDES:
                cells += [("spiked", strength) for strength in STRENGTHS[:: 7 if quick else 1]]
            for design, parameter in cells:
                for replicate in range(max(2, round(replicates[M] * factor))):
                    yield Matrix(design, parameter, M, Q, replicate)


def simulate(wanted: Sequence[Matrix], path: Path, quick: bool) -> pd.DataFrame:
    """Return a row for every matrix; what `path` lacks is computed, and kept there."""
    keys = {(*matrix, stamp(matrix.design, quick)) for matrix in wanted}
    table = _known(path, keys)
    known = set(_keys(table))
    missing = [m for m in wanted if (*m, stamp(m.design, quick)) not in known]
    with (
        multiprocessing.get_context("spawn").Pool(cores(), _one_thread) as pool,
        tqdm(total=sum(m.M for m in missing), unit=" eigenvalues", unit_scale=True) as bar,
    ):
        analysed = pool.imap_unordered(partial(_rows, quick=quick), _batches(missing))
        for rows in analysed:
            part = pa.Table.from_pylist(rows)
            # A column that is missing throughout a part has no type of its own.
            table = pa.concat_tables([table, part], promote_options="permissive")
            with beside(path) as unfinished:
                pq.write_table(table, unfinished, compression="zstd")
            bar.update(sum(part["M"].to_pylist()))
    return table.to_pandas()


def draw(matrix: Matrix) -> NDArray[np.float32]:
    """Return the entries (N, M) of a matrix."""
    generator = np.random.default_rng(seed_for("simulate", *matrix))
    M, N = matrix.M, matrix.M * matrix.Q
    if matrix.design == "power law":
        return draws.with_spectrum(draws.pareto(matrix.parameter, M, generator), N, generator)
    if matrix.design == "gaussian":
        return draws.gaussian(N, M, generator)
    if matrix.design == "shuffled":
        return draws.shuffled(SHUFFLED_ALPHA, N, M, generator)
    return draws.spiked(matrix.parameter, N, M, generator)


def options(design: str, quick: bool) -> Spectra:
    """Return what is computed: the defaults and the p-value; the bulk and the null of a spike."""
    if design == "spiked":
        return Spectra(bootstrap=0, likelihood_ratios=False)
    return Spectra(bootstrap=5, goodness_of_fit=9) if quick else Spectra(goodness_of_fit=_SAMPLES)


@cache
def stamp(design: str, quick: bool) -> str:
    """Return a digest of the code and the options that make the rows of a design."""
    code = code_digest(draws.__file__, ["weightscape.spectra.analyse"])
    settings = json.dumps(options(design, quick).slice(), sort_keys=True)
    return hashlib.sha256(f"{code} {settings}".encode()).hexdigest()[:16]


def _rows(batch: Sequence[Matrix], quick: bool) -> list[dict[str, Any]]:
    return [_row(matrix, quick) for matrix in batch]


def _row(matrix: Matrix, quick: bool) -> dict[str, Any]:
    values = draw(matrix)
    analysis = analyse(
        values[np.newaxis],
        "Linear",
        options(matrix.design, quick),
        seed=seed_for("analyse", *matrix),
    )
    about = {
        "stamp": stamp(matrix.design, quick),
        "true_edge": draws.bulk_edge(values),
        # By default no p-value is computed, and `trusted` does without.
        "trusted": trust(analysis.columns | {"pl_p_value": None})[0],
        "trusted_with_p": analysis.columns["trusted"],
    }
    return analysis.columns | matrix._asdict() | about


def _batches(missing: Sequence[Matrix]) -> Iterator[list[Matrix]]:
    for (*_, M, _), cell in groupby(missing, key=lambda matrix: matrix[:-1]):
        members, size = list(cell), max(1, _BATCH // M)
        for start in range(0, len(members), size):
            yield members[start : start + size]


def _known(path: Path, keys: set[tuple[Any, ...]]) -> pa.Table:
    """Return the rows of `path` that have one of the `keys`."""
    if not path.exists():
        return pa.table({name: pa.nulls(0) for name in KEY})
    table = pq.read_table(path)
    return table.filter(pa.array([key in keys for key in _keys(table)], pa.bool_()))


def _keys(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(table[name].to_pylist() for name in KEY), strict=True))


def _one_thread() -> None:
    threadpool_limits(1)
