"""What is measured is compared and claimed as scores are; what failed is not judged on the rest."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.planted import CELL, claim, judged, row, study
from weightscape.comparison.arrays import ALL
from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.likeness_rows import likeness_table
from weightscape.comparison.metrics import _declared, assemble
from weightscape.comparison.paired import correct_holm
from weightscape.comparison.quantities import find_noise_floor
from weightscape.comparison.trends import trends_table
from weightscape.config.metric import Metric

SEEDS = 4
ABOUT = {"twin": {"family": "null"}, "x": {}, "dose-1": {"family": "dose", "dose": 1.0},
         "dose-2": {"family": "dose", "dose": 2.0}}  # fmt: skip
NAMES = ("baseline", *ABOUT)
NOWHERE = ("", "", "", 0)
IID, SHIFTED = ("", "test", "none", 0), (("", "test", "blur", 1), ("", "test", "blur", 2),
                                         ("", "test", "noise", 1))  # fmt: skip
KEYS = ("layer", "test_set", "shift", "severity")
UP = {"test": "direction", "of": ["x"], "sign": "up"}


@pytest.fixture(autouse=True)
def declared(monkeypatch):
    """Declare the metrics of these tests."""
    metrics = [Metric(name, "For a test.") for name in ("beauty", "depth", "grace", "depth_gap")]
    known = _declared() | assemble([("measurements", "here", metrics)])
    monkeypatch.setattr("weightscape.comparison.metrics._declared", lambda: known)


def measured(values, metric="beauty", place=NOWHERE, **about):
    """Return rows of measurements: `values` by condition, one per seed."""
    usual = {"metric": metric, "step": None, "status": "ok", "reason": ""} | about
    return pd.DataFrame(
        [
            {**CELL, "condition": name, "seed": seed + 1, **usual,
             **dict(zip(KEYS, place, strict=True)), "value": value}
            for name, of in values.items()
            for seed, value in enumerate(of)
        ]
    )  # fmt: skip


def planted(moved, seed=0):
    """Return a value for every run: noise, and what its condition adds."""
    rng = np.random.default_rng(seed)
    return {name: moved.get(name, 0.0) + rng.normal(0, 0.1, SEEDS) for name in NAMES}


def found(*parts, **runs):
    weights = {name: np.random.default_rng(0).normal(size=(SEEDS, 3)) for name in NAMES}
    tables = study(weights, about=ABOUT)
    table = tables[0].assign(**runs)
    rows = pd.concat([part.astype({"step": "Int32"}) for part in parts], ignore_index=True)
    [effects] = effects_of(Tables(table, *tables[1:], rows), ["log_norm"])
    return effects


def failing(table, condition, seed, reason="it diverged"):
    at = (table["condition"] == condition) & (table["seed"] == seed)
    table = table.copy()
    table.loc[at, ["value", "status", "reason"]] = [None, "failed", reason]
    return table


def test_a_measurement_has_effects_with_a_family_of_tests_of_its_own():
    values = planted({"x": 1.0})
    table = comparisons_table([found(measured(values))]).to_pandas()
    of = table[table["scope"] == "measurements"]
    assert len(of) == len(ABOUT)
    one = row(of, condition="x")
    difference = values["x"] - values["baseline"]
    assert one["effect"] == pytest.approx(difference.mean())
    assert (one["metric"], one["layer"], one["test_set"], one["shift"]) == ("beauty", "", "", "")
    assert pd.isna(one["severity"]) and pd.isna(one["n_layers"]) and one["limitation"] == ""
    own = of[~of["is_twin"]]
    np.testing.assert_allclose(own["p_holm"], correct_holm(own["p"].to_numpy()))
    assert of.loc[of["is_twin"], "p_holm"].isna().all()
    twin = row(of, condition="twin")
    assert find_noise_floor(of, metric="beauty") == (twin["low"], twin["high"])
    assert np.isnan(find_noise_floor(of, metric="alpha")).all()


def test_images_and_layers_have_places_of_their_own():
    parts = [measured(planted({"x": i}, i), place=p) for i, p in enumerate((IID, *SHIFTED))]
    parts += [measured(planted({"x": 5.0}), "depth", (name, "", "", 0)) for name in ("a", "b")]
    effects = found(*parts)
    table = comparisons_table([effects]).to_pandas()
    of = table[(table["condition"] == "x") & (table["scope"] == "measurements")]
    assert len(of) == 4 + 2 + 1 + 2
    blur, noise = (row(of[of["severity"].isna()], shift=s)["effect"] for s in ("blur", "noise"))
    assert row(of, shift=ALL, test_set=ALL)["effect"] == pytest.approx((blur + noise) / 2)
    assert set(of.loc[of["metric"] == "depth", "layer"]) == {"a", "b"}
    by_layer = effects.measured("none", "depth")
    np.testing.assert_allclose(by_layer.values, effects.measurements["depth", "a", ("", "", 0)][0])
    assert effects.measured(ALL, "depth") is None and effects.measured("none", "grace") is None


def test_what_is_measured_along_a_training_is_not_compared():
    along = measured({name: [9.0] * SEEDS for name in NAMES}, step=100)
    one = found(measured(planted({"x": 1.0})), along)
    other = found(measured(planted({"x": 1.0})))
    np.testing.assert_array_equal(one.measured("none", "beauty").values,
                                  other.measured("none", "beauty").values)  # fmt: skip


def test_a_measurement_has_trends_and_claims():
    parts = [measured(planted({"x": 1.0, "dose-2": 1.0}))]
    parts += [measured(planted({"x": -1.0}, 7), "grace", place) for place in (IID, *SHIFTED)]
    effects = found(*parts)
    trend = row(trends_table([effects]).to_pandas(), metric="beauty", family="dose")
    assert (trend["scope"], trend["shift"]) == ("measurements", "none")
    assert trend["effect"] == pytest.approx(1.0, abs=0.3)
    table = judged(effects, claim("b", metrics=["beauty"], **UP),
                   claim("g", metrics=["shifted_grace"], **UP),
                   claim("s", metrics=["shifted_beauty"], **UP))  # fmt: skip
    beauty, grace, shifted = (row(table, part=0, claim=name) for name in "bgs")
    assert (beauty["scope"], beauty["verdict"]) == ("measurements", "supported")
    assert np.isfinite([beauty["floor_low"], beauty["floor_high"]]).all()
    assert (grace["scope"], grace["verdict"]) == ("measurements", "contradicted")
    assert shifted["verdict"] == "not testable"
    assert shifted["reason"] == "needs shifted_beauty, which the study does not compare"


def test_a_metric_that_is_declared_as_a_gap_is_the_gap_of_no_other():
    table = judged(found(measured(planted({"x": 1.0}), "depth_gap")),
                   claim("d", metrics=["depth_gap"], **UP))  # fmt: skip
    whole = row(table, part=0)
    assert (whole["scope"], whole["verdict"]) == ("measurements", "supported")


def test_a_claim_on_weights_and_a_measurement_is_judged_in_both_scopes():
    effects = found(measured(planted({"x": 1.0})))
    table = judged(effects, claim(metrics=["log_norm", "beauty"], **UP))
    assert set(table["scope"]) == {"body", "all"}


NOTE = "beauty of x with seed 2 failed: it diverged"


def test_what_failed_in_one_seed_is_not_judged_on_the_others():
    whole = measured(planted({"x": 1.0}))
    effects = found(failing(whole, "x", 2))
    table = comparisons_table([effects]).to_pandas()
    of = table[table["scope"] == "measurements"]
    assert pd.isna(row(of, condition="x")["effect"])
    assert row(of, condition="x")["limitation"] == NOTE
    assert row(of, condition="dose-1")["limitation"] == ""
    verdict = row(judged(effects, claim(metrics=["beauty"], **UP)), part=0)
    assert (verdict["verdict"], verdict["reason"]) == ("not testable", NOTE)


@pytest.mark.parametrize("place", [NOWHERE, ("fc", "", "", 0), IID])
def test_what_one_seed_alone_lacks_is_not_judged_on_the_others(place):
    whole, other = measured(planted({"x": 1.0}), place=place), measured(planted({}), "grace")
    lacks = whole[(whole["condition"] != "x") | (whole["seed"] != 2)]
    of = found(lacks, other).measured("none", "beauty")
    assert set(of.failures) == {"", "beauty of x with seed 2 has no value"}
    assert [np.isnan(values).all() for values in of.values] == [bool(note) for note in of.failures]
    # What no seed has is not of this condition; a run that was not measured is said elsewhere.
    never = whole[whole["condition"] != "x"]
    assert not any(found(never, other).measured("none", "beauty").failures)
    assert not any(found(lacks).measured("none", "beauty").failures)


def test_a_reference_that_failed_leaves_nothing_to_compare_with():
    effects = found(failing(measured(planted({})), "baseline", 1, ""))
    of = effects.measured("none", "beauty")
    assert np.isnan(of.values).all()
    assert set(of.failures) == {"beauty of baseline with seed 1 failed"}


def test_a_metric_that_failed_as_a_whole_failed_at_all_its_places():
    parts = [measured(planted({}, i), place=place) for i, place in enumerate((IID, *SHIFTED))]
    gone = [part[(part["condition"] != "x") | (part["seed"] != 2)] for part in parts]
    word = failing(measured({"x": [0.0, 0.0]}), "x", 2).iloc[1:]
    effects = found(*gone, word)
    table = comparisons_table([effects]).to_pandas()
    of = table[(table["condition"] == "x") & (table["scope"] == "measurements")]
    assert len(of) == 4 + 2 + 1 and of["effect"].isna().all()
    assert set(of["limitation"]) == {NOTE}


def test_a_place_that_failed_leaves_the_others():
    parts = [measured(planted({}, i), place=place) for i, place in enumerate((IID, *SHIFTED))]
    parts[1] = failing(parts[1], "x", 2)
    effects = found(*parts)
    assert np.isfinite(effects.measured("none", "beauty").values).all()
    over_shifts = effects.measured(ALL, "beauty")
    place = list(effects.conditions["condition"]).index("x")
    assert over_shifts.failures[place] == NOTE
    assert np.isnan(over_shifts.values[place]).all()


def failed_run(condition, seed=2, reason="the loss is not finite"):
    """Return what `runs` says where one run failed."""
    names = np.repeat(NAMES, SEEDS)
    seeds = np.tile(np.arange(1, SEEDS + 1), len(NAMES))
    failed = (names == condition) & (seeds == seed)
    return {"status": np.where(failed, "failed", "ok"), "reason": np.where(failed, reason, "")}


def test_the_condition_of_a_run_that_failed_is_not_judged_on_the_other_seeds():
    effects = found(measured(planted({"x": 1.0})), **failed_run("x"))
    note = "x with seed 2 failed: the loss is not finite"
    table = comparisons_table([effects]).to_pandas()
    of = table[table["condition"] == "x"]
    assert of["effect"].isna().all() and set(of["limitation"]) == {note}
    assert not table.loc[table["condition"] != "x", "effect"].isna().any()
    for metric in ("log_norm", "accuracy", "beauty"):
        whole = judged(effects, claim(metrics=[metric], **UP))
        assert set(whole["verdict"]) == {"not testable"} and set(whole["reason"]) == {note}
    others = judged(effects, claim(metrics=["accuracy"], test="direction", of=["dose"], sign="up"))
    assert set(others["verdict"]) != {"not testable"}
    likeness = likeness_table([effects]).to_pandas()
    assert "x" not in set(likeness["one"])


def test_a_reason_with_semicolons_is_one_limitation():
    values = failing(measured(planted({})), "dose-1", 1, "no; none")
    table = comparisons_table([found(values, **failed_run("x", reason="it is nan; lower lr"))])
    notes = {note for note in table["limitation"].to_pylist() if "failed" in note}
    assert notes == {
        "x with seed 2 failed: it is nan, lower lr",
        "beauty of dose-1 with seed 1 failed: no, none",
    }


def test_so_are_the_conditions_that_are_compared_with_it():
    effects = found(measured(planted({})), **failed_run("baseline"))
    note = "of its reference, baseline with seed 2 failed: the loss is not finite"
    assert set(effects.conditions["limitation"]) == {note}
    assert all(np.isnan(each.values).all() for each in effects.scores.values())


def test_the_trend_of_a_family_with_a_run_that_failed_is_not_judged():
    effects = found(measured(planted({})), **failed_run("dose-2"))
    trends = trends_table([effects]).to_pandas()
    assert trends["effect"].isna().all()
    assert trends["limitation"].str.contains("dose-2 with seed 2 failed").all()
