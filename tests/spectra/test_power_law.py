"""The scan for the tail against powerlaw 1.5 and against all distances."""

import contextlib
import io
import warnings

import numpy as np
import powerlaw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightscape.spectra.power_law import fit_power_law

FIELDS = ("alpha", "D", "sigma", "xmin", "n_tail")


def samples():
    rng = np.random.default_rng(0)
    planted = np.concatenate([rng.uniform(0.1, 3, 400), 3 * (1 + rng.pareto(1.8, 60))])
    yield from {
        "pareto": 1 + rng.pareto(1.5, 500),
        "steep pareto": 1 + rng.pareto(3.5, 500),
        "lognormal": rng.lognormal(0, 2, 300),
        "exponential": rng.exponential(1, 200),
        "planted tail": planted,
        "rounded": np.round(1 + rng.pareto(1.5, 400), 1),
        "coarse": np.round(rng.lognormal(1, 1, 300)) + 1,
        "two values": np.array([1.0, 1, 1, 2, 2]),
        "small": 1 + rng.pareto(2, 12),
        "pair": np.array([0.3, 0.7]),
        "zeros": np.concatenate([np.zeros(20), 1 + rng.pareto(2, 100)]),
        "gaussian": np.linalg.svd(rng.normal(size=(100, 150)), compute_uv=False) ** 2,
    }.items()


def by_powerlaw(sample):
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return powerlaw.Fit(sample, verbose=False)


def distances(sample):
    """Return all candidates and their distances, by the definition."""
    candidates = np.unique(sample)[:-1]
    result = []
    for xmin in candidates:
        tail = np.sort(sample[sample >= xmin])
        alpha = 1 + tail.size / np.log(tail / xmin).sum()
        below = np.searchsorted(tail, tail, side="left") / tail.size
        result.append(np.abs(1 - (tail / xmin) ** (1 - alpha) - below).max())
    return candidates, np.array(result)


@pytest.mark.parametrize("sample", [pytest.param(s, id=name) for name, s in samples()])
def test_agrees_with_powerlaw(sample):
    found, expected = fit_power_law(sample), by_powerlaw(sample)
    for field in FIELDS:
        assert getattr(found, field) == pytest.approx(getattr(expected, field), rel=1e-9), field
    assert found.xmax == sample.max()


def test_published_value():
    """WeightWatcher's own test: numpy's legacy generator, seed 123."""
    found = fit_power_law(np.random.RandomState(123).pareto(2.5, 100))
    assert found.alpha == pytest.approx(2.53577725, abs=1e-8)
    assert found.D == pytest.approx(0.07043700, abs=1e-8)
    assert found.xmin == pytest.approx(0.4329722, abs=1e-7)
    assert found.sigma == pytest.approx(0.24282771, abs=1e-8)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6),
    size=st.integers(2, 150),
    spread=st.floats(0.1, 3),
    decimals=st.sampled_from([1, 2, 12]),
)
def test_the_bounds_never_hide_the_closest_tail(seed, size, spread, decimals):
    rng = np.random.default_rng(seed)
    sample = np.round(np.exp(spread * rng.standard_exponential(size)), decimals)
    found = fit_power_law(sample)
    candidates, all_distances = distances(sample)
    if candidates.size == 0:
        assert found is None
        return
    assert found.D == pytest.approx(all_distances.min(), rel=1e-9)
    ties = candidates[all_distances <= all_distances.min() * (1 + 1e-9)]
    assert found.xmin in ties


def test_more_candidates_than_a_block():
    sample = 1 + np.random.default_rng(5).pareto(1.5, 9000)
    found = fit_power_law(sample)
    assert found.alpha == pytest.approx(2.5, abs=0.1)
    for xmin in np.sort(sample)[:-1:500]:
        tail = np.sort(sample[sample >= xmin])
        alpha = 1 + tail.size / np.log(tail / xmin).sum()
        gaps = 1 - (tail / xmin) ** (1 - alpha) - np.arange(tail.size) / tail.size
        assert found.D <= np.abs(gaps).max() + 1e-12


@pytest.mark.parametrize("factor", [1e-12, 1e-4, 1e8])
def test_scale_does_not_matter(factor):
    sample = np.random.default_rng(6).lognormal(0, 1, 200)
    plain, scaled = fit_power_law(sample), fit_power_law(factor * sample)
    for field in ("alpha", "D", "sigma", "n_tail"):
        assert getattr(scaled, field) == pytest.approx(getattr(plain, field), rel=1e-9)
    assert scaled.xmin == pytest.approx(factor * plain.xmin, rel=1e-12)


def test_numerical_zeros_are_left_out():
    tail = 1 + np.random.default_rng(7).pareto(2, 50)
    noise = 1e-14 * np.random.default_rng(8).uniform(1, 2, 300)
    assert fit_power_law(np.concatenate([noise, tail])) == fit_power_law(tail)


@pytest.mark.parametrize(
    "sample",
    [np.empty(0), np.zeros(5), np.ones(1), np.ones(30), 1 + 1e-9 * np.arange(20.0)],
    ids=["empty", "zeros", "one", "equal", "equal but for rounding"],
)
def test_no_fit(sample):
    assert fit_power_law(sample) is None
