"""The config: what is accepted, what is refused, and with which words."""

import copy
from pathlib import Path

import pytest
import yaml

from weightscape.comparison.metrics import comparable_metrics
from weightscape.spectra.metrics import METRICS
from weightscape.study.load import ConfigError, check_keys, load_study, read_study
from weightscape.study.plan import Plan
from weightscape.study.study import Study

ROOT = Path(__file__).parents[2]
DEFAULT = yaml.safe_load((ROOT / "studies/digits.yaml").read_text("utf-8"))


def changed(change):
    values = copy.deepcopy(DEFAULT)
    change(values)
    return values


def test_the_digits_have_twelve_conditions_and_36_runs():
    plan = Plan(read_study(ROOT / "studies/digits.yaml"))
    assert list(plan.conditions) == [
        "baseline", "twin", "control-steps", "control-rate", "dropout-0.5", "dropout-0.9",
        "weight_decay-1.0", "weight_decay-5.0", "noise-0.3", "trivial_augment", "synthetic-1.0",
        "scratch",
    ]  # fmt: skip
    assert len(list(plan.runs())) == 36


def test_family_sets_its_factor_and_keeps_the_rest_of_the_recipe():
    plan = Plan(read_study(ROOT / "studies/digits.yaml"))
    base, strong = plan.recipes["baseline"], plan.recipes["dropout-0.9"]
    assert strong == base.model_copy(update={"dropout": 0.9})
    assert plan.conditions["dropout-0.9"].family == "dropout"
    assert plan.conditions["dropout-0.9"].dose == 0.9
    noise = {"sd": 0.3, "eight_bit": False}
    assert plan.recipes["noise-0.3"].augment == {"gaussian_noise": noise}
    assert plan.recipes["synthetic-1.0"].synthetic == {"gaussian_mixture": 1.0}


def test_numbers_may_arrive_as_text():
    study = load_study(changed(lambda v: v["training"].update(lr="1e-4")))
    assert study.training.lr == 1e-4


def test_an_unquoted_null_names_the_family_of_the_twin():
    study = load_study(changed(lambda v: v["conditions"][1].update(family=None)))
    assert study.all_conditions[1].family == "null"


def test_a_condition_from_scratch_has_initial_weights_of_its_own():
    plan = Plan(read_study(ROOT / "studies/digits.yaml"))
    assert plan.initial("resnet10t", "scratch") == "resnet10t-none"
    assert plan.initial_networks["resnet10t-none"].pretrained == "none"
    rows = {row["condition"]: row for row in plan.describe_runs()}
    assert not rows["scratch"]["comparable_weights"]
    assert rows["dropout-0.5"]["comparable_weights"]


def test_nano_shrinks_and_renames():
    study = load_study({**DEFAULT, "scale": "nano"})
    assert study.study == "digits-nano"
    assert study.seeds == 2
    assert study.training.epochs == 1
    small = changed(lambda v: v["datasets"][0].update(limit=10))
    small["conditions"].append({"name": "long", "factors": {"epochs": 300, "dropout": 0.1}})
    study = load_study({**small, "scale": "nano"})
    assert study.datasets[0].limit == 10
    recipe = Plan(study).recipes["long"]
    assert (recipe.epochs, recipe.dropout) == (1, 0.1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: v.update(seedz=3), ["seedz", "unknown key", "did you mean 'seeds'"]),
        (lambda v: v["training"].update(learning_rate=1), ["training.learning_rate", "allowed"]),
        (lambda v: v["training"].update(lr=-1), ["training.lr", "greater than 0", "-1"]),
        (lambda v: v["training"].update(lr=float("nan")), ["training.lr", "finite", "nan"]),
        (lambda v: v["training"].update(dropout=1.5), ["training.dropout", "less than 1", "1.5"]),
        (lambda v: v["datasets"][0].update(val=1.2), ["datasets.0.val", "less than 1", "1.2"]),
        (lambda v: v["datasets"][0].update(val=0.9), ["datasets.0", "0.9", "below 1"]),
        (lambda v: v["datasets"][0].update(source="mnist"), ["datasets.0", "mnist", "digits"]),
        (
            lambda v: v["datasets"][0].update(options={"image_size": 0}),
            ["datasets.0", "image_size", "0"],
        ),
        (
            lambda v: v["backbones"][0].update(architecture="resnet10x"),
            ["backbones.0.architecture", "resnet10x", "resnet10t"],
        ),
        (lambda v: v["backbones"][0].update(pretrained="imagenet"), ["imagenet", "glyphs"]),
        (lambda v: v["conditions"].append({"name": "baseline"}), ["conditions", "baseline"]),
        (lambda v: v["conditions"].append({"name": "../x"}), ["conditions.10.name", "../x"]),
        (lambda v: v["conditions"].append({"name": "a b"}), ["conditions.10.name", "a b"]),
        (lambda v: v["conditions"].append({"name": "a=b"}), ["conditions.10.name", "a=b"]),
        (lambda v: v["conditions"].append({"name": "init"}), ["conditions", "init"]),
        (
            lambda v: v["conditions"].append({"name": "x", "reference": "y"}),
            ["conditions.x.reference", "'y'", "baseline"],
        ),
        (
            lambda v: v["conditions"].append({"vary": "dropout", "over": [1.5]}),
            ["conditions.dropout-1.5.factors", "dropout", "less than 1", "1.5"],
        ),
        (
            lambda v: v["conditions"].append({"vary": "dropuot", "over": [0.3]}),
            ["conditions.dropuot-0.3.factors", "dropuot", "did you mean 'dropout'"],
        ),
        (
            lambda v: v["conditions"].append({"name": "x", "factors": {"augment": "zoom"}}),
            ["conditions.x.factors", "augment", "zoom", "trivial_augment"],
        ),
        (
            lambda v: v["conditions"].append(
                {"name": "x", "factors": {"augment": {"gaussian_noise": {"sd": -1}}}}
            ),
            ["conditions.x.factors", "gaussian_noise", "sd", "-1"],
        ),
        (
            lambda v: v["conditions"].append({"name": "x", "factors": {"synthetic": {"gan": 1}}}),
            ["conditions.x.factors.synthetic", "gan", "gaussian_mixture"],
        ),
        (lambda v: v["figures"].append("pie"), ["figures", "pie", "spectrum"]),
        (lambda v: v["shifts"].append({"name": "all", "source": "blur"}), ["shifts", "'all'"]),
        (
            lambda v: v["backbones"][0].update(pretrained="digits", pretraining={}),
            ["backbones.resnet10t.pretrained", "'digits'", "test images"],
        ),
        (
            lambda v: v["backbones"].append(
                {"name": "resnet10t-none", "architecture": "resnet18", "in_chans": 1}
            ),
            ["backbones", "resnet10t-none", "rename"],
        ),
        (
            lambda v: v["conditions"].append(
                {"name": "x", "factors": {"synthetic": {"gaussian_mixture": 2}}}
            ),
            ["conditions.x.factors.synthetic", "2.0", "raise its ratio, which is 1.0"],
        ),
        (
            lambda v: v.update(comparison={"spectra_metrics": ["alphaa"]}),
            ["comparison.spectra_metrics.0", "alphaa", "'alpha'"],
        ),
        (
            lambda v: v.update(spectra={"form": "pooled"}),
            ["comparison.form", "'unfolded'", "set comparison.form: pooled", "spectra.form: both"],
        ),
        (lambda v: v["training"].update(warmup_epochs=9), ["training", "warmup_epochs 9", "5"]),
        (
            lambda v: v["conditions"].append(
                {
                    "vary": "augment.gaussian_noise.sd",
                    "over": [0.1],
                    "factors": {"augment": "trivial_augment"},
                }
            ),
            ["augment", "trivial_augment", "mapping"],
        ),
        (lambda v: v.update(seeds=0), ["seeds", "greater than or equal to 1", "0"]),
        (lambda v: v.pop("study"), ["study", "required"]),
    ],
)
def test_a_mistake_names_key_value_and_what_is_allowed(change, words):
    with pytest.raises(ConfigError) as error:
        load_study(changed(change))
    for word in words:
        assert word in str(error.value)
    assert "pydantic" not in str(error.value)


def test_a_duplicate_key_is_named_with_both_lines(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("study: a\ntraining:\n  lr: 1\n  lr: 2\n")
    with pytest.raises(ConfigError, match=r"study\.yaml.*'lr'.*line 3.*line 4"):
        check_keys(file)


def test_broken_yaml_is_named(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("study: [a\n")
    with pytest.raises(ConfigError, match=r"study\.yaml is not YAML"):
        check_keys(file)


def test_every_key_is_described():
    def undescribed(schema, path=""):
        for name, part in schema.get("properties", {}).items():
            if "description" not in part:
                yield f"{path}.{name}"

    schema = Study.model_json_schema()
    sections = {"Study": schema, **schema["$defs"]}
    assert not [key for name, part in sections.items() for key in undescribed(part, name)]


def test_every_metric_to_compare_is_a_column():
    assert set(comparable_metrics("spectra")) <= {metric.name for metric in METRICS}


def test_a_control_of_the_steps_stays_one_under_nano():
    changes = [
        {"name": "by-factor", "family": "control", "factors": {"steps_factor": 0.8}},
        {"name": "by-epochs", "family": "control", "factors": {"epochs": 4}},
        {"name": "long", "factors": {"epochs": 5000}},
    ]
    study = changed(lambda v: v["conditions"].extend(changes))
    assert study["training"]["epochs"] == 5
    for entry in changes:
        # Of a family the last member is tried.
        entry["family"] = entry["name"]
    recipes = Plan(load_study({**study, "scale": "nano"})).recipes
    steps = {name: round(r.steps * r.steps_factor) for name, r in recipes.items()}
    assert (steps["by-factor"], steps["by-epochs"]) == (8, 8)
    assert steps["baseline"] == 10 and steps["long"] == 40


def test_the_default_study_is_tried_without_its_weights():
    default = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    study = load_study({**default, "scale": "nano"})
    [backbone] = study.backbones
    assert (backbone.pretrained, backbone.package) == ("random", None)
    assert backbone.architecture == "test_efficientnet"
    plan = Plan(study)
    assert {"control-steps", "control-rate"} <= set(plan.conditions)
    assert plan.recipes["control-steps"].steps_factor == 0.8


def test_every_study_has_a_contact_sheet_of_each_dataset():
    study = load_study(DEFAULT)
    assert [figure.name for figure in study.all_figures][:3] == [
        "contact_sheet", "measured_effects", "spectrum",
    ]  # fmt: skip
    two = changed(
        lambda v: v["datasets"].append({"name": "more", "source": "digits", "options": {}})
    )
    names = [figure.name for figure in load_study(two).all_figures]
    assert names[:2] == ["contact_sheet-digits", "contact_sheet-more"]
    own = changed(lambda v: v["figures"].insert(0, {"name": "sheet", "source": "contact_sheet"}))
    always = [figure.name for figure in load_study(own).all_figures[:2]]
    assert always == ["measured_effects", "sheet"]


def test_what_is_meant_by_accuracy_is_one_of_three():
    assert load_study({**DEFAULT, "score": "auroc"}).score == "auroc"
    with pytest.raises(ConfigError, match=r"score: .*'balanced_accuracy' or 'auroc', not 'ece'"):
        load_study({**DEFAULT, "score": "ece"})
