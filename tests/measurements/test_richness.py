"""Richness: against numpy and scikit-learn, and in worlds whose answer is known."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score
from torch import nn

from weightscape.config.measurement import Measurement
from weightscape.config.plugins import find_plugin, make_plugin
from weightscape.config.run import RunId
from weightscape.data.examples import Examples
from weightscape.measurements.measure import make_subject, measure
from weightscape.measurements.richness import Richness
from weightscape.network.build import describe, initialise, make_live
from weightscape.network.embed import features_of
from weightscape.network.live import InputAdapter, LiveNetwork
from weightscape.scoring.features import STRENGTHS, effective_rank, fit_probe

RUN = RunId("d", "b", "c", 1)


class Vectors(InputAdapter):
    """Vectors, which are features themselves."""

    def put(self, inputs, device):
        return torch.from_numpy(inputs).to(device)

    def decode(self, batch):
        return batch.float()

    def encode(self, batch):
        return batch

    def batch_size(self, inputs):
        return 7


def world(n=90, d=12, classes=3, seed=0, spread=1.0, missing=None):
    """Return vectors around a point of each class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    if missing is not None:
        labels = labels[labels != missing]
    centres = np.random.default_rng(9).normal(0, 1.5, (classes, d))
    inputs = (centres[labels] + spread * rng.normal(0, 1, (len(labels), d))).astype(np.float32)
    return Examples(inputs, labels, tuple("abcde"[:classes]))


def measured(training, validation, test, **options):
    network = LiveNetwork(nn.Sequential(nn.Identity(), nn.Linear(12, 3)), Vectors(), "1", 3)
    asked = [(("test", "none", 0), test)]
    subject = make_subject(network, training, validation, asked, 3)
    rows = measure([Richness(**options)], subject, RUN).to_pylist()
    return {row["metric"]: row for row in rows}


def test_the_plug_in_is_found_without_importing_what_is_heavy():
    assert find_plugin(Measurement, "richness") is Richness
    assert make_plugin(Measurement, "richness", {"images": 50, "every": 10}).images == 50
    code = (
        "import sys; from weightscape.measurements.richness import Richness; Richness();"
        "print([m for m in ('torch', 'numpy', 'sklearn', 'scipy') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


# The effective rank.


def test_the_effective_rank_is_the_entropy_of_the_singular_values():
    features = np.random.default_rng(0).normal(0, 1, (40, 9)) @ np.diag(np.arange(1.0, 10))
    singular = np.linalg.svd(features - features.mean(0))[1]
    shares = singular / singular.sum()
    expected = np.exp(-(shares * np.log(shares)).sum())
    assert effective_rank(features) == pytest.approx(expected)
    assert 1 < expected < 9


def test_of_rank_one_it_is_1_and_of_equal_directions_their_number():
    line = np.outer(np.random.default_rng(0).normal(0, 1, 50), np.arange(1.0, 8)) + 3
    assert effective_rank(line.astype(np.float32)) == pytest.approx(1, abs=1e-4)
    axes = np.concatenate([np.eye(6), -np.eye(6)])
    assert effective_rank(axes) == pytest.approx(6)
    assert effective_rank(100 * axes + 7) == pytest.approx(6)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1e6])
def test_without_any_spread_there_is_none(value):
    assert np.isnan(effective_rank(np.full((30, 5), value, np.float32)))


# The probe.


def test_the_probe_is_that_of_scikit_learn_with_the_strength_that_validation_chooses():
    parts = [world(seed=seed, spread=2.5) for seed in range(3)]
    x, validation, test = (part.inputs.astype(np.float64) for part in parts)
    mean, deviation = x.mean(0), x.std(0)
    models = [
        LogisticRegression(C=strength, max_iter=1000).fit((x - mean) / deviation, parts[0].labels)
        for strength in STRENGTHS
    ]
    losses = [
        log_loss(parts[1].labels, m.predict_proba((validation - mean) / deviation)) for m in models
    ]
    chosen = models[int(np.argmin(losses))]
    assert 0 < np.argmin(losses) < len(STRENGTHS) - 1
    expected = chosen.predict_proba((test - mean) / deviation)
    probe = fit_probe(*((part.inputs, part.labels) for part in parts[:2]), 3)
    np.testing.assert_allclose(np.exp(probe(parts[2].inputs)), expected, atol=1e-6)
    found = measured(*parts)
    labels, decided = parts[2].labels, expected.argmax(1)
    assert found["probe_accuracy"]["value"] == pytest.approx((decided == labels).mean())
    assert found["probe_balanced_accuracy"]["value"] == pytest.approx(
        balanced_accuracy_score(labels, decided)
    )
    assert found["probe_auroc"]["value"] == pytest.approx(
        roc_auc_score(labels, expected, multi_class="ovr")
    )
    assert found["feature_rank"]["value"] == pytest.approx(effective_rank(parts[2].inputs))


def test_of_two_classes_the_probe_is_that_of_scikit_learn():
    training, test = world(classes=2), world(classes=2, seed=1)
    parts = [(training.inputs, training.labels)] * 2
    expected = LogisticRegression(C=STRENGTHS[-1], max_iter=1000)
    mean, deviation = training.inputs.mean(0, np.float64), training.inputs.std(0, np.float64)
    expected.fit((training.inputs - mean) / deviation, training.labels)
    np.testing.assert_allclose(
        np.exp(fit_probe(*parts, 2)(test.inputs)),
        expected.predict_proba((test.inputs - mean) / deviation),
        atol=1e-6,
    )


def test_a_probe_reads_what_lies_apart_and_guesses_where_nothing_is():
    apart = measured(*(world(seed=seed, spread=0.1) for seed in range(3)))
    assert {apart[name]["value"] for name in apart if name.startswith("probe")} == {1.0}
    rng = np.random.default_rng(0)
    noise = [
        Examples(rng.normal(0, 1, (600, 12)).astype(np.float32), np.arange(600) % 3, tuple("abc"))
        for _ in range(3)
    ]
    assert measured(*noise)["probe_accuracy"]["value"] == pytest.approx(1 / 3, abs=0.06)


def test_a_class_that_a_test_set_lacks_leaves_no_auroc_and_says_so():
    found = measured(world(), world(seed=1), world(seed=2, missing=1))
    assert (found["probe_auroc"]["status"], found["probe_auroc"]["value"]) == ("failed", None)
    assert found["probe_auroc"]["reason"] == "a class has no images"
    assert found["probe_accuracy"]["status"] == "ok"


def test_a_class_without_training_examples_is_never_predicted():
    training, validation, test = world(missing=2), world(seed=1), world(seed=2)
    found = measured(training, validation, test)
    assert found["probe_accuracy"]["value"] <= 2 / 3 + 1e-9
    assert all(row["status"] == "ok" for row in found.values())


def test_one_class_or_features_that_are_no_numbers_fail_with_the_reason():
    one = world()
    alone = one.subset(np.flatnonzero(one.labels == 0))
    assert all("ValueError" in row["reason"] for row in measured(alone, one, one).values())
    bad = world()
    bad.inputs[0, 0] = np.nan
    found = measured(world(), world(), bad)
    assert all("FloatingPointError" in row["reason"] for row in found.values())


def test_of_a_subset_so_many_are_looked_at():
    training, validation, test = (world(seed=seed, spread=3.0) for seed in range(3))
    few = measured(training, validation, test, images=20)
    chosen = np.sort(np.random.default_rng(3).permutation(90)[:20])
    expected = effective_rank(test.inputs[chosen])
    assert few["feature_rank"]["value"] == pytest.approx(expected)
    assert measured(training, validation, test, images=90) == measured(training, validation, test)


def test_the_features_are_what_the_classifier_sees():
    info = describe("resnet10t", in_chans=1, num_classes=3)
    network = make_live(initialise(info, 1, {}), info)
    images = np.random.default_rng(0).integers(0, 256, (5, 1, 16, 16), np.uint8)
    features = torch.from_numpy(features_of(network, network.put(images)))
    with torch.no_grad():
        logits = torch.cat(
            [network.module(batch) for batch in network.batches(torch.from_numpy(images))]
        )
        torch.testing.assert_close(network.head(features), logits)
    assert not network.head._forward_pre_hooks
