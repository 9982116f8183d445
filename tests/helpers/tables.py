"""Small plausible tables of a study with planted effects, for tests of what reads tables."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from weightscape.comparison.claims import claims_table
from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.likeness_rows import likeness_table
from weightscape.comparison.relations import relations_table
from weightscape.comparison.trends import trends_table
from weightscape.config.claims import claims_of_papers
from weightscape.scoring.table import SCHEMA as SCORES
from weightscape.seeds import seed_for
from weightscape.spectra.table import SCHEMA as SPECTRA
from weightscape.tables import eigenvalues, influences, runs
from weightscape.tables.table import from_rows

CONDITIONS: dict[str, tuple[str, float | None]] = {
    "baseline": ("baseline", None),
    "twin": ("null", None),
    "control-steps": ("control", None),
    "dropout-0.5": ("dropout", 0.5),
    "dropout-0.9": ("dropout", 0.9),
    "weight_decay-1.0": ("weight_decay", 1.0),
    "weight_decay-5.0": ("weight_decay", 5.0),
    "noise-0.3": ("noise", 0.3),
    "trivial_augment": ("augmentation", None),
    "synthetic-1.0": ("synthetic", 1.0),
    "scratch": ("scratch", None),
}
"""Family and dose of every condition."""

STRENGTH = {
    "dropout-0.5": 0.4,
    "dropout-0.9": 1.0,
    "weight_decay-1.0": 0.5,
    "weight_decay-5.0": 1.3,
    "noise-0.3": 0.3,
    "trivial_augment": 0.8,
    "synthetic-1.0": 0.5,
}
"""How far a condition departs from the baseline; the twin does not."""

LESS = 0.2
"""How much less of its own change the control does than the baseline."""

SHIFTS = {"gaussian_noise": 0.16, "blur": 0.09, "contrast": 0.05, "rotation": 0.12}
"""Accuracy that each shift costs at severity 1."""

ASPECT = 2.0
"""N/M of every layer."""

SCORED = ("accuracy", "balanced_accuracy", "auroc")

METRICS = ("alpha", "log_norm", "log_spectral_norm", "stable_rank", "entropy")


def _layers() -> list[tuple[str, str, int, int, int]]:
    """Return layer, role, block, M and rf of a small network built like resnet10t."""
    found = [(f"conv1.{i}", "stem", 0, 24 if i else 3, 9) for i in (0, 3, 6)]
    for block, width in enumerate((16, 24, 32, 48), start=1):
        place = f"layer{block}.0"
        found.append((f"{place}.conv1", "conv", block, max(width // 2, 16), 9))
        found.append((f"{place}.conv2", "conv", block, width, 9))
        found.append((f"{place}.downsample.1", "downsample", block, max(width // 2, 16), 1))
    return [*found, ("fc", "classifier", 5, 10, 1)]


LAYERS = _layers()


def row(schema: pa.Schema, **values: Any) -> dict[str, Any]:
    """Return a row under `schema` with `values`, and something harmless in the other columns."""
    plain = {pa.string(): "", pa.bool_(): True, pa.float64(): 0.0}
    found = {f.name: None if f.nullable else plain.get(f.type, 0) for f in schema}
    usual = {"status": "ok", "is_twin": False, "from_scratch": False, "is_rate": False}
    usual["stands_for"] = values.get("condition", "")
    return found | {name: usual[name] for name in usual if name in found} | values


def frame(schema: pa.Schema, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows under `schema` as a frame, each completed by `row`."""
    table: pd.DataFrame = from_rows([row(schema, **values) for values in rows], schema).to_pandas()
    return table


def study(
    seeds: int = 3, dataset: str = "digits", backbone: str = "resnet10t", seed: int = 0
) -> dict[str, pd.DataFrame]:
    """Return the tables of a study, and the eigenvalues of its first seed."""
    cell = {"dataset": dataset, "backbone": backbone}
    run_rows = _runs(cell, seeds)
    networks = [
        {**cell, "condition": "init", "backbone": initial, "seed": k}
        for initial in dict.fromkeys(run["initial"] for run in run_rows)
        for k in range(seeds)
    ] + [{**cell, "condition": run["condition"], "seed": run["seed"]} for run in run_rows]
    spectra_rows, eigenvalue_rows = [], []
    for network in networks:
        stages = ("init",) if network["condition"] == "init" else ("finetuned", "delta")
        for stage in stages:
            for depth, layer in enumerate(LAYERS):
                key = {
                    **network,
                    "stage": stage,
                    "layer": layer[0],
                    "role": layer[1],
                    "block": layer[2],
                }
                values, fit = _spectrum(key, depth, layer, seed)
                spectra_rows.append({**key, **fit})
                if network["seed"] == 0:
                    eigenvalue_rows.append({**key, "values": values})
    scores = _scores(run_rows, seed)
    tables = {
        "runs": frame(runs.SCHEMA, run_rows),
        "spectra": frame(SPECTRA, spectra_rows),
        "scores": frame(SCORES, scores),
        "influences": frame(influences.SCHEMA, _influences(scores, seed)),
        "eigenvalues": frame(eigenvalues.SCHEMA, eigenvalue_rows),
    }
    return tables | compared(tables)


def compared(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables of comparisons that follow from runs, spectra, scores and influences."""
    parts = ("runs", "spectra", "scores", "influences")
    effects = effects_of(
        Tables(**{name: tables[name] for name in parts if name in tables}), METRICS
    )
    return {
        "comparisons": comparisons_table(effects).to_pandas(),
        "likeness": likeness_table(effects).to_pandas(),
        "trends": trends_table(effects).to_pandas(),
        "relations": relations_table(effects).to_pandas(),
        "claims": claims_table(effects, claims_of_papers()).to_pandas(),
    }


def _runs(cell: Mapping[str, str], seeds: int) -> list[dict[str, Any]]:
    return [
        {
            **cell,
            "condition": condition,
            "seed": k,
            "dataset_group": cell["dataset"],
            "family": family,
            "dose": dose,
            "is_rate": family == "dropout",
            "factors": "{}",
            "reference": "baseline",
            "initial": f"{cell['backbone']}{'-none' if family == 'scratch' else ''}",
            "pretrained": "none" if family == "scratch" else "glyphs",
            "comparable_weights": family != "scratch",
            "is_twin": family == "null",
            "from_scratch": family == "scratch",
            "status": "ok",
            "score": "accuracy",
            "epochs": 10,
        }
        for condition, (family, dose) in CONDITIONS.items()
        for k in range(seeds)
    ]


def _own_change(depth: int) -> tuple[float, float]:
    """Return what fine-tuning itself does to a layer, in log10 of the norm and in alpha."""
    return 0.03 + 0.004 * depth, 0.1 * float(np.cos(depth))


def _profile(condition: str, depth: int) -> tuple[float, float]:
    """Return the planted departure from the baseline in log10 of the norm and in alpha."""
    strength, place = STRENGTH.get(condition, 0.0), depth / len(LAYERS)
    if condition.startswith("control"):
        norm, alpha = _own_change(depth)
        # A path that bends: less training is not just less of the same.
        return 0.005 * (-1) ** depth - LESS * norm, -LESS * alpha
    if condition.startswith("weight_decay"):
        return -0.05 * strength * (1 - place), 0.05 * strength * place
    return 0.02 * strength * np.sin(3 * place), 0.15 * strength * (place - 0.3)


def _spectrum(
    key: Mapping[str, Any], depth: int, layer: tuple[str, str, int, int, int], seed: int
) -> tuple[list[float], dict[str, Any]]:
    """Return eigenvalues, a Marchenko–Pastur bulk with a Pareto tail, and what is fitted to them.

    The noise of a run is drawn from its seed and condition, so that the baseline's is shared by
    all the effects of a seed.
    """
    _, role, _, smaller, slices = layer
    rng = np.random.default_rng(seed_for(seed, *key.values()))
    size, condition = smaller * slices, key["condition"]
    log_norm, alpha = 0.6 + 0.08 * depth, 3.2 + 0.6 * np.sin(depth / 3)
    if key["stage"] == "finetuned":
        norm_effect, alpha_effect = _profile(condition, depth)
        own_norm, own_alpha = _own_change(depth)
        log_norm += norm_effect + own_norm + rng.normal(0, 0.001)
        alpha += alpha_effect + own_alpha + rng.normal(0, 0.03)
        if role == "classifier":
            log_norm, alpha = log_norm + 0.6, alpha + 0.5
    if key["stage"] == "delta":
        log_norm, alpha = log_norm - 2, 2.2
    if condition == "scratch":
        log_norm += 0.4
    tail = max(3, size // 12)
    bulk = np.quantile(_bulk(), (np.arange(size - tail) + rng.random()) / (size - tail))
    pareto = bulk.max() * (1 - (np.arange(tail) + 0.5) / tail) ** (-1 / (alpha - 1))
    values = np.concatenate([bulk, pareto])
    values *= 10**log_norm / values.sum()
    weights = values / values.sum()
    variance = float(values[:-tail].mean() / values.mean())
    fit = {
        "N": 2 * smaller,
        "M": smaller,
        "rf": slices,
        "Q": ASPECT,
        "num_evals": size,
        "alpha": alpha,
        "sigma": (alpha - 1) / np.sqrt(tail),
        "xmin": values[-tail],
        "xmax": values[-1],
        "D": 0.05,
        "num_pl_spikes": tail,
        "norm": values.sum(),
        "log_norm": log_norm,
        "spectral_norm": values[-1],
        "log_spectral_norm": np.log10(values[-1]),
        "stable_rank": values.sum() / values[-1],
        "entropy": -(weights * np.log(weights)).sum() / np.log(size),
        "alpha_weighted": alpha * np.log10(values[-1]),
        "matrix_rank": size,
        "sigma_mp": np.sqrt(variance),
        "bulk_min": values.mean() * variance * (1 - 1 / np.sqrt(ASPECT)) ** 2,
        "bulk_max": values.mean() * variance * (1 + 1 / np.sqrt(ASPECT)) ** 2,
        "num_spikes": tail,
        "status": "ok",
    }
    return values.tolist(), fit


@cache
def _bulk() -> Any:
    """Return eigenvalues of a random matrix: a sample of the Marchenko–Pastur law."""
    rng = np.random.default_rng(0)
    return np.linalg.svd(rng.normal(size=(400, 200)), compute_uv=False) ** 2 / 400


def _scores(run_rows: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    rows = []
    for run in run_rows:
        rng = np.random.default_rng(seed_for(seed, "scores", run["condition"], run["seed"]))
        strength = STRENGTH.get(run["condition"], 0.0)
        robust = 0.06 * strength if run["family"] in ("augmentation", "noise", "synthetic") else 0.0
        lost = 0.06 if run["family"] == "scratch" else 0.0
        iid = 0.95 + 0.01 * strength - lost + rng.normal(0, 0.003)
        key = {name: run[name] for name in ("dataset", "backbone", "condition", "seed")}
        tests = [("val", "none", 0, iid + 0.002), ("test", "none", 0, iid)]
        for shift, cost in SHIFTS.items():
            tests += [
                (
                    "test",
                    shift,
                    severity,
                    iid - severity * (cost - robust * cost / 0.12) + rng.normal(0, 0.006),
                )
                for severity in (1, 2, 3)
            ]
        rows += [
            {
                **key,
                "test_set": name,
                "shift": shift,
                "severity": severity,
                "n": 360,
                "accuracy": accuracy,
                "balanced_accuracy": accuracy - 0.02,
                "auroc": (1 + accuracy) / 2,
            }
            for name, shift, severity, accuracy in tests
        ]
    return rows


def _influences(scores: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """Return what 20 groups of images add to every score: as much as 360 images would."""
    rng = np.random.default_rng(seed)
    return [
        {
            **{name: value for name, value in row.items() if name not in (*SCORED, "n")},
            "metric": metric,
            "images": row["test_set"],
            "influences": rng.normal(0, 0.01 / np.sqrt(20), 20).astype(np.float32),
        }
        for row in scores
        for metric in SCORED
    ]
