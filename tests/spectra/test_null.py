"""The null, and the rule of trust."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from weightscape.config.spectra import Spectra
from weightscape.spectra.analyse import analyse
from weightscape.spectra.null import jensen_shannon, null_columns, random_values
from weightscape.spectra.trust import trust

QUICK = Spectra(bootstrap=20)


def heavy(shape=(1, 300, 300), alpha=2.5, seed=0):
    """Return a matrix whose eigenvalues follow a power law."""
    rng = np.random.default_rng(seed)
    pieces = []
    for _ in range(shape[0]):
        small = min(shape[1:])
        left, right = (np.linalg.qr(rng.normal(size=(n, small)))[0] for n in shape[1:])
        pieces.append((left * np.sqrt(1 + rng.pareto(alpha - 1, small))) @ right.T)
    return np.stack(pieces)


def test_shuffling_keeps_the_entries_and_nothing_else():
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    shuffled = random_values(values, "shuffle", 1)
    assert (shuffled.shape, shuffled.dtype) == (values.shape, values.dtype)
    np.testing.assert_array_equal(np.sort(shuffled, axis=None), values.ravel())
    assert (shuffled != values).any()
    np.testing.assert_array_equal(shuffled, random_values(values, "shuffle", 1))
    assert (shuffled != random_values(values, "shuffle", 2)).any()
    np.testing.assert_array_equal(values.ravel(), np.arange(24))


def test_gaussian_null_has_the_same_mean_square():
    values = 3 + np.random.default_rng(0).normal(size=(2, 80, 70))
    random = random_values(values, "gaussian", 1)
    assert np.mean(random**2) == pytest.approx(np.mean(values**2), rel=0.05)
    assert random.mean() == pytest.approx(0, abs=0.1)


def test_distance_is_that_of_scipy():
    one, other = (np.sort(np.random.default_rng(s).gamma(1, 1, 50)) for s in (1, 2))
    one[0] = 0
    assert jensen_shannon(one, other) == pytest.approx(jensenshannon(one, other))
    assert jensen_shannon(one, 7 * one) == pytest.approx(0, abs=1e-8)
    ends = np.array([0.0, 1.0]), np.array([1.0, 0.0])
    assert jensen_shannon(*ends) == pytest.approx(np.sqrt(np.log(2)))


def test_columns_of_several_replicas():
    layer = np.array([1.0, 2.0, 3.0, 9.0])
    null = [np.array([1.0, 2.0, 2.5, 2.6]), np.array([1.0, 2.0, 2.5, 2.9])]
    found = null_columns(layer, null, [5.0, 9.0], [0, 1])
    assert found["rand_distance"] == pytest.approx(
        np.mean([jensenshannon(layer, random) for random in null])
    )
    assert (found["null_max"], found["num_above_null"]) == (2.9, 2)
    assert (found["null_alpha"], found["null_alpha_low"]) == (7.0, 5.0)
    assert found["null_num_spikes"] == 0.5
    assert "null_alpha" not in null_columns(layer, null, [], [])


@pytest.mark.parametrize("null", ["shuffle", "gaussian"])
def test_noise_lies_within_its_null(null):
    options = Spectra(bootstrap=0, null=null, null_replicas=3)
    noise = np.random.default_rng(3).normal(size=(1, 200, 300))
    columns = analyse(noise, "Linear", options).columns
    assert columns["num_above_null"] <= 3
    assert columns["rand_distance"] < 0.02
    assert columns["null_max"] == pytest.approx(columns["spectral_norm"], rel=0.1)
    assert columns["trusted"] is False
    planted = analyse(heavy(), "Linear", options).columns
    assert planted["num_above_null"] > 5
    assert planted["rand_distance"] > 0.1


@pytest.mark.parametrize("shape", [(1, 64, 64), (1, 256, 256), (1, 100, 400), (9, 32, 32)])
@pytest.mark.parametrize("seed", range(5))
def test_noise_is_not_trusted(shape, seed):
    values = np.random.default_rng(seed).normal(size=shape)
    columns = analyse(values, "Linear", QUICK, seed).columns
    assert columns["trusted"] is False
    assert columns["trusted_reason"]


def test_a_planted_power_law_is_trusted():
    columns = analyse(heavy(), "Linear", QUICK).columns
    assert (columns["trusted"], columns["trusted_reason"]) == (True, "")
    assert columns["alpha_low"] < 2.5 < columns["alpha_high"]


def test_what_is_switched_off_is_missing_and_changes_nothing_else():
    values = heavy((1, 60, 80))
    every = analyse(values, "Linear", Spectra(bootstrap=5, goodness_of_fit=5)).columns
    off = {
        "bootstrap": (0, {"alpha_low", "alpha_high"}),
        "goodness_of_fit": (0, {"pl_p_value"}),
        "likelihood_ratios": (
            False,
            {"lr_lognormal", "lr_lognormal_p", "lr_exponential", "lr_exponential_p"},
        ),
        "marchenko_pastur": (
            False,
            {"sigma_mp", "bulk_min", "bulk_max", "num_spikes", "mp_softrank", "null_num_spikes"},
        ),
        "null_replicas": (
            0,
            {"rand_distance", "null_max", "num_above_null", "null_alpha", "null_alpha_low",
             "null_num_spikes"},
        ),
    }  # fmt: skip
    for switch, (value, names) in off.items():
        options = Spectra(**({"bootstrap": 5, "goodness_of_fit": 5} | {switch: value}))
        columns = analyse(values, "Linear", options).columns
        assert columns["status"] == "ok"
        differing = {name for name in every if columns[name] != every[name]}
        assert {n for n in differing if columns[n] is None} - {"trusted"} == names, switch
        assert differing - names <= {"trusted", "trusted_reason"}, switch


GOOD = {
    "alpha": 3.0, "alpha_high": 3.5, "num_pl_spikes": 60, "null_max": 1.0, "null_alpha_low": 8.0,
    "num_above_null": 9, "pl_p_value": 0.5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "trusted", "reason"),
    [
        ({}, True, ""),
        ({"pl_p_value": None, "alpha_high": None, "null_alpha_low": None}, True, ""),
        ({"alpha": None}, None, "no alpha"),
        ({"null_max": None}, None, "no null"),
        ({"num_pl_spikes": 49}, False, "fewer than 50"),
        ({"alpha": 6.5, "alpha_high": 7.0}, False, "above 6"),
        ({"alpha": 1.5}, False, "not above 1.5"),
        ({"alpha_high": 8.0}, False, "clearly below"),
        ({"alpha_high": None, "null_alpha_low": 3.0}, False, "clearly below"),
        ({"num_above_null": 4}, False, "fewer than 5"),
        ({"pl_p_value": 0.09}, False, "p-value"),
    ],
)
def test_rule(change, trusted, reason):
    found, why = trust(GOOD | change)
    assert found is trusted
    assert reason in why
    assert why.count(";") == 0
