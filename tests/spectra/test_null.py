"""The null: what a spectrum is compared with."""

import warnings

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from weightscape.config.spectra import Spectra
from weightscape.spectra.analyse import analyse
from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.spectra.null import jensen_shannon, null_columns, random_values

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


def test_shuffling_keeps_the_entries_of_a_slice_and_nothing_else():
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    shuffled = random_values(values, "shuffle", 1)
    assert (shuffled.shape, shuffled.dtype) == (values.shape, values.dtype)
    for before, after in zip(values, shuffled, strict=True):
        np.testing.assert_array_equal(np.sort(after, axis=None), before.ravel())
        assert (after != before).any()
    np.testing.assert_array_equal(shuffled, random_values(values, "shuffle", 1))
    assert (shuffled != random_values(values, "shuffle", 2)).any()
    np.testing.assert_array_equal(values.ravel(), np.arange(24))


def test_gaussian_null_has_the_variance_of_each_slice():
    scales = np.array([1.0, 5.0])[:, None, None]
    values = scales * (3 + np.random.default_rng(0).normal(size=(2, 80, 70)))
    random = random_values(values, "gaussian", 1)
    np.testing.assert_allclose(random.var(axis=(1, 2)), values.var(axis=(1, 2)), rtol=0.05)
    np.testing.assert_allclose(random.mean(axis=(1, 2)), 0, atol=0.3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.uint8, np.bool_])
def test_signs_are_random_and_sizes_stay(dtype):
    values = np.random.default_rng(0).integers(0, 256, (2, 50, 60)).astype(dtype)
    random = random_values(values, "signs", 1)
    centred = values - values.mean(axis=(1, 2), keepdims=True, dtype=np.float64)
    np.testing.assert_allclose(np.abs(random), np.abs(centred), rtol=1e-3)
    agree = np.sign(random) == np.sign(centred)
    # 3000 fair coins a slice, and between neighbours
    np.testing.assert_allclose(agree.mean(axis=(1, 2)), 0.5, atol=0.05)
    np.testing.assert_allclose((agree[:, 1:] == agree[:, :-1]).mean(axis=(1, 2)), 0.5, atol=0.05)
    np.testing.assert_array_equal(random, random_values(values, "signs", 1))
    assert (random != random_values(values, "signs", 2)).any()


def test_slices_of_one_value_keep_it():
    values = np.full((9, 12, 10), 0.1, np.float32)
    values *= np.arange(1, 10, dtype=np.float32)[:, None, None]
    np.testing.assert_array_equal(np.abs(random_values(values, "signs", 0)), values)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        columns = analyse(values, "Conv2d", QUICK).columns
    assert columns["null_distance"] > 0.3
    assert columns["num_above_null"] >= 4  # c² · 120 of a slice, and of the strongest's null 44 c²


def test_zero_is_above_no_null():
    found = null_columns(np.array([1e-12, 0.5, 1.0]), [np.array([0.0, 0.0, 1e-13])], [], [])
    assert found["num_above_null"] == 2


@pytest.mark.parametrize("null", ["signs", "shuffle", "gaussian"])
def test_noise_whose_kernel_positions_differ_is_noise(null):
    """Shuffled over all positions, its entries make a null that dozens of eigenvalues are above."""
    rng = np.random.default_rng(4)
    variances = np.array([0.7, 0.9, 0.7, 0.9, 2.0, 0.9, 0.7, 0.9, 0.7])
    values = np.sqrt(variances)[:, None, None] * rng.normal(size=(9, 128, 128))
    columns = analyse(values, "Conv2d", Spectra(bootstrap=0, null=null)).columns
    assert columns["num_above_null"] <= 5
    everywhere = eigenvalues(rng.permuted(values), "Conv2d").ascending
    assert np.count_nonzero(eigenvalues(values, "Conv2d").ascending > everywhere[-1]) > 25


def test_noise_whose_rows_and_columns_differ_is_noise():
    rng = np.random.default_rng(5)
    rows, cols = (np.exp(rng.normal(0, 1, (1, *shape))) for shape in ((256, 1), (1, 256)))
    values = rows * rng.normal(size=(1, 256, 256)) * cols
    signs, gaussian = (
        analyse(values, "Linear", Spectra(bootstrap=0, null=null)).columns["num_above_null"]
        for null in ("signs", "gaussian")
    )
    assert signs <= 3
    assert gaussian > 10


def test_a_strong_mean_is_one_direction_and_hides_no_other():
    rng = np.random.default_rng(6)
    left, right = (np.linalg.qr(rng.normal(size=(n, 5)))[0] for n in (256, 384))
    edge = np.sqrt(256) + np.sqrt(384)
    values = (3 + rng.normal(size=(256, 384)) + 1.3 * edge * left @ right.T)[np.newaxis]
    options = Spectra(bootstrap=0, null_replicas=3)
    assert analyse(values, "Linear", options).columns["num_above_null"] == 6


def test_rand_distance_is_of_entries_shuffled_within_slices():
    values = heavy((2, 40, 50))
    columns = analyse(values, "Linear", Spectra(bootstrap=0, null="shuffle"), seed=3).columns
    assert columns["rand_distance"] == columns["null_distance"] > 0
    other = analyse(values, "Linear", Spectra(bootstrap=0), seed=3).columns
    assert other["rand_distance"] is None
    assert other["null_distance"] > 0


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
    assert found["null_distance"] == pytest.approx(
        np.mean([jensenshannon(layer, random) for random in null])
    )
    assert (found["null_max"], found["num_above_null"]) == (2.9, 2)
    assert (found["null_alpha"], found["null_alpha_low"]) == (7.0, 5.0)
    assert found["null_num_spikes"] == 0.5
    assert "null_alpha" not in null_columns(layer, null, [], [])


@pytest.mark.parametrize("null", ["signs", "shuffle", "gaussian"])
def test_noise_lies_within_its_null(null):
    options = Spectra(bootstrap=0, null=null, null_replicas=3)
    noise = np.random.default_rng(3).normal(size=(1, 200, 300))
    columns = analyse(noise, "Linear", options).columns
    assert columns["num_above_null"] <= 3
    assert columns["null_distance"] < 0.02
    assert columns["null_max"] == pytest.approx(columns["spectral_norm"], rel=0.1)
    planted = analyse(heavy(), "Linear", options).columns
    assert planted["num_above_null"] > 5
    assert planted["null_distance"] > 0.1


def test_what_is_switched_off_is_missing_and_changes_nothing_else():
    values = heavy((1, 60, 80))
    every = analyse(values, "Linear", Spectra(bootstrap=5, goodness_of_fit=5)).columns
    off = {
        "bootstrap": (0, {"alpha_low", "alpha_high", "tail_cv", "tail_cv_low", "tail_cv_high"}),
        "goodness_of_fit": (0, {"pl_p_value", "lr_nested_p"}),
        "likelihood_ratios": (
            False,
            {"lr_lognormal", "lr_lognormal_p", "lr_exponential", "lr_exponential_p", "lr_nested",
             "alpha_tpl", "Lambda", "lr_truncated"},
        ),
        "marchenko_pastur": (
            False,
            {"sigma_mp", "bulk_min", "bulk_max", "num_spikes", "mp_softrank", "null_num_spikes",
             "robust_bulk_max", "num_robust_spikes", "num_tw_spikes"},
        ),
        "null_replicas": (
            0,
            {"null_distance", "null_max", "num_above_null", "null_alpha", "null_alpha_low",
             "null_num_spikes"},
        ),
    }  # fmt: skip
    for switch, (value, names) in off.items():
        options = Spectra(**({"bootstrap": 5, "goodness_of_fit": 5} | {switch: value}))
        columns = analyse(values, "Linear", options).columns
        assert columns["status"] == "ok"
        differing = {name for name in every if columns[name] != every[name]}
        verdicts = {"heavy", "trusted", "trusted_reason"}
        assert {n for n in differing if columns[n] is None} - verdicts == names, switch
        assert differing - names <= verdicts, switch
