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
from weightscape.comparison.layers import find_noise
from weightscape.comparison.likeness import likeness
from weightscape.comparison.span import find_span

MOVED = every(DROPOUT, 1.0) | {"noise": 1.0, "weight_decay": -1.0}
WAVE = np.array([1.0, -1, 1, -1, 1, -1, 1, -1, 1, 0])
SLOPE = np.append((np.arange(9) - 4.0) / 2, 0.0)
PROFILES = every((*DROPOUT, "noise"), WAVE) | {"weight_decay": SLOPE}
UP = claim(test="direction", of=["dropout"], sign="up")
SAME = claim(test="direction", of=["dropout"], sign="same", like="noise")
GROUPS = claim(test="order", of=["dropout", "noise", "weight_decay"])
RISING = claim(test="order", of=["dropout"], sign="rising")
PEAK = claim(test="order", of=["dropout"], sign="peak")
OF_OWN = {"share": 0.2, "to": "own_change"}
EQUAL = claim(test="equivalence", of=["dropout", "noise"], **OF_OWN)
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
    seeds = {id(ALIKE): "three seeds that have log_norm for a likeness",
             id(SAME): "three seeds that have log_norm",
             id(EQUAL): "two seeds that have what fine-tuning itself does on log_norm"}  # fmt: skip
    needed = seeds.get(id(one), "two seeds that have log_norm")
    assert untestable(world(MOVED, seeds=1), one) == f"needs {needed}"


@of_every_test
def test_two_seeds(one):
    found = whole(world(MOVED, seeds=2), one)
    if one in (ALIKE, SAME):
        assert found["reason"].startswith("needs three seeds that have log_norm")
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
    profiles = [missing.weights["finetuned", "log_norm"][members][:, :, :9].mean(axis=0)
                for members in (missing.conditions["family"] == name
                                for name in ("dropout", "noise", "weight_decay"))]  # fmt: skip
    span, _ = find_span(missing, "finetuned", "log_norm", np.ones(len(missing.conditions), bool))
    stacks = [np.delete(each, 2, axis=1) for each in (np.stack(profiles), span[..., :9])]
    noise = find_noise(missing.weights["finetuned", "log_norm"])[:9]
    expected = likeness(*stacks, noise).corrected
    assert found["effect"] == pytest.approx(expected[0, 1] - expected[0, 2])
    assert (found["n_seeds"], found["reason"]) == (4, "4 of 5 seeds")


def test_what_the_other_effect_lacks_counts_too():
    def change(weights):
        weights["noise"][1:] = np.nan

    assert untestable(world(MOVED, change=change), SAME) == "needs three seeds that have log_norm"
    assert whole(world(MOVED, change=lose("noise", 1)), SAME)["reason"] == "3 of 4 seeds"


@of_every_test
def test_a_layer_that_failed_in_one_run(one):
    def change(weights):
        weights["dropout-0.5"][1, 2] = np.nan

    moved = PROFILES if one is ALIKE else MOVED
    found, full = (whole(world(moved, seeds=6, change=c), one) for c in (change, None))
    assert (found["verdict"], found["n_seeds"]) == (full["verdict"], 6)
    assert found["reason"].startswith("1 of 9 layers lack a value in a run")


def test_groups_are_compared_in_the_same_layers():
    # Both move one layer by 5; where one of them lacks it in a run they do not differ the more.
    peaked = np.array([0, 0, 5.0, 0, 0, 0, 0, 0, 0, 0])

    def change(weights):
        weights["noise"][1, 2] = np.nan

    one = claim(test="equivalence", of=["noise", "weight_decay"], **OF_OWN)
    found = world({"noise": peaked, "weight_decay": peaked}, seeds=6, change=change)
    assert whole(found, one)["verdict"] == "supported"
    assert whole(found, one)["reason"] == "1 of 9 layers lack a value in a run"


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
    if one is EQUAL:  # of no effects at all it is true that they do not differ
        return
    assert (found["verdict"], found["p"]) == ("inconclusive", 1)
    if one is ALIKE:
        assert "what is left of weight_decay is the same in all layers" in found["reason"]
    else:
        assert found["reason"] == "the same in every seed: no test"


@of_every_test
def test_a_metric_that_the_study_does_not_compare(one):
    part = one.parts[0].model_copy(update={"metrics": ("entropy",)})
    other = one.model_copy(update={"parts": (part,)})
    table = judged(world(MOVED), other)
    assert set(table["scope"]) == {"body", "all"}
    assert set(table["reason"]) == {
        "needs entropy, which the study does not compare: name it under comparison.spectra_metrics"
    }


def test_no_layer_with_a_long_tail():
    runs, spectra, scores = study(
        {name: np.zeros((3, len(DEEP))) for name in ("baseline", "dropout", "noise")},
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
        PROFILES, change=lambda w: w.update(noise=w["baseline"] + rng.normal(size=(4, len(DEEP))))
    )
    found = whole(noisy, ALIKE)
    assert (found["verdict"], found["p"]) == ("inconclusive", 1)
    assert found["reason"].startswith("what is left of noise repeats itself at r = ")

    few = {name: rng.normal(size=(4, 2)) for name in ("baseline", "dropout", "noise", "x")}
    one = claim(test="order", of=["noise", "x"], like="dropout")
    reason = untestable(effects(few, layers=DEEP[:2]), one)
    assert reason == "needs 8 layers that have log_norm in every run; there are 2"


@of_every_test
def test_without_a_twin_there_is_no_floor(one):
    alone = {name: columns for name, columns in FAMILIES.items() if name != "twin"}
    found = whole(world(PROFILES, about=alone), one)
    assert np.isnan([found["floor_low"], found["floor_high"]]).all()
    assert found["verdict"] != "not testable"
    assert np.isfinite(whole(world(PROFILES), one)[["floor_low", "floor_high"]].tolist()).all()


def test_the_floor_of_a_likeness_is_that_of_the_twin():
    found = world(PROFILES, seeds=5)
    values = found.weights["finetuned", "log_norm"][..., :9]
    of = found.conditions["family"]
    span, _ = find_span(found, "finetuned", "log_norm", np.ones(len(of), bool))
    pair = [values[of == "dropout"].mean(axis=0), values[of == "null"][0]]
    noise = find_noise(found.weights["finetuned", "log_norm"])[:9]
    r = likeness(pair, span[..., :9], noise).r[0, 1]
    row_ = whole(found, ALIKE)
    assert (row_["floor_low"] + row_["floor_high"]) / 2 == pytest.approx(r)


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
    found = effects({"baseline": np.zeros((3, len(DEEP)))}, layers=DEEP)
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
    values = {"baseline": np.zeros((3, len(DEEP))), "dropout": np.ones((3, len(DEEP)))}
    values["dropout"] += np.random.default_rng(0).normal(0, 0.1, (3, len(DEEP)))
    other = {name: -value[:, :3] for name, value in values.items()}
    pairs = zip(
        study(values, layers=DEEP),
        study(other, layers=[("patch", "stem"), ("mlp", "mlp_in"), ("head", "classifier")],
              cell=CELL | {"backbone": "vit"}),
        strict=True,
    )  # fmt: skip
    table = claims_table(effects_of(Tables(*map(pd.concat, pairs)), ["log_norm"]), [UP]).to_pandas()
    wholes = table[(table["part"] == 0) & (table["scope"] == "all")]
    assert row(wholes, backbone="b")["verdict"] == "supported"
    assert row(wholes, backbone="vit")["verdict"] == "contradicted"
