"""How the exponents hang on the aspect ratio of a matrix, whose spectrum is otherwise one.

Noise, power laws of known exponent, and power laws above noise, as matrices of one smaller side and
larger sides of several multiples of it. The plain alpha, that of the upper half (Hill) and that of
square sub-matrices (FARMS) are compared.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from benchmarks import draws
from benchmarks.report import Table
from weightscape.config.spectra import CHEAP
from weightscape.seeds import seed_for
from weightscape.spectra.analyse import analyse

SIDE = 256
ASPECTS = (1, 2, 4, 8, 16)
ALPHAS = (2.0, 3.0, 4.0)
REPLICATES = 80
"""Matrices of a cell."""
EXPONENTS = {"alpha": "alpha", "alpha_hill": "Hill", "alpha_farms": "FARMS"}
"""The columns that are compared, and what the tables call them."""
OPTIONS = CHEAP.model_copy(update={"farms": True})
_TAIL = 0.25  # of the directions are in the tail above noise
_START = 5.0  # where that tail starts, above the edge of noise of every aspect ratio


class Cell(NamedTuple):
    """Which matrices: a design, its exponent (0 for noise), and the sides."""

    design: str
    alpha: float
    aspect: int
    side: int


def draw_noise(cell: Cell, generator: np.random.Generator) -> NDArray[np.float32]:
    """Return independent Gaussian entries."""
    return draws.gaussian(cell.aspect * cell.side, cell.side, generator)


def draw_power_law(cell: Cell, generator: np.random.Generator) -> NDArray[np.float32]:
    """Return a matrix all of whose eigenvalues are draws from a power law."""
    eigenvalues = draws.pareto(cell.alpha, cell.side, generator)
    return draws.with_spectrum(eigenvalues, cell.aspect * cell.side, generator)


def draw_above_noise(cell: Cell, generator: np.random.Generator) -> NDArray[np.float32]:
    """Return noise and, in a quarter of its directions, draws from a power law above its edge."""
    eigenvalues = np.zeros(cell.side)
    tail = round(_TAIL * cell.side)
    eigenvalues[:tail] = _START * draws.pareto(cell.alpha, tail, generator)
    planted = draws.with_spectrum(eigenvalues, cell.aspect * cell.side, generator)
    return draw_noise(cell, generator) + planted


DESIGNS: dict[str, Callable[[Cell, np.random.Generator], NDArray[np.float32]]] = {
    "noise": draw_noise,
    "power law": draw_power_law,
    "power law above noise": draw_above_noise,
}


def measure(folder: Path, quick: bool, factor: float) -> list[Table]:
    """Return the tables; `factor` multiplies the number of matrices."""
    side, aspects, replicates = (32, (1, 4), 2) if quick else (SIDE, ASPECTS, REPLICATES)
    replicates = max(2, round(replicates * factor))
    cells = [
        Cell(design, alpha, aspect, side)
        for design in DESIGNS
        for alpha in ((0.0,) if design == "noise" else ALPHAS)
        for aspect in aspects
    ]
    with threadpool_limits(1):
        found = {cell: find_exponents(cell, replicates) for cell in tqdm(cells, unit=" cells")}
    noise = [_say_noise(cell, of) for cell, of in found.items() if cell.design == "noise"]
    planted = [_say_planted(cell, of) for cell, of in found.items() if cell.design != "noise"]
    return [
        Table(f"Exponents of noise by aspect ratio, M = {side}", noise, _NOISE.format(replicates)),
        Table(f"Exponents of planted power laws by aspect ratio, M = {side}", planted, _PLANTED),
    ]


def find_exponents(cell: Cell, replicates: int) -> NDArray[np.float64]:
    """Return the exponents of the matrices of a cell, shape (replicates, `EXPONENTS`).

    What is planted is the same for all aspect ratios.
    """
    rows = []
    for number in range(replicates):
        generator = np.random.default_rng(seed_for(cell.design, cell.alpha, number))
        values = DESIGNS[cell.design](cell, generator)
        columns = analyse(values[np.newaxis], "Linear", OPTIONS).columns
        rows.append([columns[name] for name in EXPONENTS])
    return np.array(rows, float)


def _say_noise(cell: Cell, found: NDArray[np.float64]) -> dict[str, Any]:
    row: dict[str, Any] = {"N/M": cell.aspect}
    for name, exponents in zip(EXPONENTS.values(), found.T, strict=True):
        row |= {f"{name}, mean": float(exponents.mean()), f"{name}, sd": _sd(exponents)}
    return row


def _say_planted(cell: Cell, found: NDArray[np.float64]) -> dict[str, Any]:
    row: dict[str, Any] = {"matrix": cell.design, "planted": cell.alpha, "N/M": cell.aspect}
    for name, exponents in zip(EXPONENTS.values(), found.T, strict=True):
        bias = float(exponents.mean()) - cell.alpha
        row |= {f"{name}, bias": bias, f"{name}, sd": _sd(exponents)}
    return row


def _sd(exponents: NDArray[np.float64]) -> float:
    return float(exponents.std(ddof=1))


_NOISE = """\
Independent Gaussian entries, {} matrices a row, of N rows and M columns. There is no power law: an
exponent that is the same in all rows says that layers of other shapes can be compared by it. *sd*:
over the matrices."""
_PLANTED = """\
*power law*: all M eigenvalues are draws from a power law, the singular vectors random, so that the
spectrum of the whole matrix does not hang on N. *power law above noise*: a quarter of the
directions are, above Gaussian noise. *bias*: mean exponent minus the planted one. A sub-matrix
mixes the singular directions of the whole, and so its spectrum is nearer to that of noise."""
