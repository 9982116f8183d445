"""Likeness of profiles: what noise cannot feign and strength cannot change."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.helpers.planted import CELL, effects, initial, row, study
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.likeness import group_families, likeness, likeness_table

LAYERS = [(f"conv{i}", "conv") for i in range(7)] + [("fc", "classifier")]
PLACE = {"scope": "all", "metric": "log_norm"}


def across_seeds(one, other):
    """Return the mean of numpy's r over pairs of different seeds."""
    seeds = range(len(one))
    return np.mean(
        [np.corrcoef(one[k], other[m])[0, 1] for k, m in itertools.product(seeds, seeds) if k != m]
    )


def planted(seeds=4, conditions=("x", "y"), noise=0.3, rng=None):
    """Return weights of eight layers with a profile for every condition, and those profiles."""
    rng = np.random.default_rng(3) if rng is None else rng
    base = rng.normal(size=(seeds, 8))
    profiles = dict(zip(conditions, rng.normal(size=(len(conditions), 8)), strict=True))
    weights = {
        name: base + profile + rng.normal(0, noise, (seeds, 8))
        for name, profile in profiles.items()
    }
    return {"baseline": base, **weights}, profiles


def table_of(*args, **options):
    return likeness_table([effects(*args, layers=LAYERS, **options)]).to_pandas()


def test_likeness_by_hand():
    found = likeness([[[0.0, 1, 2], [1, 3, 5]], [[0.0, 1, 2], [0, 1, 1]], [[0, 1, 0], [1, 0, 1]]])
    # Of (0 1 2) and (0 1 1) r is √¾; of the first and (0 1 0) it is 0, of the second ½.
    half = np.sqrt(0.75)
    np.testing.assert_allclose(
        found.r,
        [[1, (1 + half) / 2, 0], [(1 + half) / 2, half, 0.25], [0, 0.25, -1]],
        atol=1e-12,
    )
    np.testing.assert_allclose(found.reliability, [1, half, -1])
    np.testing.assert_allclose(found.corrected[:2, :2], [[1, 1.0026], [1.0026, 1]], atol=1e-4)
    assert np.isnan(found.corrected[2]).all()


@pytest.mark.parametrize("reliability", [0.49, 0.51, 0.99])
def test_below_half_a_reliability_nothing_is_corrected(reliability):
    one, other = np.array([1.0, -1, 1, -1]) / 2, np.array([1.0, 1, -1, -1]) / 2
    again = reliability * one + np.sqrt(1 - reliability**2) * other
    found = likeness([[one, again]])
    assert found.reliability[0] == pytest.approx(reliability)
    assert np.isfinite(found.corrected[0, 0]) == (reliability > 0.5)


def test_likeness_is_numpys_in_a_loop():
    profiles = np.random.default_rng(0).normal(size=(3, 5, 9)) + np.arange(9)
    found = likeness(profiles)
    for i, j in np.ndindex(3, 3):
        assert found.r[i, j] == pytest.approx(across_seeds(profiles[i], profiles[j]))
    for i, j, k in np.ndindex(3, 3, 5):
        left = np.delete(profiles, k, axis=1)
        r = {pair: across_seeds(left[pair[0]], left[pair[1]]) for pair in [(i, j), (i, i), (j, j)]}
        expected = r[i, j] / np.sqrt(r[i, i] * r[j, j])
        assert found.without[i, j, k] == pytest.approx(expected)


def test_noise_of_a_shared_reference_is_no_likeness():
    rng = np.random.default_rng(1)
    plain, ours = [], []
    for _ in range(200):
        a, b, reference = rng.normal(size=(3, 4, 20))
        found = likeness([a - reference, b - reference])
        ours.append(found.r[0, 1])
        plain.append(np.corrcoef((a - reference).mean(0), (b - reference).mean(0))[0, 1])
    # The standard errors over 200 studies are about .013 and .007.
    assert np.mean(plain) == pytest.approx(0.5, abs=0.05)
    assert np.mean(ours) == pytest.approx(0, abs=0.025)


def test_planted_likeness_is_recovered_whatever_the_strength():
    rng = np.random.default_rng(2)
    one, rest, *noise = rng.normal(size=(2 + 3 * 10, 2000))
    other = 0.6 * one + 0.8 * rest
    a, b, reference = np.reshape(noise, (3, 10, 2000))
    found = likeness([4 * one + a - reference, 1.5 * other + b - reference])
    # Signal variance over all variance, the noise being the run's and the reference's.
    np.testing.assert_allclose(found.reliability, [16 / 18, 2.25 / 4.25], atol=0.04)
    assert found.r[0, 1] < 0.47
    assert found.corrected[0, 1] == pytest.approx(0.6, abs=0.05)
    estimate = found.estimate
    assert estimate.low[0, 1] < 0.6 < estimate.high[0, 1]


def test_the_interval_covers_a_planted_likeness():
    rng = np.random.default_rng(4)
    covered = []
    for _ in range(400):
        one, rest = stats.zscore(rng.normal(size=(2, 30)), axis=1)
        other = 0.5 * one + np.sqrt(0.75) * rest
        truth = np.corrcoef(one, other)[0, 1]
        a, b, reference = rng.normal(size=(3, 6, 30)) * 0.5
        found = likeness([one + a - reference, other + b - reference]).estimate
        covered.append(found.low[0, 1] <= truth <= found.high[0, 1])
    # The jackknife is rough: 95 % ± 4 points, three standard errors of 400 studies being 3.3.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.04)


def test_likeness_without_enough_to_go_by_is_missing():
    profile = np.arange(5.0)
    for given in (profile[None], np.ones((3, 5)), np.tile([0.0, 1, *[np.nan] * 3], (3, 1))):
        assert np.isnan(likeness([given]).corrected).all()
    assert np.isnan(likeness(np.full((2, 3, 5), np.nan)).r).all()


def test_a_seed_that_all_lack_is_none():
    weights, _ = planted(5)
    profiles = np.stack([weights[name] - weights["baseline"] for name in ("x", "y")])
    lost = profiles.copy()
    lost[:, 2] = np.nan
    found, expected = likeness(lost).estimate, likeness(np.delete(profiles, 2, axis=1)).estimate
    for name in ("effect", "low", "high", "n_seeds"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name))


def test_the_table_by_hand():
    weights, _ = planted()
    x, y = (weights[name] - weights["baseline"] for name in ("x", "y"))
    table = table_of(weights)
    found = row(table, level="condition", one="x", other="y", **PLACE)
    assert found["r"] == pytest.approx(across_seeds(x, y))
    assert found["reliability"] == pytest.approx(across_seeds(x, x))
    assert found["reliability_other"] == pytest.approx(across_seeds(y, y))
    assert found["likeness"] == pytest.approx(
        across_seeds(x, y) / np.sqrt(across_seeds(x, x) * across_seeds(y, y))
    )
    assert found["pearson"] == pytest.approx(np.corrcoef(x.mean(0), y.mean(0))[0, 1])
    assert found["low"] < found["likeness"] < found["high"]
    assert (found["n_seeds"], found["n_layers"], found["limitation"]) == (4, 8, "")
    body = row(table, level="condition", one="x", other="y", scope="body")
    assert body["r"] == pytest.approx(across_seeds(x[:, :-1], y[:, :-1]))
    assert row(table, level="condition", one="x", other="x", **PLACE)["likeness"] == pytest.approx(
        1
    )


def test_a_family_is_the_mean_of_its_conditions():
    weights, _ = planted(conditions=("x-1", "x-2", "y"))
    about = {name: {"family": "x"} for name in ("x-1", "x-2")}
    x = (weights["x-1"] + weights["x-2"]) / 2 - weights["baseline"]
    y = weights["y"] - weights["baseline"]
    table = table_of(weights, about=about)
    of = table[table["level"] == "family"]
    assert set(of["one"]) == {"x", "y"}
    assert row(of, one="x", other="y", **PLACE)["r"] == pytest.approx(across_seeds(x, y))
    found = group_families(effects(weights, layers=LAYERS, about=about))
    assert {name: members.tolist() for name, members in found.items()} == {
        "x": [True, True, False],
        "y": [False, False, True],
    }


def test_members_without_pre_training_are_in_no_family_of_those_with():
    weights, _ = planted(conditions=("x-1", "s", "s-x"))
    about = {"x-1": {"family": "x"}, "s": {"pretrained": "none", "comparable_weights": False}}
    about["s-x"] = {"family": "x", "pretrained": "none", "reference": "s"}
    found = group_families(effects(weights, layers=LAYERS, about=about))
    assert {name: members.tolist() for name, members in found.items()} == {
        "x": [True, False, False],
        "s": [False, True, False],
    }
    alone = {name: {**entry, "pretrained": "none"} for name, entry in about.items()}
    found = group_families(effects(weights, layers=LAYERS, about=alone | {"baseline": alone["s"]}))
    assert found["x"].tolist() == [True, False, True]


def test_a_profile_that_does_not_repeat_itself_is_inconclusive():
    weights, _ = planted(noise=0.01)
    rng = np.random.default_rng(9)
    weights["noise"] = weights["baseline"] + rng.normal(size=(4, 8))
    found = row(table_of(weights), level="condition", one="x", other="noise", **PLACE)
    assert found["reliability_other"] < 0.5
    assert np.isnan([found["likeness"], found["low"], found["high"]]).all()
    assert np.isfinite(found["r"])
    assert found["limitation"] == "a reliability is below 0.5: inconclusive"


@pytest.mark.parametrize(
    ("seeds", "note"), [(1, "seeds: 1, two are needed"), (2, "two seeds: no interval")]
)
def test_few_seeds(seeds, note):
    weights, _ = planted(seeds, noise=0.01)
    table = table_of(weights)
    assert set(table["limitation"]) == {note}
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["likeness"].notna().all() == (seeds == 2)


def test_an_interval_takes_three_seeds_that_count():
    weights, _ = planted(3, noise=0.01)
    weights["x"][1] = weights["baseline"][1]  # a seed without any effect has no profile
    found = row(table_of(weights), level="condition", one="x", other="y", **PLACE)
    assert np.isfinite(found["likeness"])
    assert np.isnan(found["low"])
    assert found["limitation"] == "two seeds: no interval"


@pytest.mark.parametrize("layers", [2, 1])
def test_few_layers(layers):
    rng = np.random.default_rng(0)
    weights = {name: rng.normal(size=(3, layers)) for name in ("baseline", "x")}
    found = likeness_table([effects(weights, layers=LAYERS[-layers:])]).to_pandas()
    assert row(found, level="family", **PLACE)["limitation"].startswith(f"{layers} layers, too few")
    assert found["r"].isna().all()


def test_short_tails_leave_the_profile():
    weights, _ = planted()
    runs, spectra, scores = study(weights, layers=LAYERS, metrics=["alpha"])
    spectra = initial(spectra, num_pl_spikes=[60.0] * 6 + [10, 60])
    table = likeness_table(effects_of(Tables(runs, spectra, scores), ["alpha"])).to_pandas()
    found = row(table, level="condition", one="x", other="y", scope="all")
    x, y = (np.delete(weights[name] - weights["baseline"], 6, axis=1) for name in ("x", "y"))
    assert found["r"] == pytest.approx(across_seeds(x, y))
    assert found["n_layers"] == 7


def test_failures_are_named():
    weights, _ = planted(3, conditions=("x", "y", "same"))
    weights["x"][1] = np.nan
    weights["y"][0, 3] = np.nan
    weights["same"] = weights["baseline"] * 1
    table = table_of(weights)
    of = {name: row(table, level="condition", one=name, other=name, **PLACE) for name in weights
          if name != "baseline"}  # fmt: skip
    layer = "1 of 8 layers left out: no value in every run"
    assert of["x"]["limitation"] == f"{layer}; 2 of 3 seeds; two seeds: no interval"
    assert of["y"]["limitation"] == layer
    assert of["same"]["limitation"] == f"{layer}; a profile is the same in all layers"
    both = row(table, level="condition", one="y", other="same", **PLACE)
    turned = row(table, level="condition", one="same", other="y", **PLACE)
    assert both["limitation"] == turned["limitation"] == of["same"]["limitation"]


def test_a_metric_without_any_value():
    table = table_of({name: np.full((3, 8), np.nan) for name in ("baseline", "x")})
    assert set(table["limitation"]) == {"0 layers, too few for a profile; seeds: 0, two are needed"}


def test_conditions_without_effects_on_weights_are_left_out():
    weights, _ = planted(conditions=("x", "lost", "scratch"))
    about = {"lost": {"reference": "gone"}, "scratch": {"comparable_weights": False}}
    assert set(table_of(weights, about=about)["one"]) == {"x"}
    assert len(table_of({"baseline": weights["baseline"]})) == 0


def test_backbones_with_different_layers():
    weights, _ = planted()
    tables = zip(
        study(weights, layers=LAYERS),
        study({n: w[:, :4] for n, w in weights.items()}, layers=LAYERS[:4],
              cell=CELL | {"backbone": "c"}),
        strict=True,
    )  # fmt: skip
    table = likeness_table(effects_of(Tables(*map(pd.concat, tables)), ["log_norm"])).to_pandas()
    pair = {"level": "condition", "one": "x", "other": "y", **PLACE}
    assert row(table, backbone="b", **pair)["n_layers"] == 8
    assert row(table, backbone="c", **pair)["n_layers"] == 4


def test_odd_names_come_through():
    odd = ("дроп аут = <½>\n", "a/b;c")
    weights, _ = planted(conditions=odd)
    assert set(table_of(weights)["other"]) == set(odd)
