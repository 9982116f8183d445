"""How true the numbers are: the engine on random matrices about which the truth is known.

The row of every matrix is kept in `simulation.parquet`; a row that is there, made by the same code
with the same options, is not computed again.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from benchmarks import designs, designs_apart, designs_further, draws
from benchmarks.designs import DESIGNS, SIZES, SPIKED, Design
from benchmarks.designs_apart import APART
from benchmarks.designs_further import FURTHER
from benchmarks.report import Table
from benchmarks.truth import false_words, in_short
from benchmarks.truth_bulk import edges, spikes
from benchmarks.truth_power_laws import nested_ratio, power_laws, trade_off
from benchmarks.workers import open_pool
from weightscape.atomic import beside
from weightscape.config.spectra import Spectra
from weightscape.engine.digest import code_digest
from weightscape.seeds import seed_for
from weightscape.spectra.analyse import analyse

REPLICATES = 400
"""Matrices of a cell, a design and a number of eigenvalues."""
SPIKED_REPLICATES = 100
ALL = DESIGNS | FURTHER | APART | SPIKED
_OWN = {designs_further: FURTHER, designs_apart: APART}
KEPT = Path(__file__).parents[1] / "results" / "benchmarks"
FILE = "simulation.parquet"
KEY = ("design", "eigenvalues", "replicate", "stamp")
_BATCH = 100_000  # eigenvalues, about, of the matrices that one task of the pool analyses


class Matrix(NamedTuple):
    """Which random matrix.

    Attributes
    ----------
    design : str
        Name of its design.
    eigenvalues : int
        How many it has, or about: kernel positions share them out evenly.
    replicate : int
        Its number within its cell, which the others make up.
    """

    design: str
    eigenvalues: int
    replicate: int


def measure(folder: Path, quick: bool, factor: float) -> list[Table]:
    """Return the tables; `factor` multiplies the numbers of replicates."""
    path = (folder if quick else KEPT) / FILE
    frame = simulate(list(matrices(quick, factor)), path, quick)
    apart = frame.design.isin(APART)
    tables = [*words(frame[~apart]), *words(frame[apart], ", kept apart")]
    for table in (nested_ratio, trade_off, edges, spikes):
        tables.append(table(frame[~apart]))
    return [table for table in tables if table.rows]


def words(frame: pd.DataFrame, which: str = "") -> list[Table]:
    """Return the tables of the words and of alpha; `which` designs they are is in their titles."""
    return [
        in_short(frame, f"In short{which}"),
        false_words(frame, f"Spectra without a power law{which}, % of matrices"),
        power_laws(frame, f"Power laws of known exponent{which}"),
    ]


def matrices(quick: bool, factor: float) -> Iterator[Matrix]:
    """Give all matrices, cell by cell, the largest first; two of each design if `quick`."""
    for size in (32,) if quick else sorted(SIZES, reverse=True):
        for name, design in ALL.items():
            replicates = SPIKED_REPLICATES if name in SPIKED else REPLICATES
            if quick or size in design.sizes:
                for replicate in range(2 if quick else max(2, round(replicates * factor))):
                    yield Matrix(name, size, replicate)


def simulate(wanted: Sequence[Matrix], path: Path, quick: bool) -> pd.DataFrame:
    """Return a row for every matrix, in their order; what `path` lacks is computed and kept there.

    Rows of `path` that other code has made are dropped.
    """
    stamps = {name: stamp(name, quick) for name in ALL}
    table = _known(path, stamps)
    known = set(_keys(table))
    missing = [m for m in wanted if (*m, stamps[m.design]) not in known]
    batches = list(_batches(missing))
    total = sum(matrix.eigenvalues for matrix in missing)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        open_pool(len(batches)) as pool,
        tqdm(total=total, unit=" eigenvalues", unit_scale=True) as bar,
    ):
        for rows in pool.imap_unordered(partial(_rows, quick=quick), batches):
            part = pa.Table.from_pylist([row | {"stamp": stamps[row["design"]]} for row in rows])
            # A column that is missing throughout a part has no type of its own.
            table = pa.concat_tables([table, part], promote_options="permissive")
            with beside(path) as unfinished:
                pq.write_table(table, unfinished, compression="zstd")
            bar.update(sum(part["eigenvalues"].to_pylist()))
    places = {key: place for place, key in enumerate(_keys(table))}
    order = [places[*matrix, stamps[matrix.design]] for matrix in wanted]
    frame: pd.DataFrame = table.take(order).to_pandas()
    return frame


def options(kind: designs.Kind, quick: bool) -> Spectra:
    """Return what is computed: the defaults; of one spike the bulk and the null alone."""
    if kind == "one spike":
        return Spectra(bootstrap=0, goodness_of_fit=0, likelihood_ratios=False)
    return Spectra(bootstrap=5, goodness_of_fit=9) if quick else Spectra()


def stamp(design: str, quick: bool) -> str:
    """Return a digest of the code and the options that make the rows of a design."""
    settings = json.dumps(options(_find(design).kind, quick).slice(), sort_keys=True)
    return hashlib.sha256(f"{_code(design)} {settings}".encode()).hexdigest()[:16]


@cache
def _code(design: str) -> str:
    own = [module for module, of in _OWN.items() if design in of]
    files = [module.__file__ for module in (designs, draws, *own)]
    return " ".join(code_digest(file, ["weightscape.spectra.analyse"]) for file in files)


def _find(design: str) -> Design:
    return ALL[design]


def _rows(batch: Sequence[Matrix], quick: bool) -> list[dict[str, Any]]:
    return [_row(matrix, quick) for matrix in batch]


def _row(matrix: Matrix, quick: bool) -> dict[str, Any]:
    design = _find(matrix.design)
    drawn = design.draw(matrix.eigenvalues, np.random.default_rng(seed_for("simulate", *matrix)))
    analysis = analyse(
        drawn.values,
        drawn.layer_type,
        options(design.kind, quick),
        seed=seed_for("analyse", *matrix),
        rounding=drawn.rounding,
    )
    truth = {
        "kind": design.kind,
        "true_alpha": design.alpha,
        "true_share": design.share,
        "strength": design.strength,
        "true_edge": draws.bulk_edge(drawn.values[0]) if len(drawn.values) == 1 else None,
    }
    row: dict[str, Any] = analysis.columns | matrix._asdict() | truth
    return row


def _batches(missing: Sequence[Matrix]) -> Iterator[list[Matrix]]:
    for size, matrices in groupby(missing, key=lambda matrix: matrix.eigenvalues):
        members, several = list(matrices), max(1, _BATCH // size)
        for start in range(0, len(members), several):
            yield members[start : start + several]


def _known(path: Path, stamps: dict[str, str]) -> pa.Table:
    """Return the rows of `path` that the present code has made."""
    if not path.exists():
        return pa.table({name: pa.nulls(0) for name in KEY})
    table = pq.read_table(path)
    own = [stamps.get(design) == made for design, _, _, made in _keys(table)]
    return table.filter(pa.array(own, pa.bool_()))


def _keys(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(table[name].to_pylist() for name in KEY), strict=True))
