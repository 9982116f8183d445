"""Averages of weights and ensembles: of equal parts they are the part."""

import json
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
import torch
from pydantic import ValidationError

from weightscape.config.condition import ConditionEntry, FamilyEntry, expand_conditions
from weightscape.config.derived import DerivedEntry, combine_entries
from weightscape.config.place import Place
from weightscape.config.run import RunId
from weightscape.data.examples import Examples
from weightscape.network.average import average, greedy_soup, interpolate
from weightscape.network.build import describe, initialise, restore
from weightscape.network.predict import predict
from weightscape.network.predictions import table_of
from weightscape.network.saved import SavedNetwork
from weightscape.network.soup import cook_soup
from weightscape.scoring.classification import score_classification
from weightscape.scoring.ensemble import average_predictions
from weightscape.study.load import ConfigError, load_study
from weightscape.study.paths import Files
from weightscape.study.plan import Plan
from weightscape.study.runs import run_rows

INFO = describe("resnet10t", in_chans=1, num_classes=3)
STUDY = {
    "study": "x",
    "seeds": 2,
    "datasets": ["digits"],
    "backbones": [{"name": "tiny", "architecture": "resnet10t", "in_chans": 1}],
}


def network(seed):
    return initialise(INFO, seed, {}).state_dict()


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# Weights.


def test_the_average_of_one_and_of_equal_networks_is_the_network():
    one = network(1)
    assert same(average([one]), one)
    assert same(average([one] * 3), one)


def test_an_average_by_hand():
    parts = [{"w": torch.tensor([1.0, 2.0]), "n": torch.tensor(3)},
             {"w": torch.tensor([3.0, 6.0]), "n": torch.tensor(5)}]  # fmt: skip
    mean = average(parts)
    assert mean["w"].tolist() == [2.0, 4.0]
    assert mean["n"] == 3
    line = interpolate(*parts, 0.25)
    assert line["w"].tolist() == [1.5, 3.0]
    assert same(interpolate(*parts, 0.0), {**parts[0], "n": parts[1]["n"]})
    assert same(interpolate(*parts, 1.0), parts[1])


def test_networks_of_other_layers_cannot_be_averaged():
    with pytest.raises(ValueError, match="one backbone"):
        average([{"w": torch.zeros(2)}, {"w": torch.zeros(3)}])
    with pytest.raises(ValueError, match="no network"):
        average([])


def test_a_greedy_soup_takes_what_does_not_hurt():
    # The accuracy of a network is how near its weight is to 1: .9 is best, 1.1 helps, 5 does not.
    weights = [5.0, 0.9, 1.1]

    def mix(places):
        return sum(weights[place] for place in places) / len(places)

    soup, chosen = greedy_soup(3, mix, lambda weight: -abs(weight - 1))
    assert chosen == [1, 2]
    assert soup == pytest.approx(1.0)
    assert greedy_soup(1, mix, lambda weight: 0.0) == (5.0, [0])


def test_a_soup_of_equal_networks_is_the_network_and_of_others_never_worse():
    rng = np.random.default_rng(0)
    labels = np.arange(12) % 3
    images = Examples(rng.integers(0, 256, (12, 1, 16, 16), np.uint8), labels, ("a", "b", "c"))
    one, other = (SavedNetwork(network(seed), INFO) for seed in (2, 3))
    about = images, "balanced_accuracy", Place("cpu", 1)
    assert same(cook_soup([one, one], *about).tensors, one.tensors)
    scores = []
    for each in (one, other, cook_soup([one, other], *about)):
        live = restore(each)
        logits = predict(live, live.put(images.inputs))
        scores.append(score_classification(logits, labels)["balanced_accuracy"])
    assert scores[2] >= max(scores[:2])


def test_a_soup_is_chosen_by_what_is_finished():
    images = Examples(np.zeros((4, 1, 16, 16), np.uint8), np.full(4, 2), ("a", "b", "c"))
    asked = []

    def finish(mean, places):
        asked.append([*places])
        # With the second network it is right on all images, without it on none.
        answer = torch.tensor([0.0, 0.0, 99.0] if 1 in places else [99.0, 0.0, 0.0])
        return mean._replace(tensors={**mean.tensors, "fc.bias": answer})

    networks = [SavedNetwork(network(seed), INFO) for seed in (2, 3, 4)]
    soup = cook_soup(networks, images, "accuracy", Place("cpu", 1), finish)
    assert asked == [[0], [1], [2], [1], [1, 0], [1, 0, 2]]
    assert soup.tensors["fc.bias"].tolist() == [0.0, 0.0, 99.0]


# Logits.


def predictions(condition, logits):
    run = RunId("d", "b", condition, 1)
    labels = np.arange(len(logits)) % 3
    return pa.concat_tables(
        [table_of(run, key, labels, logits) for key in (("test", "none", 0), ("val", "none", 0))]
    )


RUN = RunId("d", "b", "ensemble", 1)


def test_the_ensemble_of_one_has_its_logits_and_of_two_their_mean():
    rng = np.random.default_rng(0)
    one, other = (rng.normal(0, 5, (4, 3)).astype(np.float16).astype(np.float32) for _ in "ab")
    alone = average_predictions([predictions("a", one)], RUN)
    assert alone["logits"].equals(predictions("a", one)["logits"])
    assert set(alone["condition"].to_pylist()) == {"ensemble"}
    both = average_predictions([predictions("a", one), predictions("b", other)], RUN)
    expected = ((one.astype(np.float64) + other) / 2).astype(np.float16)
    np.testing.assert_array_equal(np.array(both["logits"].to_pylist())[:4], expected)


def test_an_ensemble_needs_the_same_images():
    logits = np.zeros((4, 3), np.float32)
    with pytest.raises(ValueError, match="different test images"):
        average_predictions([predictions("a", logits), predictions("b", logits[:3])], RUN)
    with pytest.raises(ValueError, match="one member"):
        average_predictions([], RUN)


# The config.


CONDITIONS = expand_conditions(
    (
        ConditionEntry(name="baseline", grid={"lr": (0.1, "1e-2"), "opt": ("sgd",)}),
        FamilyEntry(vary="dropout", over=(0.5, 0.9), grid={"lr": (0.1, "1e-2"), "opt": ("sgd",)}),
    )
)


def test_a_grid_has_a_reference_in_every_setting():
    assert [(c.name, c.reference) for c in CONDITIONS if c.dose != 0.5] == [
        ("baseline+lr-0.1+opt-sgd", "baseline+lr-0.1+opt-sgd"),
        ("baseline+lr-1e-2+opt-sgd", "baseline+lr-1e-2+opt-sgd"),
        ("dropout-0.9+lr-0.1+opt-sgd", "baseline+lr-0.1+opt-sgd"),
        ("dropout-0.9+lr-1e-2+opt-sgd", "baseline+lr-1e-2+opt-sgd"),
    ]
    assert {c.family for c in CONDITIONS} == {"baseline", "dropout"}
    assert CONDITIONS[-1].factors == {"dropout": 0.9, "lr": "1e-2", "opt": "sgd"}


def test_methods_of_one_run_stand_for_each_of_their_conditions():
    entries = (
        DerivedEntry(name="swa", method="trajectory_average", of=("baseline",), average_from=0.5),
        DerivedEntry(name="line", method="interpolation", of=("dropout",), over=(0.5,)),
        DerivedEntry(
            name="all", method="ensemble", of=("baseline", "dropout"), reference=CONDITIONS[0].name
        ),
    )
    found = combine_entries(entries, CONDITIONS)
    names = [c.name for c in found]
    assert names[:2] == [f"swa-of-{c.name}" for c in CONDITIONS[:2]]
    assert names[2] == f"line-of-{CONDITIONS[2].name}-0.5"
    assert len(names) == 2 + 4 + 1
    assert found[2].dose == found[2].share == 0.5
    assert found[2].reference == CONDITIONS[2].reference
    assert found[-1].members == tuple(c.name for c in CONDITIONS)
    assert found[-1].family == "ensemble"


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"method": "ensemble", "of": ["x"]}, "derived.0.of: there is no condition or family 'x'"),
        ({"method": "ensemble", "of": []}, "derived.0.of"),
        ({"method": "interpolation", "of": ["baseline"]}, "over: give shares"),
        ({"method": "average", "of": ["baseline"], "over": [0.5]}, "over: give shares"),
        ({"method": "average", "of": ["baseline"], "average_from": 0.5}, "does not look along"),
        ({"method": "average", "of": ["baseline", "scratch"]}, "start from different weights"),
        ({"method": "average", "of": ["baseline"], "reference": "x"}, "no condition 'x'"),
        ({"method": "average", "of": ["baseline", "other"]}, "compared with different conditions"),
        ({"method": "average", "of": ["baseline"], "name": "scratch"}, "2 of them are named"),
    ],
)
def test_what_cannot_be_derived(entry, complaint):
    study = STUDY | {
        "conditions": [
            {"name": "baseline"},
            {"name": "scratch", "factors": {"pretrained": "none"}},
            {"name": "other", "reference": "other"},
        ],
        "derived": [{"name": "d", **entry}],
    }
    study["backbones"] = [{**study["backbones"][0], "pretrained": "random"}]
    with pytest.raises(ConfigError, match=complaint):
        load_study(study)


def test_a_run_is_averaged_from_one_place_on():
    derived = [
        {"name": "a", "method": "trajectory_average", "of": ["baseline"], "average_from": 0.5},
        {"name": "b", "method": "trajectory_ensemble", "of": ["baseline"]},
    ]
    study = STUDY | {"conditions": [{"name": "baseline"}], "derived": derived}
    with pytest.raises(ConfigError, match=r"derived.b.average_from: 0.0 is not the 0.5"):
        load_study(study)
    derived[1]["average_from"] = 0.5
    plan = Plan(load_study(study))
    assert plan.along == {"baseline": 0.5}
    derived_runs = [run.id.condition for run in plan.runs() if run.kind == "derived"]
    assert derived_runs == ["a", "a", "b", "b"]
    assert plan.has_weights("a") and not plan.has_weights("b")
    about = {row["condition"]: row for row in plan.describe_runs()}
    assert about["a"]["comparable_weights"] and not about["b"]["comparable_weights"]
    assert about["a"]["initial"] == about["baseline"]["initial"]


def test_derived_runs_have_no_training_to_tell_of():
    study = load_study(
        STUDY
        | {
            "seeds": 1,
            "conditions": [{"name": "baseline"}],
            "derived": [{"name": "a", "method": "average", "of": ["baseline"]}],
        }
    )
    rows = [row for row in Plan(study).describe_runs() if row["derived"]]
    (row,) = run_rows(rows, []).to_pylist()
    assert row["epochs"] is row["val_accuracy"] is row["parameters"] is None
    assert json.loads(row["factors"]) == {"method": "average", "of": ["baseline"]}


def test_a_run_whose_statistics_are_recomputed_stays_what_it_is():
    conditions = expand_conditions(
        (ConditionEntry(name="baseline"), FamilyEntry(vary="dropout", over=(0.5, 0.9)))
    )
    entry = DerivedEntry(
        name="again", family="dropout_recomputed", method="recomputed_bn", of=("dropout",)
    )
    found = combine_entries((entry,), conditions)
    assert [(c.name, c.family, c.dose, c.members, c.reference) for c in found] == [
        ("again-of-dropout-0.5", "dropout_recomputed", 0.5, ("dropout-0.5",), "baseline"),
        ("again-of-dropout-0.9", "dropout_recomputed", 0.9, ("dropout-0.9",), "baseline"),
    ]


def test_batch_norms_see_what_the_runs_saw_unless_they_stay():
    derived = [
        {"name": "a", "method": "average", "of": ["baseline", "augmented", "frozen"]},
        {"name": "b", "method": "average", "of": ["baseline"], "bn": "averaged"},
        {"name": "c", "method": "average", "of": ["frozen"]},
        {"name": "d", "method": "interpolation", "of": ["mixed"], "over": [0.0, 1.0]},
    ]
    study = load_study(
        STUDY
        | {
            "generators": [{"name": "g", "source": "gaussian_mixture"}],
            "training": {"lr": 0.1, "batch_size": 8},
            "conditions": [
                {"name": "baseline"},
                {"name": "augmented", "factors": {"augment": "trivial_augment"}},
                {"name": "frozen", "factors": {"freeze_bn": True}},
                {"name": "mixed", "factors": {"synthetic": {"g": 1.0}, "lr": 0.2}},
            ],
            "derived": derived,
        }
    )
    plan = Plan(study)
    files = Files(plan)
    seen = {name: plan.bn_recipes(name) for name in plan.derived}
    assert [recipe.shown["batch_size"] for recipe in seen["a"]] == [8, 8, 8]
    assert [[*recipe.augment] for recipe in seen["a"]] == [[], ["trivial_augment"], []]
    assert "lr" not in seen["a"][0].shown
    assert plan.bn_modules("a") == ["weightscape.augment.trivial_augment"]
    assert seen["b"] == seen["c"] == []
    assert json.loads(json.dumps(plan.derived["b"].factors))["bn"] == "averaged"
    for name, real, synthetic in (("a", True, []), ("b", False, []), ("d-0.0", True, ["g"])):
        wildcards = SimpleNamespace(condition=name)
        assert bool(files.bn_images(wildcards)) == real
        assert [file.split("/")[-2] for file in files.bn_synthetic(wildcards)] == synthetic
    assert len(seen["d-0.0"]) == len(seen["d-1.0"]) == 1


@pytest.mark.parametrize("method", ["ensemble", "trajectory_ensemble", "recomputed_bn"])
def test_what_combines_no_weights_averages_no_statistics(method):
    with pytest.raises(ValidationError, match=rf"bn: {method} has no weights that are combined"):
        DerivedEntry(name="x", method=method, of=("baseline",), bn="averaged")
