"""The table of comparisons, on small tables whose effects are known."""

import itertools

import numpy as np
import pandas as pd
import pytest

from weightscape.comparison.compare import compare

LAYERS = [("conv", "stem"), ("body", "conv"), ("fc", "classifier")]
METRICS = ("alpha", "log_norm")


def study(n_seeds=3, effect=0.5, noise=0.1, conditions=("baseline", "x", "scratch")):
    """Return runs, spectra and scores; x adds `effect` to every metric of every run."""
    rng = np.random.default_rng(0)
    seeds = range(1, n_seeds + 1)
    key = {"dataset": "d", "backbone": "b"}
    runs, spectra, scores = [], [], []
    for condition, seed in itertools.product(conditions, seeds):
        added = effect * (condition == "x") + noise * rng.normal()
        runs.append({
            **key, "condition": condition, "seed": seed, "family": condition, "dose": None,
            "reference": "baseline", "comparable_weights": condition != "scratch",
        })  # fmt: skip
        for (layer, role), stage in itertools.product(LAYERS, ("finetuned", "delta")):
            spectra.append({
                **key, "condition": condition, "seed": seed, "stage": stage, "layer": layer,
                "role": role, "alpha": 3 + seed + added, "log_norm": 10.0 * seed + added,
            })  # fmt: skip
        for shift, severity in (("none", 0), ("blur", 1), ("blur", 2), ("noise", 1)):
            scores.append({
                **key, "condition": condition, "seed": seed, "test_set": "test", "shift": shift,
                "severity": severity, "accuracy": 0.9 - severity / 10 + added / 100, "nll": 1.0,
                "brier": 1.0, "ece": 0.1, "ece_equal_mass": 0.1, "worst_class_accuracy": 0.5,
            })  # fmt: skip
    return pd.DataFrame(runs), pd.DataFrame(spectra), pd.DataFrame(scores)


def compared(*tables):
    return compare(*tables, METRICS).to_pandas()


def row(table, **key):
    found = table[(table[list(key)] == pd.Series(key)).all(axis=1)]
    assert len(found) == 1, found
    return found.iloc[0]


def test_an_effect_is_the_mean_of_differences_paired_by_seed():
    tables = study()
    found = row(compared(*tables), condition="x", scope="body", stage="finetuned", metric="alpha")
    alpha = tables[1].query("layer == 'body' and stage == 'finetuned'").set_index("seed")
    differences = (
        alpha.query("condition == 'x'")["alpha"] - alpha.query("condition == 'baseline'")["alpha"]
    )
    assert found["effect"] == pytest.approx(differences.mean())
    assert found["n_seeds"] == 3
    assert found["low"] < found["effect"] < found["high"]


def test_scopes_with_and_without_the_classifier():
    runs, spectra, scores = study(noise=0)
    spectra.loc[(spectra["role"] == "classifier") & (spectra["condition"] == "x"), "alpha"] += 6
    table = compared(runs, spectra, scores)
    key = {"condition": "x", "stage": "finetuned", "metric": "alpha"}
    assert row(table, scope="all", **key)["effect"] == pytest.approx(0.5 + 6 / 3)
    assert row(table, scope="body", **key)["effect"] == pytest.approx(0.5)
    assert row(table, scope="role", role="classifier", **key)["effect"] == pytest.approx(6.5)
    assert row(table, scope="layer", layer="fc", **key)["effect"] == pytest.approx(6.5)


def test_other_initial_weights_leave_scores_only():
    table = compared(*study())
    assert set(table.query("condition == 'scratch'")["scope"]) == {"scores"}
    assert "baseline" not in set(table["condition"])


def test_shifts_count_the_same_whatever_their_severities():
    runs, spectra, scores = study(noise=0, effect=0)
    scores.loc[(scores["shift"] == "noise") & (scores["condition"] == "x"), "accuracy"] += 0.1
    table = compared(runs, spectra, scores)
    key = {"condition": "x", "metric": "accuracy", "test_set": "test"}
    assert row(table, shift="all", **key)["effect"] == pytest.approx(0.05)
    per_shift = table[table["severity"].isna() & (table["shift"] == "noise")]
    assert row(per_shift, **key)["effect"] == pytest.approx(0.1)


def test_one_seed_has_effects_and_no_interval():
    table = compared(*study(n_seeds=1))
    assert table["effect"].notna().all()
    assert table[["low", "high", "p", "p_holm"]].isna().all(axis=None)


def test_a_seed_that_one_side_lacks_is_not_counted():
    runs, spectra, scores = study()
    gone = (spectra["condition"] == "x") & (spectra["seed"] == 2)
    table = compared(runs, spectra[~gone], scores)
    found = row(table, condition="x", scope="all", stage="delta", metric="alpha")
    assert found["n_seeds"] == 2


def test_missing_metrics_give_no_effect_and_no_crash():
    runs, spectra, scores = study()
    spectra["alpha"] = np.nan
    table = compared(runs, spectra, scores)
    found = row(table, condition="x", scope="all", stage="delta", metric="alpha")
    assert found["n_seeds"] == 0
    assert pd.isna(found["effect"])


def test_holm_corrects_over_the_conditions_of_one_metric():
    tables = study(n_seeds=4, conditions=("baseline", "x", "y", "z", "twin"))
    tables[0].loc[tables[0]["condition"] == "twin", "family"] = "null"
    part = compared(*tables).query("scope == 'all' and stage == 'delta' and metric == 'alpha'")
    assert part.loc[part["family"] == "null", "p_holm"].isna().all()
    part = part[part["family"] != "null"]
    assert (part["p_holm"] >= part["p"]).all()
    assert part["p_holm"].min() == pytest.approx(min(3 * part["p"].min(), 1))
