"""Grids that validation settles: what a study plans of them, and what it refuses."""

import copy

import pytest
import yaml

from tests.helpers.driving import NANO
from weightscape.study.load import ConfigError, load_study
from weightscape.study.plan import Plan

GRID = {"lr": [1e-3, 1e-4], "weight_decay": [0.01]}
STUDY = yaml.safe_load(NANO.read_text("utf-8")) | {
    "choose": "validation",
    "conditions": [
        {"name": "baseline", "grid": GRID},
        {"name": "twin", "family": "null", "factors": {"data_order": 1}, "grid": GRID},
        {"vary": "dropout", "over": [0.1, 0.5], "grid": {"lr": [1e-3, 3e-4, 1e-4]}},
        {"name": "scratch", "factors": {"pretrained": "none"}},
    ],
}


def changed(change):
    values = copy.deepcopy(STUDY)
    change(values)
    return values


def settings(name, *rates):
    return [f"{name}+lr-{rate}" for rate in rates]


def test_all_settings_are_trained_and_stand_for_their_entries():
    plan = Plan(load_study(STUDY))
    assert list(plan.conditions) == [
        "baseline+lr-0.001+weight_decay-0.01", "baseline+lr-0.0001+weight_decay-0.01",
        "twin+lr-0.001+weight_decay-0.01", "twin+lr-0.0001+weight_decay-0.01",
        *settings("dropout-0.1", 0.001, 0.0003, 0.0001),
        *settings("dropout-0.5", 0.001, 0.0003, 0.0001), "scratch",
    ]  # fmt: skip
    rows = {row["condition"]: row for row in plan.describe_runs()}
    one = rows["dropout-0.5+lr-0.0003"]
    assert (one["stands_for"], one["reference"], one["setting"], one["dose"]) == (
        "dropout-0.5", "baseline", "lr-0.0003", 0.5,
    )  # fmt: skip
    assert one["comparable_weights"]
    assert plan.recipes["dropout-0.5+lr-0.0003"].lr == 3e-4
    scratch = rows["scratch"]
    assert (scratch["stands_for"], scratch["reference"]) == ("scratch", "baseline")
    assert not scratch["comparable_weights"]


def test_without_the_key_each_setting_is_compared_with_the_same_one():
    values = changed(lambda v: v.pop("choose"))
    values["conditions"] = [*values["conditions"][:2], {"name": "own", "reference": "own"}]
    rows = {row["condition"]: row for row in Plan(load_study(values)).describe_runs()}
    assert all(row["stands_for"] == name for name, row in rows.items())
    name = "+lr-0.0001+weight_decay-0.01"
    assert rows[f"twin{name}"]["reference"] == f"baseline{name}"


def test_a_trial_still_has_settings_to_choose_from():
    plan = Plan(load_study(changed(lambda v: v.update(scale="nano"))))
    assert list(plan.conditions) == [
        "baseline+lr-0.001+weight_decay-0.01", "baseline+lr-0.0001+weight_decay-0.01",
        "twin+lr-0.001+weight_decay-0.01", "twin+lr-0.0001+weight_decay-0.01",
        *settings("dropout-0.5", 0.001, 0.0003), "scratch",
    ]  # fmt: skip
    rows = {row["condition"]: row for row in plan.describe_runs()}
    one = rows["dropout-0.5+lr-0.001"]
    assert (one["stands_for"], one["reference"], one["setting"]) == (
        "dropout-0.5", "baseline", "lr-0.001",
    )  # fmt: skip


def test_images_are_measured_under_the_condition_that_trains_on_them():
    def augment(values):
        values["conditions"][2]["factors"] = {"augment": "trivial_augment"}
        values["diversity"] = {}

    sets = Plan(load_study(changed(augment))).image_sets
    assert (sets["dropout-0.1"].condition, sets["real"].condition) == ("dropout-0.1", "baseline")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda v: v.update(conditions=[{"name": "baseline"}]),
            ["choose: validation has nothing to choose from", "give conditions a grid"],
        ),
        (
            lambda v: v["conditions"].append(
                {"name": "slow", "family": "control", "factors": {"lr": 7e-4}, "grid": GRID}
            ),
            ["conditions.4.grid: lr is what 'slow' sets itself", "leave it out of the one or"],
        ),
        (
            lambda v: v["conditions"][2].update(grid={"dropout": [0.3]}),
            ["conditions.2.vary: dropout is what 'dropout-0.1' sets itself"],
        ),
        (lambda v: v.update(choose="test"), ["choose", "validation", "'test'"]),
        (
            lambda v: v["conditions"][1].pop("grid"),
            ["conditions.twin.grid", "lr-0.0001", "give it the same grid"],
        ),
        (
            lambda v: v["conditions"][1].update(family="control", grid={"lr": [1e-3]}),
            ["conditions.twin.grid", "twins and controls have the setting that their reference"],
        ),
        (
            lambda v: v["conditions"].append({"name": "scratch", "grid": {"lr": [1e-3]}}),
            ["conditions: 2 of them are named 'scratch'"],
        ),
        (
            lambda v: v["conditions"].append({"name": "init", "grid": {"lr": [1e-3]}}),
            ["'init' is the word for initial weights"],
        ),
        (
            lambda v: v["conditions"][3].update(reference="baseline+lr-0.001+weight_decay-0.01"),
            ["conditions.scratch.reference", "there is no condition 'baseline+lr-0.001"],
        ),
        (
            lambda v: v.update(derived=[{"name": "d", "method": "average", "of": ["dropout"]}]),
            ["derived.d.of", "'dropout-0.1+lr-0.001' is one of the settings", "without a grid"],
        ),
        (
            lambda v: v.update(
                diversity={}, conditions=[
                    {"name": "baseline"},
                    {"name": "noise", "grid": {"augment.gaussian_noise.sd": [0.1, 0.2]}},
                ]
            ),
            ["conditions.noise.grid", "differ in the images", "leave diversity out"],
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_chosen_is_refused_before_any_job(change, words):
    with pytest.raises(ConfigError) as error:
        load_study(changed(change))
    for word in words:
        assert word in str(error.value)


def test_what_is_derived_of_a_condition_without_a_grid_has_a_chosen_reference():
    def derive(values):
        values["conditions"].append({"name": "plain"})
        values["derived"] = [{"name": "d", "method": "trajectory_average", "of": ["plain"]}]

    rows = {row["condition"]: row for row in Plan(load_study(changed(derive))).describe_runs()}
    assert (rows["d"]["reference"], rows["d"]["comparable_weights"]) == ("baseline", True)
