"""The two words about a tail: heavy, and trusted to be a power law."""

import numpy as np
import pytest

from weightscape.config.spectra import Spectra
from weightscape.spectra.analyse import analyse
from weightscape.spectra.trust import is_heavy, trust

QUICK = Spectra(bootstrap=20)


def planted(eigenvalues, cols=None, seed=0):
    """Return a matrix with these eigenvalues and random singular vectors."""
    rng = np.random.default_rng(seed)
    size = eigenvalues.size
    left, right = (np.linalg.qr(rng.normal(size=(n, size)))[0] for n in (cols or size, size))
    return ((left * np.sqrt(eigenvalues)) @ right.T)[np.newaxis]


@pytest.mark.parametrize("shape", [(1, 64, 64), (1, 256, 256), (1, 100, 400), (9, 32, 32)])
@pytest.mark.parametrize("seed", range(5))
def test_noise_is_neither(shape, seed):
    values = np.random.default_rng(seed).normal(size=shape)
    columns = analyse(values, "Linear", QUICK, seed).columns
    assert (columns["heavy"], columns["trusted"]) == (False, False)
    assert columns["trusted_reason"]


def test_a_planted_power_law_is_trusted():
    eigenvalues = 1 + np.random.default_rng(0).pareto(1.5, 400)
    columns = analyse(planted(eigenvalues), "Linear", QUICK).columns
    assert (columns["heavy"], columns["trusted"], columns["trusted_reason"]) == (True, True, "")
    assert columns["alpha_low"] < 2.5 < columns["alpha_high"]


def rate(draw, word, count=30):
    """Return the share of matrices of which a word is said."""
    drawn = (draw(np.random.default_rng(seed)) for seed in range(count))
    return np.mean([analyse(values, "Linear", QUICK).columns[word] is True for values in drawn])


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: planted(rng.lognormal(0, 1, 300)),
        lambda rng: planted(rng.exponential(1, 300)),
        lambda rng: rng.normal(size=(1, 200, 200)) @ rng.normal(size=(1, 200, 200)),
    ],
    ids=["log-normal", "exponential", "product"],
)
def test_a_heavy_tail_that_is_no_power_law_is_not_trusted(draw):
    assert rate(draw, "trusted") <= 0.05


def test_heavy_entries_without_order_are_not_heavy():
    """Student entries have a tail of eigenvalues, and their null has the same."""
    assert rate(lambda rng: rng.standard_t(2, (1, 150, 150)), "heavy") <= 0.05


def test_scaled_noise_is_neither():
    def draw(rng):
        rows, cols = (np.exp(rng.normal(0, 1, (1, *shape))) for shape in ((200, 1), (1, 200)))
        return rows * rng.normal(size=(1, 200, 200)) * cols

    assert rate(draw, "heavy") <= 0.05
    assert rate(draw, "trusted") <= 0.05


GOOD = {
    "alpha": 3.0, "alpha_high": 3.5, "num_pl_spikes": 300, "null_max": 1.0, "null_alpha_low": 8.0,
    "num_above_null": 9, "pl_p_value": 0.5, "lr_nested_p": 0.4, "tail_cv_low": 0.9,
    "tail_cv_high": 1.1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "trusted", "reason"),
    [
        ({}, True, ""),
        ({"null_alpha_low": None}, True, ""),
        ({"num_above_null": 0}, True, ""),
        ({"alpha": None}, None, "no alpha"),
        ({"null_max": None, "null_alpha_low": None}, None, "a null"),
        ({"pl_p_value": None}, None, "goodness_of_fit"),
        ({"tail_cv_low": None, "tail_cv_high": None}, None, "bootstrap"),
        ({"num_pl_spikes": 49, "tail_cv_low": None}, False, "fewer than 50"),
        ({"alpha": 6.5, "alpha_high": 7.0}, False, "above 6"),
        ({"alpha": 1.5}, False, "not above 1.5"),
        ({"alpha_high": 8.0}, False, "clearly below"),
        ({"tail_cv_low": 0.85}, False, "not shown"),
        ({"tail_cv_high": 1.26}, False, "not shown"),
        ({"pl_p_value": 0.09}, False, "p-value"),
        ({"lr_nested_p": 0.04}, False, "a log-normal tail is likelier"),
    ],
)
def test_rule_of_trust(change, trusted, reason):
    found, why = trust(GOOD | change)
    assert found is trusted
    assert reason in why
    assert why.count(";") == 0


@pytest.mark.parametrize(
    ("change", "heavy"),
    [
        ({}, True),
        ({"num_pl_spikes": 49}, False),
        ({"num_above_null": 4}, False),
        ({"pl_p_value": 0.0, "tail_cv_low": 0.1, "alpha": 9.0}, True),
        ({"null_max": None, "num_above_null": None}, None),
        ({"alpha": None}, None),
    ],
)
def test_rule_of_heavy(change, heavy):
    assert is_heavy(GOOD | change) is heavy
