"""In which form a convolution tells of what changes in it: pooled or unfolded.

Pairs of trainings that differ by chance, of which one has a known change besides, as in a study:
which form's metrics show it, how often one of them shows a change where there is none, and which
ranks changes as the convolution's own operator does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from benchmarks.convolutions import (
    CHANGES,
    USUAL,
    WORLDS,
    Array,
    World,
    chance,
    operator_eigenvalues,
    scale_change,
    trained,
)
from benchmarks.form_tables import (
    CHANCE,
    EFFECT,
    FORMS,
    METRICS,
    NOTHING,
    SEEDS,
    by_change,
    in_short,
    in_worlds,
    judge,
)
from benchmarks.report import Table
from weightscape.seeds import seed_for
from weightscape.spectra.comparable_alpha import find_largest_alpha
from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.spectra.forms import unfold
from weightscape.spectra.norms import entropy, norms
from weightscape.spectra.power_law import fit_power_law

SIZES = {(64, 64): 200, (128, 128): 100, (512, 256): 25}
"""Pairs of trainings by outputs and inputs."""
AMOUNTS = 5
"""Times that every change is ranked, each in another amount: of a quarter to 64 of the effect."""
_LARGEST = 128  # side up to which the operator's spectrum is taken; it costs the most
_ROUNDING = 1e-9  # of a metric: a change below it is none
_TRIALS = 50  # draws of chance behind its standard deviation


def measure(folder: Path, quick: bool, factor: float) -> list[Table]:
    """Return the tables; `factor` multiplies the numbers of pairs."""
    wanted = {(16, 12): 10} if quick else SIZES
    pairs = {size: max(2 * SEEDS, round(count * factor)) for size, count in wanted.items()}
    with threadpool_limits(1):
        effects = pd.DataFrame(_effects(pairs, USUAL))
        found = judge(effects, *_find_truth(pairs, USUAL))
        smallest = dict([min(pairs.items())])
        others = {
            name: judge(pd.DataFrame(_effects(smallest, world)), *_find_truth(smallest, world))
            for name, world in list(WORLDS.items())[1 : 2 if quick else None]
        }
    return [in_short(effects, found), in_worlds(others), by_change(effects)]


def describer(kind: str, base: Array) -> Callable[[Array], dict[str, float]]:
    """Return what gives the metrics of a convolution that `base` is the start of.

    Parameters
    ----------
    kind : {"pooled", "unfolded", "operator"}
        Of which spectrum.
    base : ndarray
        The length of its tail is that of `alpha_fixed_k`.
    """

    def spectrum(values: Array) -> tuple[Array, int]:
        if kind == "operator":
            ascending = operator_eigenvalues(values)
            return ascending, ascending.size
        if kind == "unfolded":
            return eigenvalues(unfold(values), "UnfoldedConv2d")[:2]
        return eigenvalues(values, "Conv2d")[:2]

    start = fit_power_law(spectrum(base)[0])
    length = start.n_tail if start else 0

    def describe(values: Array) -> dict[str, float]:
        ascending, rank = spectrum(values)
        tail = fit_power_law(ascending)
        found = norms(ascending) | {"entropy": entropy(ascending, rank)}
        found["alpha"] = tail.alpha if tail else np.nan
        found["alpha_fixed_k"] = find_largest_alpha(ascending, length) or np.nan
        return {metric: found[metric] for metric in METRICS}

    return describe


def _effects(sizes: Mapping[tuple[int, int], int], world: World) -> Iterator[dict[str, object]]:
    """Give the effect of every change on every metric of every pair of trainings."""
    with tqdm(total=sum(sizes.values()), unit="pair", disable=None) as bar:
        for size, pairs in sizes.items():
            base = _start(size, world)
            changed = {NOTHING: base, **_change(base, world)}
            describe = {form: describer(form, base) for form in FORMS}
            for pair in range(pairs):
                plain = _train(base, _draw("reference", base, pair), world)
                before = {form: describe[form](plain) for form in FORMS}
                for name, goal in changed.items():
                    values = _train(goal, _draw(f"{name} trained", base, pair), world)
                    for form in FORMS:
                        place = {"size": _name(size), "change": name, "form": form}
                        effect = _subtract(describe[form](values), before[form])
                        yield {**place, "pair": pair, **effect}
                bar.update()


def _change(base: Array, world: World) -> dict[str, Array]:
    """Return the convolution after every change, by the name of the change."""
    target = EFFECT * _find_noise(base, world)
    return {
        name: base + scale_change(base, change(base, _draw(name, base, 0)), target)
        for name, change in CHANGES.items()
    }


def _find_truth(
    sizes: Iterable[tuple[int, int]], world: World
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the signs of the operator's effects, and how changes of many amounts are ranked."""
    ranked = [size for size in sizes if max(size) <= _LARGEST]
    return pd.DataFrame(_signs(sizes, world)), pd.DataFrame(_ranks(ranked, world))


def _signs(sizes: Iterable[tuple[int, int]], world: World) -> Iterator[dict[str, object]]:
    """Give what every change does to every metric of the operator: up, down or nothing."""
    for size in sizes:
        base = _start(size, world)
        describe = describer("operator", base)
        before = describe(base)
        for name, values in _change(base, world).items():
            effect = _subtract(describe(values), before)
            signs = {
                metric: np.sign(found) if abs(found) > _ROUNDING * abs(before[metric]) else 0.0
                for metric, found in effect.items()
            }
            yield {"size": _name(size), "change": name, **signs}


def _ranks(sizes: Iterable[tuple[int, int]], world: World) -> Iterator[dict[str, object]]:
    """Give what changes of many kinds and amounts do to every metric, chance left out."""
    for size in sizes:
        base = _start(size, world)
        target = EFFECT * _find_noise(base, world)
        changed = [
            base + scale_change(base, change(base, rng), target * 4 ** rng.uniform(-1, 3))
            for name, change in CHANGES.items()
            for rng in (_draw(f"{name} ranked", base, i) for i in range(AMOUNTS))
        ]
        for kind in ("operator", *FORMS):
            describe = describer(kind, base)
            before = describe(base)
            for values in changed:
                yield {"size": size, "form": kind, **_subtract(describe(values), before)}


def _name(size: tuple[int, int]) -> str:
    return "×".join(map(str, size))


def _start(size: tuple[int, int], world: World) -> Array:
    return trained(*size, np.random.default_rng(seed_for("forms", *size)), world)


def _train(goal: Array, rng: np.random.Generator, world: World) -> Array:
    return goal + CHANCE * chance(goal, rng, world)


def _find_noise(base: Array, world: World) -> float:
    """Return the standard deviation of the difference of log_norm between two trainings."""
    trainings = (_train(base, _draw("noise", base, i), world) for i in range(_TRIALS))
    squares = [np.sum(values**2) for values in trainings]
    return float(np.sqrt(2) * np.std(np.log10(squares), ddof=1))


def _subtract(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {metric: after[metric] - before[metric] for metric in METRICS}


def _draw(what: str, base: Array, number: int) -> np.random.Generator:
    return np.random.default_rng(seed_for("forms", what, *base.shape, number))
