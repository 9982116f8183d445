"""The interval of alpha, the p-value of a power law, and likelihood ratios."""

import contextlib
import io
import warnings

import numpy as np
import powerlaw
import pytest
from scipy import optimize, stats

from weightscape.spectra import bootstrap
from weightscape.spectra.bootstrap import (
    Spread,
    alpha_interval,
    cv_columns,
    goodness_of_fit,
    spread_over_resamples,
)
from weightscape.spectra.power_law import PowerLaw, closest_tail, distinct, fit_power_law
from weightscape.spectra.rivals import likelihood_ratios
from weightscape.spectra.tail_shape import find_log_cv


def interval(sample, resamples, seed):
    """Return the interval of alpha of a sample."""
    fit = fit_power_law(sample)
    return alpha_interval(sample, fit, spread_over_resamples(sample, fit, resamples, seed))


def pareto(size, alpha=3.0, seed=0):
    return 1 + np.random.default_rng(seed).pareto(alpha - 1, size)


def test_counts_fit_like_the_resample_that_they_count():
    rng = np.random.default_rng(1)
    sample = distinct(pareto(200))
    for _ in range(20):
        counts = np.bincount(rng.integers(200, size=200), minlength=200)
        tail = closest_tail(sample.logs[counts > 0], counts[counts > 0])
        expected = fit_power_law(np.repeat(sample.values, counts))
        assert tail.slope + 1 == pytest.approx(expected.alpha, rel=1e-9)
        assert (tail.D, tail.n) == (pytest.approx(expected.D, abs=1e-12), expected.n_tail)


def test_interval_is_reproducible_and_ignores_order_and_scale():
    sample = pareto(300)
    fit = fit_power_law(sample)
    low, high = interval(sample, 20, 7)
    assert low < fit.alpha < high
    assert interval(sample, 20, 7) == (low, high)
    assert interval(sample, 20, 8) != (low, high)
    other = 1e3 * sample[::-1]
    assert interval(other, 20, 7) == pytest.approx((low, high))


def test_interval_is_no_narrower_than_the_standard_error():
    sample = np.array([1.0, 2.0, 4.0])
    fit = fit_power_law(sample)
    low, high = interval(sample, 50, 0)
    assert np.log((high - 1) / (low - 1)) >= 2 * stats.norm.ppf(0.975) / np.sqrt(fit.n_tail)


def test_interval_is_that_of_the_fit_and_of_the_upper_quarter_of_its_tail():
    """A tenth of the values has alpha 2, above a body that thins out faster."""
    rng = np.random.default_rng(3)
    tail, body = pareto(100, 2.0, seed=3), rng.beta(4, 1, 900)
    sample = np.sort(np.concatenate([tail, body]))
    fit = PowerLaw(2.5, 0.05, 0.1, sample[-200], sample[-1], 200)
    hill = 1 + 50 / np.log(sample[-50:] / sample[-50]).sum()
    low, high = alpha_interval(sample, fit, Spread(0.1, 0.1))
    assert low == pytest.approx(1 + (hill - 1) * np.exp(-stats.norm.ppf(0.975) / np.sqrt(50)))
    assert high == pytest.approx(1 + 1.5 * np.exp(stats.norm.ppf(0.975) * 0.1))
    assert low < 2 < high


def test_interval_shrinks_with_the_sample():
    widths = []
    for size in (100, 6400):
        sample = pareto(size, seed=2)
        low, high = interval(sample, 30, 0)
        widths.append(high - low)
    assert widths[1] < widths[0] / 3


def test_no_interval_of_equal_values():
    fit = fit_power_law(pareto(50))
    assert spread_over_resamples(np.ones(9), fit, 10, 0) is None
    assert spread_over_resamples(pareto(50), fit, 1, 0) is None


def synthetic(monkeypatch, sample, fit, samples):
    """Return the synthetic samples that a p-value fits, as logs and counts."""
    seen = []

    def spy(logs, counts):
        seen.append((logs, counts))
        return closest_tail(logs, counts)

    monkeypatch.setattr(bootstrap, "closest_tail", spy)
    goodness_of_fit(sample, fit, samples, 3)
    return seen


def test_synthetic_samples_are_the_body_and_a_power_law(monkeypatch):
    rng = np.random.default_rng(4)
    sample = np.concatenate([np.round(rng.uniform(0.1, 1, 300), 2), pareto(200, 2.5)])
    fit = fit_power_law(sample)
    reference = distinct(sample)
    start = np.log(fit.xmin / fit.xmax)
    body, steps = [], []
    for logs, counts in synthetic(monkeypatch, sample, fit, 40):
        assert counts.sum() == sample.size
        assert (np.diff(logs) > 0).all()
        body.append(counts[logs < start].sum())
        assert np.isin(logs[logs < start], reference.logs).all()
        steps.append(logs[logs >= start] - start)
    assert np.mean(body) == pytest.approx(sample.size - fit.n_tail, abs=5)
    law = stats.expon(scale=1 / (fit.alpha - 1))
    assert stats.kstest(np.concatenate(steps), law.cdf).pvalue > 0.01


def test_p_value_tells_a_power_law_from_clusters():
    accepted = [
        goodness_of_fit(sample, fit_power_law(sample), 40, 0).pl_p_value
        for sample in (pareto(300, seed=seed) for seed in range(6))
    ]
    assert np.mean(np.array(accepted) > 0.1) > 0.6
    # Values in four clusters: no tail of them is a power law.
    rng = np.random.default_rng(5)
    clusters = 3.0 ** rng.choice(4, p=[0.4, 0.3, 0.2, 0.1], size=800) * rng.uniform(1, 1.02, 800)
    fit = fit_power_law(clusters)
    assert goodness_of_fit(clusters, fit, 40, 0).pl_p_value == pytest.approx(1 / 41)
    assert goodness_of_fit(np.ones(9), fit, 10, 0) is None


@pytest.fixture(params=["pareto", "lognormal", "exponential", "planted"])
def sample(request):
    rng = np.random.default_rng(7)
    return {
        "pareto": 1 + rng.pareto(1.5, 400),
        "lognormal": rng.lognormal(0, 1, 600),
        "exponential": 1 + rng.exponential(1, 500),
        "planted": np.concatenate([rng.uniform(0.1, 3, 400), 3 * (1 + rng.pareto(1.8, 90))]),
    }[request.param]


def by_powerlaw(sample, rival):
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        fit = powerlaw.Fit(sample, verbose=False)
        ratio = fit.distribution_compare("power_law", rival, normalized_ratio=True)
        likelihood = np.sum(getattr(fit, rival).loglikelihoods(fit.data))
    return ratio, likelihood


def test_exponential_agrees_with_powerlaw(sample):
    found = likelihood_ratios(sample, fit_power_law(sample))
    (ratio, p), _ = by_powerlaw(sample, "exponential")
    assert found["lr_exponential"] == pytest.approx(ratio, rel=1e-3, abs=1e-3)
    assert found["lr_exponential_p"] == pytest.approx(p, rel=2e-2, abs=1e-9)


def test_lognormal_agrees_with_powerlaw(sample):
    fit = fit_power_law(sample)
    found = likelihood_ratios(sample, fit)
    (ratio, p), _ = by_powerlaw(sample, "lognormal")
    steps = np.log(sample[sample >= fit.xmin] / fit.xmin)
    if np.mean(steps**2) >= 2 * np.mean(steps) ** 2:
        # powerlaw's search runs towards the limit that is the power law and ends on the way.
        assert (found["lr_lognormal"], found["lr_lognormal_p"]) == (0, 1)
    else:
        assert found["lr_lognormal"] == pytest.approx(ratio, rel=5e-3, abs=5e-3)
        assert found["lr_lognormal_p"] == pytest.approx(p, rel=5e-2, abs=1e-3)


def test_lognormal_is_the_likeliest():
    rng = np.random.default_rng(8)
    sample = rng.lognormal(0, 0.5, 400)
    fit = fit_power_law(sample)
    tail = sample[sample >= fit.xmin]

    def minus_likelihood(parameters):
        law = stats.norm(parameters[0], np.exp(parameters[1]))
        logs = np.log(tail)
        return -np.sum(law.logpdf(logs) - logs - law.logsf(np.log(fit.xmin)))

    best = -optimize.minimize(
        minus_likelihood, [0, -0.7], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9}
    ).fun
    power_law = np.sum(np.log((fit.alpha - 1) / fit.xmin) - fit.alpha * np.log(tail / fit.xmin))
    ratio = likelihood_ratios(sample, fit)["lr_lognormal"]
    assert np.sign(ratio) == np.sign(power_law - best) == -1


@pytest.mark.parametrize(
    "sample",
    [np.array([1.0, 2.0]), np.array([1.0] * 8 + [1.1]), np.array([1e-8, 1.0, 1e8])],
    ids=["pair", "ties", "decades"],
)
def test_small_tails_give_finite_numbers(sample):
    found = likelihood_ratios(sample, fit_power_law(sample))
    assert len(found) == 5
    assert np.isfinite(list(found.values())).all()


def test_steps_of_a_power_law_vary_as_much_as_their_mean():
    sample = pareto(20_000, alpha=2.2, seed=4)
    fit = fit_power_law(sample)
    found = cv_columns(sample, fit, spread_over_resamples(sample, fit, 20, 0))
    assert found["tail_cv"] == pytest.approx(1, abs=0.03)
    assert found["tail_cv_low"] < found["tail_cv"] < found["tail_cv_high"]
    steps = np.log(sample[sample >= fit.xmin] / fit.xmin)
    assert found["tail_cv"] == pytest.approx(steps.std() / steps.mean())


@pytest.mark.parametrize("spread", [0.3, 3.0])
def test_steps_of_a_log_normal_tail_vary_less_whatever_its_width(spread):
    """The upper half of a normal law has the standard deviation √(π/2 − 1) of its mean."""
    logs = spread * np.abs(np.random.default_rng(1).normal(size=100_000))
    found = find_log_cv(logs, np.ones(logs.size))
    assert np.exp(found) == pytest.approx(np.sqrt(np.pi / 2 - 1), rel=0.01)


def test_the_nested_ratio_is_that_of_the_likeliest_log_normal(sample):
    fit = fit_power_law(sample)
    tail = sample[sample >= fit.xmin]
    steps = np.log(tail / fit.xmin)

    def minus_likelihood(parameters):
        law = stats.norm(parameters[0], np.exp(parameters[1]))
        return -np.sum(law.logpdf(steps) - law.logsf(0))

    options = {"xatol": 1e-9, "fatol": 1e-9, "maxiter": 20_000, "maxfev": 20_000}
    best = -min(
        optimize.minimize(minus_likelihood, start, method="Nelder-Mead", options=options).fun
        for start in ([0, 0], [-3, 1], [-20, 2], [0.5, -0.5])
    )
    power_law = np.sum(np.log(fit.alpha - 1) - (fit.alpha - 1) * steps)
    found = likelihood_ratios(sample, fit)["lr_nested"]
    assert found == pytest.approx(max(2 * (best - power_law), 0), abs=0.05, rel=1e-3)


def test_the_nested_p_is_right_after_the_scan_and_tells_a_log_normal():
    """Half χ² would reject a true power law too seldom or too often once xmin is scanned for."""
    rng = np.random.default_rng(3)

    def rejected(draw, count=150):
        samples = (draw() for _ in range(count))
        found = [goodness_of_fit(x, fit_power_law(x), 19, 1).lr_nested_p for x in samples]
        return np.mean(np.array(found) <= 0.05)

    assert rejected(lambda: 1 + rng.pareto(1.5, 300)) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 150)
    assert rejected(lambda: rng.lognormal(0, 1, 500)) > 0.25
