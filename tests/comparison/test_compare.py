"""The table of comparisons, on small tables whose effects are known."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.helpers.planted import CELL, SETS, effects, initial, row, study
from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.tables import comparisons

NORM = {"stage": "finetuned", "metric": "log_norm"}


def world(seeds=3, conditions=("x",), effect=0.5, noise=0.1):
    """Return the weights of a baseline and of conditions that add `effect` to every layer."""
    rng = np.random.default_rng(0)
    base = np.arange(seeds)[:, None] + rng.normal(0, noise, (seeds, 3))
    return {"baseline": base} | {
        name: base + effect + rng.normal(0, noise, (seeds, 3)) for name in conditions
    }


def compared(*args, **options):
    return comparisons_table([effects(*args, **options)]).to_pandas()


def test_an_effect_is_the_mean_of_differences_paired_by_seed():
    weights = world(4)
    found = row(compared(weights), condition="x", scope="body", **NORM)
    differences = (weights["x"] - weights["baseline"])[:, :2].mean(axis=1)
    expected = stats.ttest_1samp(differences, 0)
    interval = expected.confidence_interval(0.95)
    assert found["effect"] == pytest.approx(differences.mean())
    assert (found["low"], found["high"]) == pytest.approx((interval.low, interval.high))
    assert found["p"] == pytest.approx(expected.pvalue)
    assert (found["n_seeds"], found["n_layers"], found["limitation"]) == (4, 2, "")


def test_scopes_with_and_without_the_classifier():
    weights = {"baseline": np.zeros((2, 3)), "x": [[0.5, 0.5, 6.5]] * 2}
    table = compared(weights)
    key = {"condition": "x", **NORM}
    assert row(table, scope="all", **key)["effect"] == pytest.approx(7.5 / 3)
    assert row(table, scope="body", **key)["effect"] == pytest.approx(0.5)
    assert row(table, scope="role", role="classifier", **key)["effect"] == 6.5
    assert row(table, scope="layer", layer="fc", **key)["effect"] == 6.5
    assert row(table, scope="layer", layer="fc", **key)["role"] == "classifier"
    assert row(table, scope="all", **key)["limitation"].startswith("the same difference")


def test_every_place_has_a_row():
    table = compared(world(conditions=("x", "y")))
    weights = 2 + 3 + 3  # all and body; three roles; three layers
    scores = len(SETS) + 2 + 1  # each; each shift; all shifts
    assert len(table) == 2 * (weights + 3 * scores)
    place = ["condition", "scope", "role", "layer", "test_set", "shift", "severity", "metric"]
    assert not table.duplicated(place).any()


def test_shifts_count_the_same_whatever_their_severities():
    scores = {"baseline": np.full((2, 4), 0.5), "x": [[0.5, 0.5, 0.5, 0.6]] * 2}
    table = compared(world(2), scores)
    key = {"condition": "x", "metric": "accuracy"}
    assert row(table, shift="all", test_set="all", **key)["effect"] == pytest.approx(0.05)
    of_noise = table[table["severity"].isna() & (table["shift"] == "noise")]
    assert row(of_noise, **key)["effect"] == pytest.approx(0.1)
    assert table.loc[table["scope"] == "scores", "n_layers"].isna().all()


def test_holm_corrects_over_the_conditions_of_one_metric():
    weights = world(4, conditions=("x", "y", "z", "twin"), effect=0.1)
    table = compared(weights, about={"twin": {"family": "null"}})
    part = table[(table["scope"] == "all") & (table["metric"] == "log_norm")]
    assert part.loc[part["family"] == "null", "p_holm"].isna().all()
    part = part[part["family"] != "null"].sort_values("p")
    by_hand = np.minimum(np.maximum.accumulate(part["p"].to_numpy() * [3, 2, 1]), 1)
    np.testing.assert_allclose(part["p_holm"], by_hand)


def test_one_seed_has_effects_and_no_interval():
    table = compared(world(1))
    assert table["effect"].notna().all()
    assert table[["low", "high", "p", "p_holm", "smallest_detectable"]].isna().all(axis=None)
    assert set(table["limitation"]) == {"one seed: no interval"}


def test_two_seeds_have_an_interval():
    found = row(compared(world(2)), condition="x", scope="body", **NORM)
    assert np.isfinite([found["low"], found["high"], found["p"]]).all()
    assert (found["p_floor"], found["limitation"]) == (0.5, "")


def test_a_run_that_is_missing_is_not_counted():
    runs, spectra, scores = study(world(3))
    gone = [
        ~((table["condition"] == "x") & (table["seed"] == 2)) for table in (runs, spectra, scores)
    ]
    tables = [t[keep] for t, keep in zip((runs, spectra, scores), gone, strict=True)]
    table = comparisons_table(effects_of(Tables(*tables), ["log_norm"])).to_pandas()
    assert (table["n_seeds"] == 2).all()
    of_weights = table[table["scope"] != "scores"]
    assert set(of_weights["limitation"]) == {"2 of 3 seeds"}


def test_a_layer_that_failed_in_one_run():
    weights = world(3)
    weights["x"][1, 1] = np.nan
    table = compared(weights)
    key = {"condition": "x", **NORM}
    body = row(table, scope="body", **key)
    differences = (weights["x"] - weights["baseline"])[:, 0]
    assert body["effect"] == pytest.approx(differences.mean())
    assert (body["n_layers"], body["n_seeds"]) == (1, 3)
    assert body["limitation"] == "1 of 2 layers lack a value in a seed"
    assert row(table, scope="layer", layer="conv", **key)["limitation"] == "2 of 3 seeds"
    assert row(table, scope="layer", layer="fc", **key)["limitation"] == ""


def test_a_metric_without_any_value():
    weights = world(3)
    weights["x"][:] = np.nan
    table = compared(weights)
    found = row(table, condition="x", scope="all", **NORM)
    assert (found["n_seeds"], found["n_layers"]) == (0, 0)
    assert np.isnan(found["effect"])
    assert found["limitation"] == "3 of 3 layers lack a value in a seed"
    layer = row(table, condition="x", scope="layer", layer="fc", **NORM)
    assert layer["limitation"] == "no seed has all that is compared"


def test_a_constant_metric_has_an_effect_of_zero_and_no_test():
    table = compared(world(3, effect=0, noise=0))
    found = row(table, condition="x", scope="all", **NORM)
    assert (found["effect"], found["low"], found["high"]) == (0, 0, 0)
    assert np.isnan(found["p"])
    assert found["limitation"] == "the same difference in every seed: no test"


def test_why_there_is_no_effect_is_named_in_every_row():
    about = {"lost": {"reference": "gone"}, "scratch": {"comparable_weights": False}}
    table = compared(world(3, conditions=("lost", "scratch")), about=about)
    lost, scratch = (table[table["condition"] == name] for name in about)
    assert set(lost["limitation"]) == {"its reference gone has no runs"}
    on_weights = scratch["scope"] != "scores"
    assert set(scratch.loc[on_weights, "limitation"]) == {
        "starts from other weights than its reference, or has none of its own"
    }
    assert scratch.loc[~on_weights, "effect"].notna().all()


def test_short_tails_are_named():
    runs, spectra, scores = study(world(3), metrics=("alpha",))
    spectra = initial(spectra, num_pl_spikes=[60.0, 9, 9] * 3)
    table = comparisons_table(effects_of(Tables(runs, spectra, scores), ["alpha"])).to_pandas()
    found = row(table, scope="role", role="conv", metric="alpha")
    assert found["limitation"] == "none of 1 layers has a long tail before training"
    assert row(table, scope="all", metric="alpha")["n_layers"] == 1
    # A single layer is shown whatever its tail.
    assert row(table, scope="layer", layer="conv", metric="alpha")["n_seeds"] == 3


def test_a_network_that_is_all_classifier():
    weights = {"baseline": [[1.0], [2.0]], "x": [[1.5], [3.0]]}
    table = compared(weights, layers=[("fc", "classifier")])
    assert row(table, scope="body", **NORM)["limitation"] == "there are no such layers"
    assert row(table, scope="all", **NORM)["effect"] == 0.75


def test_odd_names_come_through():
    odd = 'дропаут "0,5" = <b>\n'
    weights = {"baseline": np.zeros((2, 3)), odd: np.ones((2, 3))}
    table = compared(weights, cell={"dataset": "a/b c", "backbone": "π"})
    assert set(table["condition"]) == {odd}
    assert set(table["dataset"]) == {"a/b c"}


@pytest.mark.parametrize("weights", [{"baseline": np.zeros((2, 3))}, {}])
def test_nothing_to_compare_is_an_empty_table(weights):
    tables = study(weights)
    if not weights:
        tables = [pd.DataFrame(columns=[*CELL, "condition", "seed", "reference"])] * 3
    found = comparisons_table(effects_of(Tables(*tables), ["log_norm"]))
    assert len(found) == 0
    assert found.schema.equals(comparisons.SCHEMA)


def test_stages_and_several_metrics_stand_apart():
    runs, spectra, scores = study(world(3), metrics=("alpha", "log_norm"))
    delta = spectra.assign(stage="delta", log_norm=lambda t: 10 * t["log_norm"])
    both = pd.concat([spectra, delta])
    table = comparisons_table(
        effects_of(Tables(runs, both, scores), ["alpha", "log_norm"])
    ).to_pandas()
    of = {
        key: row(table, scope="all", stage=key[0], metric=key[1])["effect"]
        for key in itertools.product(("finetuned", "delta"), ("alpha", "log_norm"))
    }
    assert of["delta", "log_norm"] == pytest.approx(10 * of["finetuned", "alpha"])
    assert of["finetuned", "log_norm"] == of["delta", "alpha"] == of["finetuned", "alpha"]
