"""Studies kept apart: worlds made up after the rules of likeness were fixed, to catch them out.

In the worlds of size no two families share anything but the amount of training, chance and noise;
in those of power dropout and augmentation share a pattern of their own. What sets a world apart
from those of `benchmarks.amounts` stands in its `what`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from benchmarks.amounts import CONTROL, DEGREES, FAMILIES, LEAST, METRICS, MOST, Array, make_study
from benchmarks.paths import (
    STEPS,
    Path,
    bow,
    come_back,
    go_in_phases,
    go_straight,
    grow,
    swell_early,
    turn_late,
    wander,
)
from weightscape.comparison.effects import Effects

SHARING = ("dropout-0.5", "augmentation")
"""The two conditions that share a pattern in the worlds of power."""


@dataclass(frozen=True)
class World:
    """What is true.

    Attributes
    ----------
    what : str
        What sets it apart.
    path : callable
        The path of every metric, see `Path`; scaled so that the farthest place up to the baseline
        has a root mean square of one over the layers.
    layers : int
        Layers without the classifier.
    noise : float
        Standard deviation of a run in a layer, median over the layers.
    spread : float
        Standard deviation of its logarithm between layers.
    places : (float, float)
        Between which places the families stop.
    stops : mapping
        Where single conditions stop instead.
    jitter : float
        How far a run stops from there: standard deviation of a part that all runs of a seed share,
        and of one of each run.
    detour : float
        How far the control is from the path, as a share of its effect.
    own_path : float
        How much of another path every seed has beside the common one.
    common, shared : float
        Share of a run's variance that all layers, and that all runs of a seed, have in common.
    outlier : float
        How many times as noisy the runs of the last seed are.
    missing : mapping
        For conditions the seed, from 0 on, that they lack.
    pattern : float
        What the two of `SHARING` do beside the amount: root mean square in σ, the standard
        deviation of a difference of two runs in the layer.
    sign : int
        −1 where the second has the pattern upside down.
    width : int or None
        In how many layers the pattern is; in all by default.
    others : bool
        Whether each of the other families has a pattern of its own, as strong.
    growth : float
        Power of the place where a run stops with which its noise grows; it is `noise` at 1.
    """

    what: str
    path: Path = grow
    layers: int = 14
    noise: float = 0.1
    spread: float = 0.5
    places: tuple[float, float] = (LEAST, MOST)
    stops: Mapping[str, float] = field(default_factory=dict)
    jitter: float = 0.0
    detour: float = 0.0
    own_path: float = 0.0
    common: float = 0.0
    shared: float = 0.0
    outlier: float = 1.0
    missing: Mapping[str, int] = field(default_factory=dict)
    pattern: float = 0.0
    sign: int = 1
    width: int | None = None
    others: bool = False
    growth: float = 0.0


SIZE = {
    "random walk": World("every layer's velocity is a smooth random walk", wander),
    "phases": World("straight in three phases, each its own way", go_in_phases, noise=0.05),
    "early swelling": World(
        "straight, with a swelling early on that has gone before the control stops", swell_early
    ),
    "all train more": World(
        "every layer goes with a power of the training of its own; families stop at 1.1 to 1.6",
        noise=0.05,
        places=(1.1, 1.6),
    ),
    "late turn": World(
        "straight up to the baseline, where it turns; families stop at 1.1 to 1.6",
        turn_late,
        places=(1.1, 1.6),
    ),
    "other control": World(
        "an arc; the control is off the path by 15 % of its effect, as a lower rate may be",
        bow,
        noise=0.05,
        detour=0.15,
    ),
    "weak control": World("powers; the control stops at .97", stops={"control-steps": 0.97}),
    "far control": World(
        "a random walk; the control stops at .4, families between it and the baseline",
        wander,
        places=(0.45, 0.95),
        stops={"control-steps": 0.4},
    ),
    "common noise": World(
        "powers; half the noise is common to the layers, half shared by a seed, and runs stop 5 %"
        " off their place",
        noise=0.2,
        jitter=0.05,
        common=0.5,
        shared=0.5,
    ),
    "outlier": World("powers; the runs of one seed are ten times as noisy", outlier=10.0),
    "uneven layers": World(
        "powers; the noise of layers differs a hundredfold", noise=0.05, spread=1.2
    ),
    "nine layers": World(
        "an arc; nine layers, and dropout and augmentation lack a seed each",
        bow,
        layers=9,
        missing={"dropout-0.5": 0, "augmentation": 1},
    ),
    "sixty layers": World("a random walk over sixty layers", wander, layers=60),
    "mere noise": World("powers; the noise is as large as the change", noise=1.0),
    "own paths": World(
        "every seed has half of another path beside the common one, and runs stop 15 % off their"
        " place",
        bow,
        jitter=0.15,
        own_path=0.5,
    ),
    "none and all": World(
        "powers; dropout does nothing, synthetic data are an untrained network, the others train"
        " half as much",
        noise=0.05,
        places=(0.4, 0.7),
        stops={"dropout-0.5": 1.0, "synthetic": 0.0},
    ),
    "there and back": World("the training goes out and comes back", come_back),
}
"""Worlds in which no two families share anything but the amount of training."""

POWER = {
    "no amount": World("no family differs in amount", places=(1.0, 1.0), pattern=4.0),
    "small amount": World(
        "an arc; families stop within the control's reach",
        bow,
        places=(0.82, 1.0),
        pattern=4.0,
    ),
    "straight and far": World(
        "straight; families stop at .3 to .6", go_straight, places=(0.3, 0.6), pattern=4.0
    ),
    "few layers": World(
        "powers within the control's reach; the pattern is in three of the layers",
        places=(0.82, 1.0),
        pattern=4.0,
        width=3,
    ),
    "sixty layers": World(
        "an arc over sixty layers, families stop within the control's reach",
        bow,
        layers=60,
        places=(0.82, 1.0),
        pattern=4.0,
    ),
    "among others": World(
        "no family differs in amount, each of the others has a pattern of its own",
        places=(1.0, 1.0),
        pattern=4.0,
        others=True,
    ),
    "opposite": World(
        "powers within the control's reach; the two have the pattern with opposite signs: unlike",
        places=(0.82, 1.0),
        pattern=4.0,
        sign=-1,
    ),
}
"""Worlds in which dropout and augmentation share a pattern beside the amount."""


def draw_study(world: World, seeds: int, rng: np.random.Generator) -> Effects:
    """Return the effects that a study of so many seeds finds in `world`."""
    places = {name: rng.uniform(*world.places) for name in FAMILIES}
    places |= {"baseline": 1.0, "twin": 1.0, "control-steps": CONTROL, **world.stops}
    names, stops = [*places], np.array([*places.values()])[:, None]
    off = rng.standard_normal((1, seeds)) + rng.standard_normal((len(names), seeds))
    # Nothing happens to a network that is not trained.
    stops = np.where(stops > 0, np.clip(stops + world.jitter * off, 0, 2), 0.0)
    values = np.empty((len(names), seeds, world.layers + 1, len(METRICS)))
    for m in range(len(METRICS)):
        body = _draw_runs(world, stops, names.index("control-steps"), rng)
        sd = world.noise * np.exp(rng.normal(0, world.spread, world.layers))
        noise = _draw_noise(world, stops.shape, rng)
        own = _draw_patterns(world, names, rng) * sd * np.sqrt(2)
        grown = np.where(stops > 0, stops**world.growth, 0.0)
        values[..., :-1, m] = body + own[:, None] + (noise * sd) * grown[..., None]
        values[..., -1, m] = stops + world.noise * noise.mean(axis=2)
    for name, seed in world.missing.items():
        values[names.index(name), seed] = np.nan
    initial = np.zeros((world.layers + 1, len(METRICS)))
    return make_study(dict(zip(names, values, strict=True)), initial)


def _draw_runs(world: World, stops: Array, control: int, rng: np.random.Generator) -> Array:
    """Return where runs that stop there are without noise, shape (conditions, seeds, layers)."""
    path = _draw_path(world, rng)
    paths = np.stack([path + world.own_path * _draw_path(world, rng) for _ in stops[0]])
    runs = paths[np.arange(len(paths)), np.rint(stops * STEPS).astype(int)]
    effect = path[round(stops[control].mean() * STEPS)] - path[STEPS]
    aside = rng.standard_normal(world.layers)
    runs[control] += world.detour * aside * np.linalg.norm(effect) / np.linalg.norm(aside)
    return np.asarray(runs)


def _draw_path(world: World, rng: np.random.Generator) -> Array:
    path = world.path(world.layers, rng)
    return path / np.sqrt((path[: STEPS + 1] ** 2).mean(axis=1).max())


def _draw_noise(world: World, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return heavy-tailed noise of unit variance, shape (conditions, seeds, layers)."""
    scale = np.sqrt(DEGREES / (DEGREES - 2))
    noise = np.zeros((*shape, world.layers))
    for count, part in ((1, world.shared), (shape[0], 1 - world.shared)):
        common = rng.standard_t(DEGREES, (count, shape[1], 1)) / scale
        own = rng.standard_t(DEGREES, (count, shape[1], world.layers)) / scale
        noise += np.sqrt(part) * (np.sqrt(world.common) * common + np.sqrt(1 - world.common) * own)
    noise[:, -1] *= world.outlier
    return noise


def _draw_patterns(world: World, names: list[str], rng: np.random.Generator) -> Array:
    """Return what conditions do beside the amount in σ of a layer, shape (conditions, layers)."""
    own = np.zeros((len(names), world.layers))
    pattern = rng.standard_normal(world.layers)
    if world.width is not None:
        pattern[rng.permutation(world.layers)[world.width :]] = 0
    for name, sign in zip(SHARING, (1, world.sign), strict=True):
        own[names.index(name)] = sign * world.pattern * pattern
    for i, name in enumerate(names):
        if world.others and name not in ("baseline", "twin", "control-steps", *SHARING):
            own[i] = world.pattern * rng.standard_normal(world.layers)
    return own
