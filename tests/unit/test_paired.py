"""Statistics of paired differences, against scipy and by simulation."""

import numpy as np
import pytest
from scipy import stats

from weightscape.comparison.paired import (
    detectable_effect,
    holm,
    paired_effect,
    sign_flip_p,
)


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_interval_and_p_are_scipys(n):
    x = np.random.default_rng(n).normal(0.5, 1, n)
    effect = paired_effect(x)
    expected = stats.ttest_1samp(x, 0)
    interval = expected.confidence_interval(0.95)
    assert effect.effect == pytest.approx(x.mean())
    assert (effect.low, effect.high) == pytest.approx((interval.low, interval.high))
    assert effect.p == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("n", [3, 5, 10])
def test_sign_flips_are_scipys_exact_permutations(n):
    x = np.random.default_rng(n).normal(0.7, 1, n)
    expected = stats.permutation_test(
        (x,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert sign_flip_p(x) == pytest.approx(expected.pvalue)


@pytest.mark.parametrize(("n", "floor"), [(3, 0.25), (5, 0.0625), (10, 2**-9)])
def test_the_floor_is_reached_by_equal_signs(n, floor):
    effect = paired_effect(np.linspace(1, 2, n))
    assert effect.p_sign_flip == effect.p_floor == floor


def test_sign_flips_have_a_limit():
    with pytest.raises(ValueError, match="17 differences"):
        sign_flip_p(np.ones(17))
    assert paired_effect(np.arange(17.0)).p_sign_flip is None


def test_missing_seeds_are_left_out_and_counted():
    assert paired_effect(np.array([1.0, np.nan, 3.0])) == paired_effect(np.array([1.0, 3.0]))
    assert paired_effect(np.array([np.nan])).effect is None
    single = paired_effect(np.array([2.0]))
    assert (single.effect, single.low, single.p, single.n_seeds) == (2.0, None, None, 1)


def test_equal_differences_have_no_t_test():
    assert paired_effect(np.ones(3)).p is None


@pytest.mark.parametrize("n", [3, 10])
def test_the_detectable_effect_is_found_with_the_stated_power(n):
    rng = np.random.default_rng(0)
    x = rng.normal(detectable_effect(n) / np.sqrt(n), 1, (40_000, n))
    t = x.mean(1) / (x.std(1, ddof=1) / np.sqrt(n))
    found = (np.abs(t) > stats.t.ppf(0.975, n - 1)).mean()
    assert found == pytest.approx(0.8, abs=0.01)


def test_holm_by_hand():
    p = np.array([0.01, 0.04, 0.03, np.nan, 0.9])
    # Sorted .01 .03 .04 .9 times 4 3 2 1 = .04 .09 .08 .9, then the running maximum.
    np.testing.assert_allclose(holm(p), [0.04, 0.09, 0.09, np.nan, 0.9])
    assert holm(np.array([0.6, 0.7])).max() <= 1
