"""The power law with an exponential cut-off, where its parameters and its limit are known."""

import contextlib
import io
import warnings

import numpy as np
import powerlaw
import pytest
from scipy import integrate, optimize

from weightscape.config.spectra import Spectra
from weightscape.spectra.analyse import analyse
from weightscape.spectra.power_law import PowerLaw, fit_power_law
from weightscape.spectra.truncated_power_law import fit_truncated_power_law


def draw(alpha, rate, n, seed):
    """Return draws from the law with xmin = 1, thinned out from those of a power law."""
    rng = np.random.default_rng(seed)
    found = np.empty(0)
    while found.size < n:
        y = (1 - rng.random(50 * n)) ** (-1 / (alpha - 1))
        found = np.concatenate([found, y[rng.random(y.size) < np.exp(-rate * (y - 1))]])
    return found[:n]


def tail_of(sample):
    """Return the power law of the whole sample."""
    slope = 1 / np.log(sample / sample.min()).mean()
    return PowerLaw(1 + slope, 0, 0, sample.min(), sample.max(), sample.size)


def by_powerlaw(sample, xmin):
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        fit = powerlaw.Fit(sample, xmin=xmin, verbose=False)
        law = fit.truncated_power_law
        pair = "power_law", "truncated_power_law"
        ratio, _ = fit.distribution_compare(*pair, normalized_ratio=False)
    return law.alpha, law.Lambda, -2 * ratio


@pytest.mark.parametrize(
    ("alpha", "rate"), [(2.5, 0.3), (1.6, 0.01), (3.0, 0.05), (2.0, 0.001), (1.5, 0.2)]
)
@pytest.mark.parametrize("scale", [1e-4, 7.0])
def test_parameters_are_those_of_powerlaw(alpha, rate, scale):
    sample = scale * draw(alpha, rate, 300, seed=1)
    fit = fit_power_law(sample)
    found = fit_truncated_power_law(sample, fit)
    theirs = by_powerlaw(sample / scale, fit.xmin / scale)  # its search depends on the scale
    assert found.alpha_tpl == pytest.approx(theirs[0], abs=2e-4)
    assert found.Lambda * scale == pytest.approx(theirs[1], rel=1e-2)
    assert found.lr_truncated == pytest.approx(theirs[2], abs=1e-5)


@pytest.mark.parametrize(("alpha", "rate"), [(2.5, 0.1), (1.5, 0.02)])
def test_parameters_are_found_again(alpha, rate):
    sample = draw(alpha, rate, 40_000, seed=2)
    found = fit_truncated_power_law(sample, tail_of(sample))
    assert found.alpha_tpl == pytest.approx(alpha, abs=0.05)
    assert found.Lambda == pytest.approx(rate, rel=0.1)


@pytest.mark.parametrize(
    "sample",
    [
        np.random.default_rng(0).gamma(20, 1, 200),
        1 + np.random.default_rng(1).exponential(1, 300),
        np.random.default_rng(2).uniform(1, 2, 100),
        np.array([1.0, 1.5, 4.0]),
    ],
    ids=["gamma", "exponential", "uniform", "three values"],
)
def test_a_tail_that_is_all_cut_off_has_its_likeliest_law_too(sample):
    """The exponent may be below 1 there, where powerlaw does not look."""
    found = fit_truncated_power_law(sample, tail_of(sample))
    ratios = sample / sample.min()

    def loss(parameters):
        exponent, rate = parameters
        if rate <= 0:
            return np.inf
        shift = np.max(-exponent * np.log(ratios) - rate * ratios)
        density = lambda t: np.exp((1 - exponent) * t - rate * np.exp(t) - shift)  # noqa: E731
        top = max(0.0, np.log(max((1 - exponent) / rate, 1e-9)))
        norm = integrate.quad(density, 0, top + 6, points=[top], limit=200)[0]
        return exponent * np.log(ratios).mean() + rate * ratios.mean() + np.log(norm) + shift

    start = found.alpha_tpl, found.Lambda * sample.min()
    assert found.alpha_tpl < tail_of(sample).alpha
    best = optimize.minimize(loss, (0.9 * start[0], 1.1 * start[1]), method="Nelder-Mead",
                             options={"maxiter": 4000, "xatol": 1e-9, "fatol": 1e-13})  # fmt: skip
    assert loss(start) <= best.fun + 1e-9
    assert found.lr_truncated >= 0


def test_without_a_cut_off_the_limit_is_the_power_law():
    # Quantiles of a power law, and a largest value beyond them: the mean is above the law's.
    ranks = (np.arange(400) + 0.5) / 400
    sample = np.append((1 - ranks) ** (-1 / 2.0), 400.0)
    fit = tail_of(sample)
    found = fit_truncated_power_law(sample, fit)
    assert found == (fit.alpha, 0.0, 0.0)
    assert by_powerlaw(sample, fit.xmin)[0] == pytest.approx(fit.alpha, abs=1e-3)


def test_samples_of_every_kind_converge():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(8, 300))
        sample = (
            rng.lognormal(0, rng.uniform(0.1, 4), n),
            1 + rng.pareto(rng.uniform(0.3, 4), n),
            rng.gamma(rng.uniform(0.2, 30), 1, n),
            rng.uniform(1, 2, n),
        )[seed % 4]
        fit = fit_power_law(sample)
        found = fit_truncated_power_law(sample, fit)
        assert found is not None, seed
        assert np.isfinite(found).all(), seed
        assert found.Lambda >= 0, seed
        assert (found.Lambda == 0) == (found.alpha_tpl == fit.alpha), seed


def test_the_columns_are_there_unless_switched_off():
    rng = np.random.default_rng(5)
    left, right = (np.linalg.qr(rng.normal(size=(150, 150)))[0] for _ in range(2))
    values = ((left * np.sqrt(draw(2.5, 0.1, 150, 3))) @ right.T)[np.newaxis]
    quick = {"bootstrap": 0, "goodness_of_fit": 0, "null_replicas": 0}
    columns = analyse(values, "Linear", Spectra(**quick)).columns
    assert columns["Lambda"] > 0
    assert columns["alpha_tpl"] < columns["alpha"]
    off = analyse(values, "Linear", Spectra(**quick, likelihood_ratios=False)).columns
    assert off["Lambda"] is None
    assert off["alpha_tpl"] is None
