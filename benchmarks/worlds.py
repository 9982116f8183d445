"""Studies about which the truth is known: tables with planted effects and realistic noise.

Effects are planted in units of σ, the standard deviation of the difference of two runs of one seed
in the mean of that metric over layers. The noise of a run is heavy-tailed (Student's t, four
degrees of freedom), correlated between the layers, of different strength in each, and partly shared
by all conditions of a seed, as it is in the tables of the digits study.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weightscape.comparison.effects import Effects, Tables, effects_of

Array = NDArray[np.float64]
T = TypeVar("T")

METRICS = ("alpha", "entropy", "log_norm", "log_spectral_norm")
SIGMA = {"alpha": 0.02, "entropy": 5e-5, "log_norm": 1e-4, "log_spectral_norm": 3e-4}
"""σ of the mean over layers, about that of the digits study."""
SCORES = {"accuracy": 0.004, "shifted_accuracy": 0.015, "ece": 0.002}
"""σ of the scores."""

CONDITIONS = {
    "baseline": ("baseline", None, "glyphs"),
    "twin": ("null", None, "glyphs"),
    "control-steps": ("control", None, "glyphs"),
    "dropout-0.5": ("dropout", 0.5, "glyphs"),
    "dropout-0.9": ("dropout", 0.9, "glyphs"),
    "weight_decay-0.001": ("weight_decay", 0.001, "glyphs"),
    "weight_decay-0.005": ("weight_decay", 0.005, "glyphs"),
    "noise": ("noise", 0.3, "glyphs"),
    "augmentation": ("augmentation", None, "glyphs"),
    "synthetic-0.5": ("synthetic", 0.5, "glyphs"),
    "synthetic-1": ("synthetic", 1.0, "glyphs"),
    "synthetic-3": ("synthetic", 3.0, "glyphs"),
    "synthetic_filtered": ("synthetic_filtered", None, "glyphs"),
    "synthetic_replaced": ("synthetic_replaced", None, "glyphs"),
    "ensemble": ("ensemble", None, "glyphs"),
    "weight_average": ("weight_average", None, "glyphs"),
    "dropout_ensemble": ("dropout_ensemble", None, "glyphs"),
    "dropout_average": ("dropout_average", None, "glyphs"),
    "dropout_fast_head": ("dropout_fast_head", None, "glyphs"),
    "dropout_recomputed": ("dropout_recomputed", 0.9, "glyphs"),
    "scratch": ("scratch", None, "none"),
    "dropout_scratch-0.5": ("dropout", 0.5, "none"),
    "dropout_scratch-0.9": ("dropout", 0.9, "none"),
}
"""Family, dose and initial weights of every condition; enough to test every claim on images. Their
kinds are not told, which suits every claim."""

OWN = 100.0
"""The baseline's own change, in σ of its mean over layers."""
LESS = 0.1
"""What the control does: so much less of the own change."""

LAYERS = 16
SHARED = 0.6  # share of a run's variance that all conditions of a seed have in common
COMMON = 0.2  # correlation of the noise of two layers
DEGREES = 4  # of Student's t

PATTERNS = np.stack([np.sin((2 * np.arange(LAYERS - 1) + 1) * np.pi * k / (LAYERS - 1))
                     for k in (1, 2, 3)]) * np.sqrt(2)  # fmt: skip
"""Layer profiles of mean zero and mean square one that have nothing in common; the last is that of
the own change, beside its mean."""

DIVERSE = ("augmentation", "noise")
DROPOUT = ("dropout-0.5", "dropout-0.9")
DECAY = ("weight_decay-0.001", "weight_decay-0.005")
SYNTHETIC = ("synthetic-0.5", "synthetic-1", "synthetic-3")
MERGED = ("ensemble", "weight_average")
OF_LARGE = ("dropout_ensemble", "dropout_average", "dropout_fast_head")
SCRATCH = ("dropout_scratch-0.5", "dropout_scratch-0.9")
MARGIN = 0.2 * OWN
"""Margin of the metrics of weights in σ: a fifth of the own change."""


@dataclass(frozen=True)
class World:
    """What is true.

    Attributes
    ----------
    effects : mapping
        For (condition, metric) the effect in σ; zero where it is missing.
    profiles : mapping
        For (condition, metric) the two weights, in σ, of its layer profile on two patterns that
        have nothing in common; without them its effect is the same in all layers.
    is_even : bool
        Whether all layers have the same noise, so that no pattern is measured better than another.
    """

    effects: Mapping[tuple[str, str], float]
    profiles: Mapping[tuple[str, str], tuple[float, float]]
    is_even: bool = False


NOTHING = World({}, {})


def true(size: float) -> World:
    """Return a world in which every claim on images holds but B3, with effects of `size` σ."""
    small = min(size, 8.0)  # so that diverse data and dropout stay within the margins of B2 and B4
    return World(
        {
            **_all((*DROPOUT, *DIVERSE), ("alpha", "entropy"), size),
            **_all((*DROPOUT, *DIVERSE), ("log_norm", "log_spectral_norm"), -small),
            **_all(DECAY, ("alpha", "entropy"), -size),
            **_all(DECAY[:1], ("log_norm", "log_spectral_norm"), -3 * size),
            **_all(DECAY[1:], ("log_norm", "log_spectral_norm"), -6 * size),
            **_all((*DROPOUT, *DIVERSE, *DECAY), ("accuracy",), size),
            **_all((*DROPOUT, *DIVERSE, *DECAY), ("ece",), -size),
            **_all((*DIVERSE, DROPOUT[0]), ("shifted_accuracy",), size),
            **_all((DROPOUT[1],), ("shifted_accuracy",), 2 * size),
            **_all(SYNTHETIC, ("shifted_accuracy",), 3 * size),
            **_all(MERGED, ("accuracy",), 2 * size),
            **_all(MERGED, ("shifted_accuracy",), size),
            **_all((*OF_LARGE, "dropout_recomputed"), ("shifted_accuracy",), 2 * size),
            ("synthetic-0.5", "accuracy"): size / 2,
            ("synthetic-1", "accuracy"): 2 * size,
            ("synthetic_filtered", "accuracy"): -size,
            ("synthetic_replaced", "accuracy"): -2 * size,
            **_all(SCRATCH, ("accuracy", "shifted_accuracy"), -size),
        },
        {
            **_all((*DROPOUT, *DIVERSE), METRICS, (size, 0.0)),
            **_all(DECAY, METRICS, (0.0, size)),
        },
    )


def border(claim: str, size: float = 32.0) -> World:
    """Return a world in which one part of `claim` is on its border and all others hold."""
    world = true(size)
    steeper = SCORES["shifted_accuracy"] / SCORES["accuracy"]
    changed: dict[tuple[str, str], float] = {
        "A1": _all(DIVERSE, ("alpha",), 0.0),
        "A2": _all(DECAY, ("alpha",), 0.0) | _all(DECAY, ("entropy",), size),
        "A4": _all(SYNTHETIC, ("shifted_accuracy",), size),
        "A5": {("synthetic-3", "accuracy"): 2 * size},
        "A6": {("noise", "ece"): 0.0},
        "B1": {},
        "B2": _all(DIVERSE, ("log_norm",), MARGIN - 8.0),
        "B3": _all(DECAY, ("alpha",), size + MARGIN) | _all(DECAY, ("entropy",), size),
        "B4": _all(DROPOUT, ("log_norm",), -MARGIN),
        "B7": {("synthetic_replaced", "accuracy"): -size},
        "1": {("dropout-0.9", "shifted_accuracy"): 0.0},
        "2": {("ensemble", "shifted_accuracy"): 2 * size},
        "3": {("ensemble", "accuracy"): size},
        "6": {("dropout_average", "shifted_accuracy"): 3 * size},
        "4": {("dropout-0.9", "shifted_accuracy"): size},
        "5-scratch": _all(SCRATCH, ("accuracy",), 0.0),
        "9": {("dropout-0.9", "accuracy"): 2 * size * steeper},
    }[claim]
    # A profile has no mean, but what is left of it beside the own change may have one.
    plain = {"A1": DIVERSE, "A2": DECAY}.get(claim, ())
    profiles = {
        key: value for key, value in world.profiles.items() if key not in _all(plain, ("alpha",), 0)
    }
    half = size / np.sqrt(2)
    equal = _all(DIVERSE, ("alpha",), (half, half)) if claim == "B1" else {}
    # Where layers differ in noise, patterns that have nothing in common have something in common
    # with the own change as it is weighed, and what is left has another sign than what is planted.
    of_what_is_left = claim in ("A1", "A2", "B1")
    return World({**world.effects, **changed}, {**profiles, **equal}, is_even=of_what_is_left)


BORDERS = (
    *("A1", "A2", "A4", "A5", "A6", "B1", "B2", "B3", "B4", "B7"),
    *("1", "2", "3", "4", "5-scratch", "6", "9"),
)
"""The claims that have a border: those that can be tested on images."""


def _all(
    conditions: tuple[str, ...], metrics: tuple[str, ...], effect: T
) -> dict[tuple[str, str], T]:
    return dict.fromkeys(itertools.product(conditions, metrics), effect)


def study(world: World, seeds: int, rng: np.random.Generator) -> Effects:
    """Return the effects that a study of so many seeds finds in `world`."""
    runs, layers, sets = _empty(seeds)
    values = _weights(world, seeds, rng)
    spectra = layers.assign(**{metric: values[i].ravel() for i, metric in enumerate(METRICS)})
    spectra = pd.concat([spectra, _initial(layers)], ignore_index=True)
    results = _scores(world, seeds, rng)
    scores = sets.assign(
        accuracy=np.stack([results["accuracy"], results["shifted_accuracy"]], -1).ravel(),
        ece=np.stack([results["ece"], results["ece"]], -1).ravel(),
    )
    return effects_of(Tables(runs, spectra, scores), METRICS)[0]


def _own_change() -> Array:
    """Return the own change of every layer in σ; that of the classifier is the mean."""
    return OWN * np.append(1 + PATTERNS[2], 1.0)


def _initial(layers: pd.DataFrame) -> pd.DataFrame:
    """Return rows of the initial weights, from which the baseline has moved by its own change."""
    rows = layers[layers["condition"] == "baseline"].assign(condition="init", stage="init")
    own = np.tile(_own_change(), len(rows) // LAYERS)
    return rows.assign(**{metric: -SIGMA[metric] * own for metric in METRICS})


@cache
def _empty(seeds: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the tables without their values."""
    cell = {"dataset": "d", "backbone": "b"}
    run = pd.DataFrame(
        [
            {
                **cell, "condition": name, "seed": seed, "family": family, "dose": dose,
                "reference": "scratch" if start == "none" and name != "scratch" else "baseline",
                "comparable_weights": name != "scratch", "pretrained": start,
            }
            for (name, (family, dose, start)), seed in itertools.product(
                CONDITIONS.items(), range(1, seeds + 1)
            )
        ]
    )  # fmt: skip
    key = run[["dataset", "backbone", "condition", "seed"]]
    layer = pd.DataFrame(
        {
            "layer": [f"layer{i:02}" for i in range(LAYERS)],
            "role": ["conv"] * (LAYERS - 1) + ["classifier"],
            "stage": "finetuned",
        }
    )
    shift = pd.DataFrame({"test_set": ["test"] * 2, "shift": ["none", "blur"], "severity": [0, 1]})
    return run, key.merge(layer, how="cross"), key.merge(shift, how="cross")


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return heavy-tailed noise of variance one."""
    return rng.standard_t(DEGREES, shape) / np.sqrt(DEGREES / (DEGREES - 2))


def _runs_noise(seeds: int, layers: int, rng: np.random.Generator) -> Array:
    """Return the noise of every run, shape (conditions, seeds, layers), variance one a layer."""
    parts = []
    for shape, share in (((1, seeds), SHARED), ((len(CONDITIONS), seeds), 1 - SHARED)):
        common, own = _noise((*shape, 1), rng), _noise((*shape, layers), rng)
        parts.append(np.sqrt(share) * (np.sqrt(COMMON) * common + np.sqrt(1 - COMMON) * own))
    return np.asarray(parts[0] + parts[1])


def _weights(world: World, seeds: int, rng: np.random.Generator) -> Array:
    """Return the metrics of every run, shape (metrics, conditions, seeds, layers)."""
    strength = np.exp(rng.normal(0, 0.0 if world.is_even else 0.5, (len(METRICS), LAYERS)))
    values = np.empty((len(METRICS), len(CONDITIONS), seeds, LAYERS))
    for m, metric in enumerate(METRICS):
        noise = _runs_noise(seeds, LAYERS, rng) * strength[m]
        # σ is that of a difference of two runs in the mean over the layers but the classifier.
        body = strength[m, :-1]
        of_mean = (1 - COMMON) * (body**2).sum() / len(body) ** 2 + COMMON * body.mean() ** 2
        noise *= SIGMA[metric] / np.sqrt(2 * (1 - SHARED) * of_mean)
        effect = np.zeros((len(CONDITIONS), 1, LAYERS))
        for c, name in enumerate(CONDITIONS):
            effect[c] += world.effects.get((name, metric), 0.0)
            if CONDITIONS[name][0] == "control":
                effect[c] -= LESS * _own_change()
            if (name, metric) in world.profiles:
                effect[c, 0, :-1] += np.array(world.profiles[name, metric]) @ PATTERNS[:2]
        values[m] = noise + SIGMA[metric] * effect
    return values


def _scores(world: World, seeds: int, rng: np.random.Generator) -> dict[str, Array]:
    """Return the scores of every run, shape (conditions, seeds) each."""
    found = {}
    for metric, sigma in SCORES.items():
        noise = _runs_noise(seeds, 1, rng)[..., 0] / np.sqrt(2 * (1 - SHARED))
        effect = [world.effects.get((name, metric), 0.0) for name in CONDITIONS]
        found[metric] = 0.5 + sigma * (noise + np.array(effect)[:, None])
    return found
