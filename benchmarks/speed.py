"""Time and memory of the spectra: this package, WeightWatcher, powerlaw and the bare LAPACK calls.

All get the same float32 weights and all cores, and take turns in one process: one round after the
other, the slow ones in fewer rounds. Times are medians over the rounds.
"""

import time
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import peers
from benchmarks.apart import apart
from benchmarks.report import Table, cores
from benchmarks.weights import NETWORKS, TINY, Weights, heavy_tailed, matrices, shapes
from weightscape.config.spectra import CHEAP
from weightscape.spectra.power_law import fit_power_law
from weightscape.spectra.stream import Layer, analyse_layers

ROUNDS, SLOW_ROUNDS = 5, 2
SINGLE = {"4096 × 4096": (4096, 4096), "11008 × 4096": (11008, 4096)}
TAIL = 10_000
"""Size of the samples whose tails are fitted."""
MIB = 2**20
_NETWORKS_NOTE = """\
WeightWatcher takes q, k and v as the one matrix that they are stored in, which `weightscape` takes
apart: *as stored* compares both on the same matrices, *q, k, v apart* is what `weightscape` does.
The floor is a float64 Gram matrix and `numpy.linalg.eigvalsh` for each of the same matrices.
*WeightWatcher over it* compares with WeightWatcher's time for the same columns, *as stored*."""
_FITS_NOTE = """\
*bulk and tail*: nine tenths are eigenvalues of Gaussian matrices, the rest draws from a power law
above them. *Pareto*: all are draws from a power law, the hardest case of the exact scan."""
_MEMORY_NOTE = """\
Resident memory of a process with its libraries and weights loaded, and its peak while it computes
WeightWatcher's default columns."""


Key = Hashable
Contender = tuple[Callable[[], Any], int]
"""A call, and in how many rounds it takes part."""


def measure(folder: Path, quick: bool, factor: float) -> list[Table]:
    """Return the tables; `factor` multiplies the numbers of rounds."""
    fast, slow = (max(1, round(rounds * factor)) for rounds in (ROUNDS, SLOW_ROUNDS))
    if quick:
        fast = slow = 1
        networks, single = {"tiny": TINY}, {"96 × 96": {"layer.weight": (96, 96)}}
    else:
        networks = {name: shapes(name) for name in NETWORKS}
        single = {name: {"layer.weight": shape} for name, shape in SINGLE.items()}
    tail = 200 if quick else TAIL
    return [
        Table("Whole networks", _compare(networks, fast, slow, mp=True), _NETWORKS_NOTE),
        Table("Single layers", _compare(single, slow, slow, mp=False)),
        Table("The power law alone", _fits(tail, fast, slow), _FITS_NOTE),
        Table("Memory", _memory(networks if quick else networks | single), _MEMORY_NOTE),
    ]


def in_turn(
    contenders: Mapping[Key, Contender],
) -> tuple[dict[Key, list[float]], dict[Key, Any]]:
    """Call the contenders one after the other, round by round.

    Returns
    -------
    seconds : dict of list of float
        The durations of each.
    results : dict of object
        What each returned last.
    """
    seconds: dict[Key, list[float]] = {name: [] for name in contenders}
    results = {}
    for turn in range(max(rounds for _, rounds in contenders.values())):
        for name, (call, rounds) in contenders.items():
            if turn < rounds:
                start = time.perf_counter()
                results[name] = call()
                seconds[name].append(time.perf_counter() - start)
    return seconds, results


def planted_tail(size: int, seed: int) -> NDArray[np.float64]:
    """Return a bulk of Gaussian matrices' eigenvalues with a tenth as many Pareto draws above it.

    The density of the tail falls with the exponent 3.
    """
    generator = np.random.default_rng(seed)
    bulk, side = [], 200
    while sum(part.size for part in bulk) < 0.9 * size:
        entries = generator.standard_normal((2 * side, side)) / np.sqrt(2 * side)
        bulk.append(np.linalg.eigvalsh(entries.T @ entries))
    below = np.concatenate(bulk)[: round(0.9 * size)]
    tail = below.max() * (1 - generator.random(size - below.size)) ** -0.5
    return np.concatenate([below, tail])


def _compare(networks: Mapping[str, Any], fast: int, slow: int, mp: bool) -> list[dict[str, Any]]:
    """Return the rows of all networks, with the Marchenko-Pastur fit as well if `mp`."""
    _run(_contenders(heavy_tailed(TINY, seed=0), 1, 1, mp))  # imports, buffers and threads
    rows = []
    for name, of_shape in networks.items():
        contenders = _contenders(heavy_tailed(of_shape, seed=0), fast, slow, mp)
        rows += [{"network": name, **row} for row in _run(contenders)]
    return rows


def _contenders(weights: Weights, fast: int, slow: int, mp: bool) -> dict[Any, Contender]:
    model = peers.network(weights)
    found: dict[Any, Contender] = {}
    for stored in (True, False) if any("qkv" in name for name in weights) else (True,):
        layers = matrices(weights, split=not stored)
        found["floor", stored, False] = partial(peers.floor, layers), fast
        found["weightscape", stored, False] = partial(_ours, layers, mp=False), fast
        if mp:
            found["weightscape", stored, True] = partial(_ours, layers, mp=True), fast
    found["WeightWatcher", True, False] = partial(peers.weightwatcher, model, mp_fit=False), fast
    if mp:
        found["WeightWatcher", True, True] = partial(peers.weightwatcher, model, mp_fit=True), slow
    return found


def _run(contenders: Mapping[Any, Contender]) -> list[dict[str, Any]]:
    seconds, results = in_turn(contenders)
    middle = {key: median(taken) for key, taken in seconds.items()}
    theirs = results["WeightWatcher", True, False]
    rows = []
    for (who, stored, mp), taken in seconds.items():
        time_taken = middle[who, stored, mp]
        row = {
            "matrices": "as stored" if stored else "q, k, v apart",
            "by": who + " with MP fit" * mp,
            "seconds": time_taken,
            "from": min(taken),
            "to": max(taken),
            "rounds": len(taken),
            "over floor": time_taken / middle["floor", stored, False],
            "WeightWatcher over it": None,
            "alpha differs by": None,
        }
        if who == "weightscape":
            row["WeightWatcher over it"] = middle["WeightWatcher", True, mp] / time_taken
            if stored:
                difference = np.abs(results[who, stored, mp] / theirs - 1).max()
                row["alpha differs by"] = f"{difference:.0e}"
        rows.append(row)
    return rows


def _ours(layers: list[Layer], mp: bool) -> NDArray[np.float64]:
    options = CHEAP.model_copy(update={"marchenko_pastur": mp})
    return np.array([a.columns["alpha"] for _, a in analyse_layers(layers, options, cores())])


def _fits(size: int, fast: int, slow: int) -> list[dict[str, Any]]:
    generator = np.random.default_rng(1)
    samples = {
        "bulk and tail": planted_tail(size, seed=0),
        "Pareto": (1 - generator.random(size)) ** (-1 / 1.5),
    }
    rows = []
    for name, sample in samples.items():
        seconds, results = in_turn(
            {
                "weightscape": (lambda s=sample: fit_power_law(s).alpha, fast),
                "WeightWatcher": (partial(peers.weightwatcher_fit, sample), fast),
                "powerlaw": (partial(peers.powerlaw_fit, sample), slow),
            }
        )
        for who, taken in seconds.items():
            rows.append(
                {
                    "sample": name,
                    "values": size,
                    "by": who,
                    "seconds": f"{median(taken):.4f}",
                    "rounds": len(taken),
                    "over weightscape": median(taken) / median(seconds["weightscape"]),
                    "alpha": f"{results[who]:.8f}",
                }
            )
    return rows


def _memory(networks: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for name, of_shape in networks.items():
        with TemporaryDirectory() as scratch:
            path = Path(scratch) / "weights.npz"
            weights = heavy_tailed(of_shape, seed=0)
            np.savez(path, **weights)
            largest = max(values.size for values in weights.values()) * 8
            for who in ("floor", "weightscape", "WeightWatcher"):
                usage = apart(_prepared, path, who)
                rows.append(
                    {
                        "network": name,
                        "by": who,
                        "before, MiB": round(usage.before / MIB),
                        "peak, MiB": round(usage.peak / MIB),
                        "added, MiB": round((usage.peak - usage.before) / MIB),
                        "largest layer in float64, MiB": round(largest / MIB),
                    }
                )
    return rows


def _prepared(path: Path, who: str) -> Callable[[], Any]:
    """Return the call whose memory is measured, its libraries and weights loaded."""
    with np.load(path) as stored:
        weights = dict(stored)
    if who == "WeightWatcher":
        with peers.quiet():
            import weightwatcher  # noqa: F401
        return partial(peers.weightwatcher, peers.network(weights), mp_fit=False)
    layers = matrices(weights, split=False)
    return partial(peers.floor if who == "floor" else partial(_ours, mp=False), layers)
