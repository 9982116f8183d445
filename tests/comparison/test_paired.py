"""Statistics of paired differences, against scipy and by simulation."""

import numpy as np
import pytest
from scipy import stats

from weightscape.comparison.paired import (
    EXACT,
    correct_holm,
    detectable_effect,
    estimate_paired,
    jackknife,
)

STUDIES = 20_000


def within(rate, expected, draws):
    """Say whether a rate is the expected one up to four of its standard errors."""
    return abs(rate - expected) < 4 * np.sqrt(expected * (1 - expected) / draws)


@pytest.mark.parametrize("n", [2, 3, 5, 10, 20])
def test_interval_and_p_are_scipys(n):
    x = np.random.default_rng(n).normal(0.5, 1, n)
    found, expected = estimate_paired(x), stats.ttest_1samp(x, 0)
    interval = expected.confidence_interval(0.95)
    assert found.effect == pytest.approx(x.mean())
    assert found.error == pytest.approx(stats.sem(x))
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.p == pytest.approx(expected.pvalue)
    assert found.n_seeds == n


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("border", [0.0, 0.3])
def test_one_sided_p_is_scipys(sign, border):
    x = np.random.default_rng(7).normal(0.5, 1, 6)
    expected = stats.ttest_1samp(sign * x, border, alternative="greater").pvalue
    assert estimate_paired(x).p_above(border, sign) == pytest.approx(expected)


@pytest.mark.parametrize("n", [3, 5, 10])
def test_sign_flips_are_scipys_exact_permutations(n):
    x = np.random.default_rng(n).normal(0.7, 1, n)
    expected = stats.permutation_test(
        (x,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert estimate_paired(x).p_sign_flip == pytest.approx(expected.pvalue)


@pytest.mark.parametrize(("n", "floor"), [(3, 0.25), (5, 0.0625), (10, 2**-9)])
def test_the_floor_is_reached_by_equal_signs(n, floor):
    found = estimate_paired(np.linspace(1, 2, n))
    assert found.p_sign_flip == found.p_floor == floor


def test_ties_of_sign_flips_count_whatever_the_last_bits():
    # The patterns +++ and --- give |sum| 0.6, and so does no other: 2 of 8.
    assert estimate_paired([0.1, 0.2, 0.3]).p_sign_flip == 0.25
    # .1 + .2 - .3 is zero but for rounding: every pattern is at least that large.
    assert estimate_paired([0.1, 0.2, -0.3]).p_sign_flip == 1


def test_sign_flips_are_gone_through_up_to_a_limit():
    x = np.random.default_rng(0).normal(size=EXACT + 1)
    assert np.isfinite(estimate_paired(x[:-1]).p_sign_flip)
    assert np.isnan(estimate_paired(x).p_sign_flip)


def test_all_at_once_is_one_by_one():
    x = np.random.default_rng(0).normal(0.4, 1, (4, 400, 5))
    x[np.random.default_rng(1).random(x.shape) < 0.3] = np.nan
    together = estimate_paired(x)
    for index in np.ndindex(4, 400):
        here = x[index][np.isfinite(x[index])]
        alone = estimate_paired(here)
        for name in ("effect", "error", "low", "high", "p", "n_seeds", "p_sign_flip", "p_floor",
                     "smallest_detectable"):  # fmt: skip
            np.testing.assert_allclose(
                getattr(together, name)[index], getattr(alone, name), rtol=1e-9, err_msg=name
            )
    assert set(np.unique(together.n_seeds)) >= {0, 1, 2, 3, 4, 5}


def test_missing_seeds_are_left_out_and_counted():
    nothing, single = estimate_paired([np.nan, np.inf]), estimate_paired([2.0, np.nan])
    assert nothing.n_seeds == 0
    for name in ("effect", "low", "p", "p_sign_flip", "p_floor", "smallest_detectable"):
        assert np.isnan(getattr(nothing, name)), name
    assert (single.effect, single.n_seeds, single.p_sign_flip) == (2.0, 1, 1.0)
    assert np.isnan([single.low, single.high, single.p]).all()
    assert estimate_paired(np.empty((2, 0))).n_seeds.tolist() == [0, 0]


@pytest.mark.parametrize("value", [0.0, 0.1, -0.3e-9, 1e12 / 3])
def test_equal_differences_have_no_t_test(value):
    found = estimate_paired(np.full(3, value))
    assert np.isnan(found.p)
    assert found.error == 0
    assert found.low == found.high == pytest.approx(value)


@pytest.mark.parametrize("n", [2, 3, 5, 10])
@pytest.mark.parametrize("effect", [0.0, 2.0])
def test_intervals_cover_what_is_planted_in_95_percent(n, effect):
    x = np.random.default_rng(n).normal(effect, 1, (STUDIES, n))
    found = estimate_paired(x)
    covered = ((found.low <= effect) & (effect <= found.high)).mean()
    assert within(covered, 0.95, STUDIES)
    if effect == 0:
        assert within((found.p <= 0.05).mean(), 0.05, STUDIES)


@pytest.mark.parametrize("n", [2, 3, 10, 30])
def test_the_detectable_effect_is_found_with_the_stated_power(n):
    rng = np.random.default_rng(0)
    x = rng.normal(detectable_effect(n - 1) / np.sqrt(n), 1, (STUDIES, n))
    assert within((estimate_paired(x).p <= 0.05).mean(), 0.8, STUDIES)


@pytest.mark.parametrize("df", [1, 1.3, 2, 4.7, 9, 50.5, 199, 5000])
def test_the_detectable_effect_is_scipys_for_any_degrees_of_freedom(df):
    effect = float(detectable_effect(df))
    assert stats.nct.sf(stats.t.ppf(0.975, df), df, effect) == pytest.approx(0.8, abs=1e-6)
    assert np.isnan(detectable_effect([np.nan, df])).tolist() == [True, False]


def test_the_smallest_detectable_effect_is_in_the_unit_of_the_metric():
    x = np.array([[1.0, 2, 4], [10, 20, 40]])
    found = estimate_paired(x).smallest_detectable
    assert found[0] == pytest.approx(detectable_effect(2) * stats.sem(x[0]))
    assert found[1] == pytest.approx(10 * found[0])


@pytest.mark.parametrize("n", [3, 10])
def test_the_jackknife_of_a_mean_is_the_usual_standard_error(n):
    x = np.random.default_rng(n).normal(size=(6, n))
    without = (x.sum(axis=1, keepdims=True) - x) / (n - 1)
    found, usual = jackknife(x.mean(axis=1), without), estimate_paired(x)
    for name in ("effect", "error", "low", "high", "p", "n_seeds"):
        np.testing.assert_allclose(getattr(found, name), getattr(usual, name), err_msg=name)
    assert np.isnan(found.p_sign_flip).all()


def test_the_jackknife_needs_three_seeds_and_every_value():
    assert np.isnan(jackknife(1.0, [0.9, 1.1]).error)
    assert jackknife(1.0, [0.9, 1.1]).effect == 1
    assert np.isnan(jackknife(1.0, [0.9, 1.1, np.nan]).low)


def test_holm_by_hand():
    p = np.array([0.01, 0.04, 0.03, np.nan, 0.9])
    # Sorted .01 .03 .04 .9 times 4 3 2 1 = .04 .09 .08 .9, then the running maximum.
    np.testing.assert_allclose(correct_holm(p), [0.04, 0.09, 0.09, np.nan, 0.9])
    np.testing.assert_array_equal(correct_holm([0.6, 0.7]), [1, 1])
    np.testing.assert_array_equal(correct_holm([0.02, 0.02]), [0.04, 0.04])
    assert correct_holm([]).size == 0
    assert np.isnan(correct_holm([np.nan])).all()


def test_holm_keeps_the_rate_of_any_false_alarm():
    p = np.random.default_rng(0).random((5000, 6))
    alarms = np.mean([correct_holm(row).min() <= 0.05 for row in p])
    # Of independent tests 1 − (1 − .05/6)⁶ = 4.9 %.
    assert within(alarms, 0.049, 5000)
