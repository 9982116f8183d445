"""Studies in which every family only trains more or less, and in which two share more than that.

A training is a path through the metrics of the layers: from the initial weights at 0 to the
baseline at 1. A family that only trains less or more stops elsewhere on it. No two of them share a
mechanism, however alike their profiles are.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from weightscape.comparison.effects import Effects, Tables, effects_of

Array = NDArray[np.float64]

METRICS = ("alpha", "entropy", "log_norm", "log_spectral_norm")
LAYERS = 14
DEGREES = 4
"""Of Student's t, which noise has."""

FAMILIES = {
    "twin": ("null", None),
    "control-steps": ("control", None),
    "dropout-0.5": ("dropout", 0.5),
    "weight_decay-0.001": ("weight_decay", 0.001),
    "augmentation": ("augmentation", None),
    "noise": ("noise", None),
    "synthetic": ("synthetic", None),
}
"""Family and dose of every condition."""

CONTROL = 0.8
"""Where on the path the control stops."""

LEAST, MOST = 0.4, 1.4
"""Between which places the families stop."""

REAL = Path(__file__).with_name("controls.parquet")
"""Effects of real controls by layer and seed, see `benchmarks/controls.yaml`."""

RELABELLED = {"steps-0.8": "control-steps", "rate-0.00021": "control-rate"}
"""The real controls that are so in the worlds; the others are taken for families."""


def path_of(kind: str, rng: np.random.Generator) -> Array:
    """Return where a path of this kind is at 1,001 places from 0 to 2, shape (places, layers).

    straight: in one direction. bent: in a second one and back. saturating: every layer at a rate of
    its own. wavy: every layer swings about its way by as much as half of it.
    """
    at = np.linspace(0, 2, 1001)[:, None]
    change, other = rng.standard_normal((2, LAYERS))
    if kind == "straight":
        return at * change
    if kind == "bent":
        return at * change + 2 * at * (1 - at) * other
    if kind == "saturating":
        rate = np.exp(rng.normal(0.7, 0.7, LAYERS))
        return np.asarray(change * (1 - np.exp(-rate * at)) / (1 - np.exp(-rate)))
    phase = rng.uniform(0, 2 * np.pi, LAYERS)
    return np.asarray(at * change + 0.5 * (np.sin(3 * at + phase) - np.sin(phase)))


def on_a_path(
    kind: str, noise: float, seeds: int, rng: np.random.Generator, pattern: float = 0.0
) -> Effects:
    """Return a study whose families only train more or less, along a path of this kind.

    Parameters
    ----------
    kind : str
        See `path_of`.
    noise : float
        Standard deviation of a run, as a share of a layer's own change.
    seeds : int
        Number of seeds.
    rng : numpy.random.Generator
        Of everything that is drawn.
    pattern : float, optional
        What dropout and augmentation do beside it in the same layers: its root mean square in σ,
        the standard deviation of a difference of two runs in a layer.
    """
    places = {name: rng.uniform(LEAST, MOST) for name in FAMILIES}
    places |= {"baseline": 1.0, "twin": 1.0, "control-steps": CONTROL}
    weights = {name: np.empty((seeds, LAYERS + 1, len(METRICS))) for name in places}
    initial = np.zeros((LAYERS + 1, len(METRICS)))
    for m in range(len(METRICS)):
        path = path_of(kind, rng)
        sd = noise * np.exp(rng.normal(0, 0.5, LAYERS)) / np.sqrt(DEGREES / (DEGREES - 2))
        own = rng.standard_normal(LAYERS) * pattern * noise * np.sqrt(2)
        for name, place in places.items():
            effect = path[round(place * 500)] + own * (name in ("dropout-0.5", "augmentation"))
            weights[name][:, :-1, m] = effect + sd * rng.standard_t(DEGREES, (seeds, LAYERS))
            weights[name][:, -1, m] = place + noise * rng.standard_t(DEGREES, seeds)
    return make_study(weights, initial)


def of_real_controls(seeds: int, rng: np.random.Generator) -> Effects:
    """Return a study whose families are real controls of other doses, drawn and relabelled."""
    values, initial = _read_real()
    others = [name for name in values if name not in (*RELABELLED, "baseline", "twin")]
    chosen = rng.permutation(len(next(iter(values.values()))))[:seeds]
    families = [name for name in FAMILIES if name not in ("twin", *RELABELLED.values())]
    drawn = dict(zip(families, rng.permutation(others), strict=False))
    names = {"baseline": "baseline", "twin": "twin", **drawn}
    names |= {label: name for name, label in RELABELLED.items()}
    return make_study({name: values[of][chosen] for name, of in names.items()}, initial[chosen])


@cache
def _read_real() -> tuple[dict[str, Array], Array]:
    """Return the metrics of every real condition and of its start, (seeds, layers, metrics)."""
    table = pd.read_parquet(REAL)
    table["layer"] = pd.Categorical(table["layer"], table["layer"].unique())
    ordered = table.sort_values(["condition", "seed", "layer"])
    shape = (ordered["seed"].nunique(), len(table["layer"].cat.categories), len(METRICS))
    found = {
        str(name): rows[list(METRICS)].to_numpy(float).reshape(shape)
        for name, rows in ordered.groupby("condition")
    }
    return found, found.pop("init")


def make_study(weights: Mapping[str, Array], initial: Array) -> Effects:
    """Return the effects of a study; the last layer is the classifier.

    Parameters
    ----------
    weights : mapping
        For every condition the metrics of its runs, shape (seeds, layers, metrics); NaN throughout
        for a run that is missing.
    initial : numpy.ndarray
        Those of the initial weights, of such a shape or the same for all seeds.
    """
    seeds, layers, _ = weights["baseline"].shape
    runs, spectra = _empty(tuple(weights), seeds, layers)
    start = np.broadcast_to(initial, weights["baseline"].shape)
    values = np.concatenate([*weights.values(), start]).reshape(-1, len(METRICS))
    return effects_of(
        Tables(runs, spectra.assign(**dict(zip(METRICS, values.T, strict=True)))), METRICS
    )[0]


@cache
def _empty(names: tuple[str, ...], seeds: int, layers: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables runs and spectra without values; the initial weights come last."""
    cell = {"dataset": "d", "backbone": "b"}
    families = {"baseline": ("baseline", None), "control-rate": ("control", None), **FAMILIES}
    runs = pd.DataFrame(
        [
            {
                **cell, "condition": name, "seed": seed, "family": families[name][0],
                "dose": families[name][1], "reference": "baseline", "comparable_weights": True,
                "pretrained": "glyphs",
            }
            for name in names
            for seed in range(1, seeds + 1)
        ]
    )  # fmt: skip
    layer = pd.DataFrame(
        {
            "layer": [f"layer{i:02}" for i in range(layers)],
            "role": ["conv"] * (layers - 1) + ["classifier"],
        }
    )
    key = runs[[*cell, "condition", "seed"]].assign(stage="finetuned")
    start = key.iloc[:seeds].assign(condition="init", stage="init")
    return runs, pd.concat([key, start], ignore_index=True).merge(layer, how="cross")
