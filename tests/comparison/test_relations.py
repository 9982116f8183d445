"""Correlations of effects on weights and on scores, against scipy."""

import itertools

import numpy as np
import pytest
from scipy import stats

from tests.helpers.planted import effects, row
from weightscape.comparison.relations import MIN_CONDITIONS, correlate, relations_table

NAMES = ("p", "q", "r", "s", "t")
PLACE = {"scope": "all", "metric": "log_norm", "shift": "none", "score": "accuracy"}


def across_seeds(weights, scores):
    """Return the mean of scipy's r over pairs of different seeds."""
    seeds = range(weights.shape[1])
    return np.mean(
        [
            stats.pearsonr(weights[:, k], scores[:, m])[0]
            for k, m in itertools.product(seeds, seeds)
            if k != m
        ]
    )


def world(seeds=4, names=NAMES, noise=0.2):
    """Return weights and scores that go together."""
    rng = np.random.default_rng(0)
    weights = {"baseline": rng.normal(size=(seeds, 3))}
    scores = {"baseline": np.full((seeds, 4), 0.5)}
    for name in names:
        moved = rng.normal()
        weights[name] = weights["baseline"] + moved + rng.normal(0, noise, (seeds, 3))
        scores[name] = 0.5 + 0.1 * moved + rng.normal(0, 0.1 * noise, (seeds, 4))
    return weights, scores


def differences(weights, scores, names=NAMES):
    moved = [(weights[name] - weights["baseline"]).mean(axis=1) for name in names]
    better = [(scores[name] - scores["baseline"])[:, 0] for name in names]
    return np.array(moved), np.array(better)


def table_of(*args, **options):
    return relations_table([effects(*args, **options)]).to_pandas()


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_the_relation_is_scipys_in_a_loop(seeds):
    weights, scores = np.random.default_rng(seeds).normal(size=(2, 6, seeds))
    r, without = correlate(weights, scores)
    assert r == pytest.approx(across_seeds(weights, scores))
    for k in range(seeds):
        if seeds > 2:
            left = [np.delete(values, k, axis=1) for values in (weights, scores)]
            assert without[k] == pytest.approx(across_seeds(*left))
        else:
            assert np.isnan(without[k])


def test_two_seeds_by_hand():
    weights = np.array([[0.0, 2], [1, 1], [2, 0]])
    scores = np.array([[0.0, 0], [1, 1], [2, 1]])
    # r of the first weights with the second scores is √¾, of the second with the first −1.
    assert correlate(weights, scores)[0] == pytest.approx((np.sqrt(0.75) - 1) / 2)


def test_the_noise_of_a_shared_reference_moves_nothing_across_seeds():
    rng = np.random.default_rng(1)
    found, plain = [], []
    for _ in range(300):
        weights, scores = rng.normal(size=(2, 8, 3))
        # Some conditions share a reference whose run moves their weights and scores alike.
        shared = np.where(np.arange(8)[:, None] < 4, rng.normal(size=3), 0)
        found.append(correlate(weights + 2 * shared, scores + 2 * shared)[0])
        plain.append(across_same(weights + 2 * shared, scores + 2 * shared))
    assert np.mean(plain) > 0.2
    # The standard error over 300 studies is about .015.
    assert np.mean(found) == pytest.approx(0, abs=0.05)


def across_same(weights, scores):
    return np.mean([np.corrcoef(w, s)[0, 1] for w, s in zip(weights.T, scores.T, strict=True)])


def test_the_table():
    weights, scores = world()
    table = table_of(weights, scores)
    found = row(table, **PLACE)
    assert found["r"] == pytest.approx(across_seeds(*differences(weights, scores)))
    assert found["low"] < found["r"] < found["high"]
    assert (found["n_conditions"], found["n_seeds"], found["limitation"]) == (5, 4, "")
    # nll and ece are one minus accuracy here.
    assert row(table, **PLACE | {"score": "nll"})["r"] == pytest.approx(-found["r"])
    assert len(table) == 2 * 2 * 3


def test_the_twin_does_not_count():
    weights, scores = world(names=(*NAMES, "twin"))
    found = row(table_of(weights, scores, {"twin": {"family": "null"}}), **PLACE)
    assert found["r"] == pytest.approx(across_seeds(*differences(weights, scores)))
    assert found["n_conditions"] == 5


def test_few_conditions():
    weights, scores = world(names=NAMES[: MIN_CONDITIONS - 1])
    found = row(table_of(weights, scores), **PLACE)
    assert found["limitation"] == "conditions: 3, 4 are needed"
    assert np.isnan([found["r"], found["low"], found["high"]]).all()
    weights, scores = world(names=NAMES[:1])
    assert row(table_of(weights, scores), **PLACE)["limitation"].startswith("conditions: 1")


def test_few_seeds():
    one = row(table_of(*world(1)), **PLACE)
    assert one["limitation"] == "seeds that all have: 1, two are needed"
    assert np.isnan(one["r"])
    two = row(table_of(*world(2)), **PLACE)
    assert two["limitation"] == "two seeds: no interval"
    assert np.isfinite(two["r"])
    assert np.isnan(two["low"])


def test_a_missing_run_costs_its_seed():
    weights, scores = world(4)
    weights["p"][2] = np.nan
    found = row(table_of(weights, scores), **PLACE)
    left = [np.delete(values, 2, axis=1) for values in differences(weights, scores)]
    assert found["r"] == pytest.approx(across_seeds(*left))
    assert (found["n_seeds"], found["limitation"]) == (3, "3 of 4 seeds")


def test_a_condition_without_effects_on_weights_is_left_out_and_named():
    about = {"p": {"comparable_weights": False}, "q": {"reference": "gone"}}
    weights, scores = world(names=(*NAMES, "u"))
    found = row(table_of(weights, scores, about), **PLACE)
    names = [name for name in (*NAMES, "u") if name not in about]
    assert found["r"] == pytest.approx(across_seeds(*differences(weights, scores, names)))
    assert (found["n_conditions"], found["limitation"]) == (4, "2 of 6 conditions lack a value")


def test_metrics_and_scores_without_spread_or_value():
    weights, scores = world()
    same = {name: weights["baseline"] for name in weights}
    for constant in ((same, scores), (weights, {})):
        found = row(table_of(*constant), **PLACE)
        assert found["limitation"] == "the same effect of every condition: no correlation"
        assert np.isnan([found["r"], found["low"], found["high"]]).all()
    nothing = {name: np.full((4, 3), np.nan) for name in weights}
    found = row(table_of(nothing, scores), **PLACE)
    assert found["limitation"] == (
        "3 of 3 layers lack a value in a run; 5 of 5 conditions lack a value;"
        " conditions: 0, 4 are needed"
    )


def test_a_layer_that_failed_in_one_run():
    weights, scores = world()
    weights["p"][1, 1] = np.nan
    found = row(table_of(weights, scores), **PLACE)
    left = {name: np.delete(values, 1, axis=1) for name, values in weights.items()}
    assert found["r"] == pytest.approx(across_seeds(*differences(left, scores)))
    assert (found["n_conditions"], found["n_seeds"]) == (5, 4)
    assert found["limitation"] == "1 of 3 layers lack a value in a run"
