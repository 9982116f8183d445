"""What claims cannot be told from is named, and neither a crash nor a verdict."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.planted import (
    CELL,
    DEEP,
    DROPOUT,
    FAMILIES,
    claim,
    effects,
    every,
    initial,
    judged,
    own,
    row,
    study,
    whole,
    world,
)
from weightscape.comparison.claims import claims_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.likeness import likeness

MOVED = every(DROPOUT, 1.0) | {"noise": 1.0, "weight_decay": -1.0}
WAVE = np.array([1.0, -1, 1, -1, 1, 0])
SLOPE = np.array([-2.0, -1, 0, 1, 2, 0])
PROFILES = every((*DROPOUT, "noise"), WAVE) | {"weight_decay": SLOPE}
UP = claim(test="direction", of=["dropout"], sign="up")
SAME = claim(test="direction", of=["dropout"], sign="same", like="noise")
GROUPS = claim(test="order", of=["dropout", "noise", "weight_decay"])
RISING = claim(test="order", of=["dropout"], sign="rising")
PEAK = claim(test="order", of=["dropout"], sign="peak")
EQUAL = claim(test="equivalence", of=["dropout", "noise"])
ALIKE = claim(test="order", of=["noise", "weight_decay"], like="dropout")
EVERY = [UP, SAME, GROUPS, RISING, PEAK, EQUAL, ALIKE]
IDS = ["direction", "same", "groups", "rising", "peak", "equivalence", "likeness"]

of_every_test = pytest.mark.parametrize("one", EVERY, ids=IDS)


def untestable(found, one):
    row_ = whole(found, one)
    assert row_["verdict"] == "not testable"
    assert np.isnan([row_["p"], row_["effect"], row_["p_holm"]]).all()
    return row_["reason"]


def lose(name, seed, value=np.nan):
    """Return a change of the weights: `name` loses a seed."""

    def change(weights):
        weights[name][seed] = value

    return change


@of_every_test
def test_one_seed(one):
    seeds = "three seeds that have log_norm for a likeness" if one is ALIKE else (
        "two seeds that have log_norm"
    )  # fmt: skip
    assert untestable(world(MOVED, seeds=1), one) == f"needs {seeds}"


@of_every_test
def test_two_seeds(one):
    found = whole(world(MOVED, seeds=2), one)
    if one is ALIKE:
        assert found["reason"] == "needs three seeds that have log_norm for a likeness"
    else:
        assert (found["n_seeds"], found["verdict"] != "not testable") == (2, True)


@of_every_test
def test_a_reference_without_runs(one):
    about = FAMILIES | {"noise": {"reference": "gone"}, "dropout-0.7": {
        "family": "dropout", "dose": 0.7, "reference": "away"}}  # fmt: skip
    reason = untestable(world(MOVED, about=about), one)
    assert "its reference away has no runs" in reason


@of_every_test
@pytest.mark.parametrize("name", ["dropout-0.7", "baseline"])
def test_a_run_that_is_missing(one, name):
    found = whole(world(PROFILES if one is ALIKE else MOVED, change=lose(name, 2)), one)
    assert found["n_seeds"] == 3
    assert found["reason"].startswith("3 of 4 seeds")


def test_a_likeness_counts_the_seeds_that_all_have():
    missing = world(PROFILES, seeds=5, change=lose("noise", 2))
    found = whole(missing, ALIKE)
    profiles = [missing.weights["finetuned", "log_norm"][members][:, :, :5].mean(axis=0)
                for members in (missing.conditions["family"] == name
                                for name in ("dropout", "noise", "weight_decay"))]  # fmt: skip
    expected = likeness(np.delete(np.stack(profiles), 2, axis=1)).corrected
    assert found["effect"] == pytest.approx(expected[0, 1] - expected[0, 2])
    assert (found["n_seeds"], found["reason"]) == (4, "4 of 5 seeds")


def test_what_the_other_effect_lacks_counts_too():
    def change(weights):
        weights["noise"][1:] = np.nan

    assert untestable(world(MOVED, change=change), SAME) == "needs two seeds that have log_norm"
    assert whole(world(MOVED, change=lose("noise", 1)), SAME)["reason"] == "3 of 4 seeds"


@of_every_test
def test_a_layer_that_failed_in_one_run(one):
    def change(weights):
        weights["dropout-0.5"][1, 2] = np.nan

    moved = PROFILES if one is ALIKE else MOVED
    found, full = (whole(world(moved, seeds=6, change=c), one) for c in (change, None))
    assert (found["verdict"], found["n_seeds"]) == (full["verdict"], 6)
    assert found["reason"].startswith("1 of 5 layers lack a value in a run")


def test_groups_are_compared_in_the_same_layers():
    # Both move one layer by 5; where one of them lacks it in a run they do not differ the more.
    peaked = np.array([0, 0, 5.0, 0, 0, 0])

    def change(weights):
        weights["noise"][1, 2] = np.nan

    one = claim(test="equivalence", of=["noise", "weight_decay"])
    found = world({"noise": peaked, "weight_decay": peaked}, seeds=6, change=change)
    assert whole(found, one)["verdict"] == "supported"
    assert whole(found, one)["reason"] == "1 of 5 layers lack a value in a run"


@of_every_test
def test_a_metric_without_any_value(one):
    found = world(MOVED, change=lose("dropout-0.7", slice(None)))
    assert untestable(found, one) == "needs effects of dropout-0.7 on log_norm"


@of_every_test
def test_other_initial_weights(one):
    about = FAMILIES | {"dropout-0.7": {"family": "dropout", "dose": 0.7,
                                        "comparable_weights": False}}  # fmt: skip
    reason = untestable(world(MOVED, about=about), one)
    assert reason == "needs effects of dropout-0.7 on log_norm"


@of_every_test
def test_a_constant_metric_decides_nothing(one):
    def change(weights):
        for values in weights.values():
            values[:] = 3.0

    found = whole(world(MOVED, change=change), one)
    assert (found["verdict"], found["p"]) == ("inconclusive", 1)
    if one is ALIKE:
        assert "the profile of weight_decay is the same in all layers" in found["reason"]
    else:
        assert found["reason"] == "the same in every seed: no test"


@of_every_test
def test_a_metric_that_the_study_does_not_compare(one):
    part = one.parts[0].model_copy(update={"metrics": ("entropy",), "margin": None})
    part = part.model_copy(update={"margin": 0.1}) if part.test == "equivalence" else part
    other = one.model_copy(update={"parts": (part,)})
    table = judged(world(MOVED), other)
    assert set(table["scope"]) == {"body", "all"}
    assert set(table["reason"]) == {"needs entropy, which the study does not compare"}


def test_a_metric_without_a_margin():
    one = claim(test="equivalence", of=["dropout"], metrics=["accuracy"])
    found = row(judged(world({}), one), part=0)
    assert found["reason"] == "no margin for accuracy: give comparison.margins.accuracy"


def test_no_layer_with_a_long_tail():
    runs, spectra, scores = study(
        {name: np.zeros((3, 6)) for name in ("baseline", "dropout", "noise")},
        layers=DEEP,
        metrics=["alpha"],
    )
    [found] = effects_of(Tables(runs, initial(spectra, num_pl_spikes=9.0), scores), ["alpha"])
    for test in ({"test": "direction", "of": ["dropout"], "sign": "up"},
                 {"test": "order", "of": ["dropout", "noise"], "like": "noise"}):  # fmt: skip
        reason = untestable(found, claim(metrics=["alpha"], **test))
        assert reason == "no layer has a tail long enough for alpha before training"


def test_profiles_that_say_nothing():
    rng = np.random.default_rng(1)
    noisy = world(
        PROFILES, change=lambda w: w.update(noise=w["baseline"] + rng.normal(size=(4, 6)))
    )
    found = whole(noisy, ALIKE)
    assert (found["verdict"], found["p"]) == ("inconclusive", 1)
    assert found["reason"].startswith("the profile of noise repeats itself at r = ")

    few = {name: rng.normal(size=(4, 2)) for name in ("baseline", "dropout", "noise", "x")}
    one = claim(test="order", of=["noise", "x"], like="dropout")
    reason = untestable(effects(few, layers=DEEP[:2]), one)
    assert reason == "needs three layers that have log_norm in every run"


@of_every_test
def test_without_a_twin_there_is_no_floor(one):
    alone = {name: columns for name, columns in FAMILIES.items() if name != "twin"}
    found = whole(world(PROFILES, about=alone), one)
    assert np.isnan([found["floor_low"], found["floor_high"]]).all()
    assert found["verdict"] != "not testable"
    assert np.isfinite(whole(world(PROFILES), one)[["floor_low", "floor_high"]].tolist()).all()


def test_the_floor_of_a_likeness_is_that_of_the_twin():
    found = world(PROFILES, seeds=5)
    values = found.weights["finetuned", "log_norm"][..., :5]
    of = found.conditions["family"]
    r = likeness([values[of == "dropout"].mean(axis=0), values[of == "null"][0]]).r[0, 1]
    row_ = whole(found, ALIKE)
    assert (row_["floor_low"] + row_["floor_high"]) / 2 == pytest.approx(r)
    # A run that the twin lacks costs its seed, as if the study had none there.
    lost = world(PROFILES, seeds=5, change=lose("twin", 2))
    none = world(PROFILES, seeds=5, change=lambda w: [w[name].__setitem__(2, np.nan) for name in w])
    floor = [whole(found, ALIKE)["floor_high"] for found in (lost, none)]
    assert floor[0] == pytest.approx(floor[1])


def test_a_twin_that_has_no_runs_left_is_no_floor():
    found = world(PROFILES, change=lose("twin", slice(None)))
    for one in EVERY:
        row_ = whole(found, one)
        assert np.isnan(row_["floor_low"])
        assert row_["verdict"] != "not testable"


def test_a_single_condition():
    found = judged(world({"dropout-0.5": 1}, about={"dropout-0.5": FAMILIES["dropout-0.5"]}),
                   own("one", [UP.parts[0].model_dump()]), RISING)  # fmt: skip
    found = found[(found["scope"] == "body") & (found["part"] == 0)]
    assert row(found, claim="one")["verdict"] == "supported"
    assert row(found, claim="own")["reason"] == "needs two doses of dropout"


def test_only_a_baseline():
    found = effects({"baseline": np.zeros((3, 6))}, layers=DEEP)
    for one in EVERY:
        assert untestable(found, one).startswith("needs conditions of ")


@pytest.mark.parametrize("lost", ["spectra", "scores"])
def test_tables_without_rows(lost):
    runs, spectra, scores = study({"baseline": np.zeros((3, 3)), "dropout": np.ones((3, 3))})
    tables = {"spectra": spectra, "scores": scores} | {lost: pd.DataFrame()}
    [found] = effects_of(Tables(runs, tables["spectra"], tables["scores"]), ["log_norm"])
    on = {"spectra": "log_norm", "scores": "accuracy"}[lost]
    one = claim(test="direction", of=["dropout"], sign="up", metrics=[on])
    table = judged(found, one)
    assert set(table["reason"]) == {f"needs {on}, which the study does not compare"}
    assert set(table["scope"]) == ({"body", "all"} if lost == "spectra" else {"scores"})


def test_odd_names_come_through():
    about = {"dropout-½ <&>\n'": {"family": "dropout", "dose": 0.5}}
    found = whole(world(every(about, 1.0), about=about), UP)
    assert found["verdict"] == "supported"
    lost = world(every(about, 1.0), about=about, change=lose(next(iter(about)), slice(None)))
    assert next(iter(about)) in untestable(lost, UP)


def test_backbones_with_different_layers():
    values = {"baseline": np.zeros((3, 6)), "dropout": np.ones((3, 6))}
    values["dropout"] += np.random.default_rng(0).normal(0, 0.1, (3, 6))
    other = {name: -value[:, :3] for name, value in values.items()}
    pairs = zip(
        study(values, layers=DEEP),
        study(other, layers=[("patch", "stem"), ("mlp", "mlp_in"), ("head", "classifier")],
              cell=CELL | {"backbone": "vit"}),
        strict=True,
    )  # fmt: skip
    table = claims_table(
        effects_of(Tables(*map(pd.concat, pairs)), ["log_norm"]), [UP], {}
    ).to_pandas()
    wholes = table[(table["part"] == 0) & (table["scope"] == "all")]
    assert row(wholes, backbone="b")["verdict"] == "supported"
    assert row(wholes, backbone="vit")["verdict"] == "contradicted"
