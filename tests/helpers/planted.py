"""Tables of a study whose every value is given, for tests of what is made of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from weightscape.comparison.claims import claims_table
from weightscape.comparison.effects import Effects, Tables, effects_of
from weightscape.config.claims import Claim

CELL = {"dataset": "d", "backbone": "b"}
LAYERS = (("stem", "stem"), ("conv", "conv"), ("fc", "classifier"))
SETS = (("test", "none", 0), ("test", "blur", 1), ("test", "blur", 2), ("test", "noise", 1))
"""Test set, shift and severity."""


def study(
    weights: Mapping[str, ArrayLike],
    scores: Mapping[str, ArrayLike] | None = None,
    about: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    metrics: Sequence[str] = ("log_norm",),
    layers: Sequence[tuple[str, str]] = LAYERS,
    cell: Mapping[str, str] = CELL,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the tables runs, spectra and scores.

    Parameters
    ----------
    weights : mapping
        For every condition the value of all `metrics`, shape (seeds, layers).
    scores : mapping, optional
        For every condition its accuracy on `SETS`, shape (seeds, sets); nll and ece are one minus
        accuracy. By default .5 everywhere.
    about : mapping, optional
        For every condition the columns of `runs` in which it departs from: a family of its name,
        no dose, compared with `baseline`, from the same pre-trained weights.
    """
    runs, spectra, results = [], [], []
    for condition, values in weights.items():
        by_seed = np.asarray(values, dtype=float)
        accuracy = np.full((len(by_seed), len(SETS)), 0.5)
        accuracy = np.asarray((scores or {}).get(condition, accuracy), dtype=float)
        for seed in range(len(by_seed)):
            run = {**cell, "condition": condition, "seed": seed + 1}
            usual = {"family": condition, "dose": None, "reference": "baseline",
                     "pretrained": "glyphs", "comparable_weights": True}  # fmt: skip
            runs.append({**run, **usual, **(about or {}).get(condition, {})})
            spectra += [
                {**run, "stage": "finetuned", "layer": layer, "role": role,
                 **dict.fromkeys(metrics, value)}
                for (layer, role), value in zip(layers, by_seed[seed], strict=True)
            ]  # fmt: skip
            results += [
                {**run, "test_set": test_set, "shift": shift, "severity": severity,
                 "accuracy": value, "nll": 1 - value, "ece": 1 - value}
                for (test_set, shift, severity), value in zip(SETS, accuracy[seed], strict=True)
            ]  # fmt: skip
    return pd.DataFrame(runs), pd.DataFrame(spectra), pd.DataFrame(results)


def initial(spectra: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """Return `spectra` with rows of initial weights, those of the baseline, with `columns` too."""
    rows = spectra[spectra["condition"] == "baseline"].assign(condition="init", stage="init")
    return pd.concat([spectra, rows.assign(**columns)], ignore_index=True)


def effects(*args: Any, **options: Any) -> Effects:
    """Return the effects in the tables of `study`, which takes the same arguments."""
    [found] = effects_of(Tables(*study(*args, **options)), options.get("metrics", ("log_norm",)))
    return found


def row(table: pd.DataFrame, **key: Any) -> pd.Series:
    """Return the one row with these values."""
    found = table[(table[list(key)] == pd.Series(key)).all(axis=1)]
    assert len(found) == 1, found
    return found.iloc[0]


FAMILIES: dict[str, dict[str, Any]] = {
    "twin": {"family": "null"},
    "control-steps": {"family": "control"},
    "dropout-0.5": {"family": "dropout", "dose": 0.5},
    "dropout-0.7": {"family": "dropout", "dose": 0.7},
    "dropout-0.9": {"family": "dropout", "dose": 0.9},
    "weight_decay": {},
    "noise": {},
    "augmentation": {},
}
CONTROLS = ("control-steps",)
DROPOUT = tuple(name for name in FAMILIES if name.startswith("dropout"))
CHANCE = 8
"""Seed of the noise; where a claim is on its border, one draw in twenty has a verdict."""
NOISE = 0.05
"""Standard deviation of a layer's value."""
DEEP = (*((f"conv{i}", "conv") for i in range(9)), ("fc", "classifier"))
OWN_CHANGE = np.append((np.arange(9) - 4.0) ** 2 - 6.67 + 2.5, 2.5)
"""What fine-tuning does to the layers of `DEEP`, 2.5 on average."""
LESS = 0.1
"""How much less of it the control does."""


def world(
    moved: Mapping[str, ArrayLike],
    seeds: int = 4,
    about: Mapping[str, Mapping[str, Any]] = FAMILIES,
    change: Callable[[dict[str, np.ndarray]], None] | None = None,
) -> Effects:
    """Return the effects in a study of conditions that each move log_norm and accuracy.

    Parameters
    ----------
    moved : mapping
        What a condition adds to log_norm, one number or one per layer of `DEEP`; to accuracy it
        adds a tenth of that mean, on the last shift three tenths. Zero where it is missing.
    change : callable, optional
        What is done to the weights, by condition of shape (seeds, layers), in place.
    """
    rng, chance = np.random.default_rng(CHANCE), np.random.default_rng(1)
    weights = {"baseline": rng.normal(size=(seeds, len(DEEP)))}
    scores = {"baseline": np.full((seeds, len(SETS)), 0.5)}
    for name in about:
        usual = -LESS * OWN_CHANGE if name in CONTROLS else 0.0
        effect = np.broadcast_to(np.asarray(moved.get(name, usual), float), len(DEEP))
        noise = (chance if name in CONTROLS else rng).normal(0, NOISE, (seeds, len(DEEP) + 1))
        weights[name] = weights["baseline"] + effect + noise[:, :-1]
        gain = effect.mean() * np.array([0.1, 0.1, 0.1, 0.3])
        scores[name] = scores["baseline"] + gain + 0.1 * noise[:, -1:]
    start = weights["baseline"] - OWN_CHANGE + chance.normal(0, NOISE, (seeds, len(DEEP)))
    if change:
        change(weights)
    runs, spectra, results = study(weights, scores, about, layers=DEEP)
    rows = initial(spectra)
    rows.loc[rows["stage"] == "init", "log_norm"] = start.ravel()
    [found] = effects_of(Tables(runs, rows, results), ["log_norm"])
    return found


def claim(name: str = "own", **part: Any) -> Claim:
    """Return a claim of one part, on log_norm unless it says otherwise."""
    return own(name, [part])


def own(name: str, parts: Sequence[Mapping[str, Any]], **more: Any) -> Claim:
    """Return a claim of these parts."""
    parts = [{"metrics": ["log_norm"], **part} for part in parts]
    about = {"claim": name, "statement": "It is so.", "parts": parts}
    return Claim.model_validate({**about, **more})


def judged(found: Effects, *claims: Claim) -> pd.DataFrame:
    """Return the table `claims`."""
    table: pd.DataFrame = claims_table([found], claims).to_pandas()
    return table


def whole(found: Effects, *claims: Claim, scope: str = "body") -> pd.Series:
    """Return the row of the one claim as a whole."""
    return row(judged(found, *claims), part=0, scope=scope)


def every(names: Sequence[str], value: Any) -> dict[str, Any]:
    """Return the same value for all `names`."""
    return dict.fromkeys(names, value)
