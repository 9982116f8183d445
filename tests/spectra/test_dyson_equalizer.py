"""The Dyson equalizer on noise whose variances are known."""

import warnings

import numpy as np
import pytest
from scipy import integrate

from weightscape.config.spectra import Spectra
from weightscape.spectra.analyse import analyse
from weightscape.spectra.dyson_equalizer import count_equalized_spikes, equalize
from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.spectra.marchenko_pastur import mp_density, mp_edges

SHAPES = [(192, 192), (160, 320), (320, 160)]
PROFILES = ["one variance", "a factor of 10", "log-normal"]


def variances(profile, size, rng):
    if profile == "one variance":
        return np.ones(size)
    if profile == "a factor of 10":
        return np.where(rng.random(size) < 0.5, 1.0, 10.0)
    return np.exp(rng.normal(0, 1.5, size))


def draw(profile, shape, spikes=0, seed=0):
    """Return noise with scaled rows and columns, `spikes` directions in it, and the scales."""
    rng = np.random.default_rng(seed)
    x, y = (variances(profile, size, rng) for size in shape)
    left, right = (np.linalg.qr(rng.normal(size=(size, 9)))[0][:, :spikes] for size in shape)
    edge = np.sqrt(shape[0]) + np.sqrt(shape[1])
    whole = rng.normal(size=shape) + 1.5 * edge * left @ right.T
    return np.sqrt(x)[:, None] * whole * np.sqrt(y), np.outer(x, y)


def count(values, layer_type="Linear"):
    return count_equalized_spikes(values, eigenvalues(values, layer_type).of_slices)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("spikes", [0, 5])
def test_spikes_above_noise_are_counted(shape, profile, spikes):
    values, _ = draw(profile, shape, spikes)
    assert count(values[np.newaxis]) == spikes
    # What has one scale for all cannot tell.
    columns = analyse(values[np.newaxis], "Linear", Spectra(bootstrap=0)).columns
    if profile != "one variance":
        assert columns["num_robust_spikes"] is None or columns["num_robust_spikes"] > 20


@pytest.mark.parametrize("profile", PROFILES)
def test_equalized_noise_follows_the_law(profile):
    values, variance = draw(profile, (300, 400))
    singular = np.linalg.svd(values, compute_uv=False)
    equalized = equalize(values, np.median(singular) ** 2)
    spectrum = np.linalg.eigvalsh(equalized @ equalized.T) / 400
    low, high = mp_edges(4 / 3, 1)
    assert spectrum[-1] == pytest.approx(high, rel=0.05)
    grid = np.linspace(low, high, 5001)
    law = integrate.cumulative_trapezoid(mp_density(grid, 4 / 3, 1), grid, initial=0)
    assert np.abs(law - np.searchsorted(spectrum, grid) / 300).max() < 0.015
    # Row by row, what it has divided by is the variance: off by what 400 entries can tell.
    scale = np.mean((values / equalized) ** 2 / variance, axis=1)
    np.testing.assert_allclose(scale, 1, atol=5 * np.sqrt(2 / 400))


def test_scale_and_orientation_do_not_matter():
    values, _ = draw("a factor of 10", (96, 160), 5)
    for other in (1e-20 * values, 1e12 * values, values.T):
        assert count(other[np.newaxis]) == count(values[np.newaxis]) == 5


def test_slices_have_variances_of_their_own():
    slices = [draw("a factor of 10", (96, 128), k % 2, seed=k)[0] * 2.0**k for k in range(6)]
    assert count(np.stack(slices)) == 3
    assert count(np.stack([*slices, np.zeros((96, 128))])) == 3


def test_rows_and_columns_of_zeros_are_left_out():
    values, _ = draw("a factor of 10", (96, 128), 5)
    wide = np.zeros((1, 150, 200))
    wide[0, 7:103, 50:178] = values
    assert count(wide) == 5
    wide[0, :7, 50:178] = 1e-170
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert count(wide) in (5, 6)


@pytest.mark.parametrize(
    "values",
    [np.ones((1, 20, 30)), np.outer(np.arange(1.0, 41), np.ones(30))[np.newaxis]],
)
def test_without_noise_there_is_no_number(values):
    assert count(values) is None


def test_column_is_missing_with_a_reason():
    rng = np.random.default_rng(0)
    low = rng.normal(size=(1, 40, 10)) @ rng.normal(size=(1, 10, 40))
    columns = analyse(low, "Linear", Spectra(bootstrap=0, dyson_equalizer=True)).columns
    assert columns["num_equalized_spikes"] is None
    assert "no noise to equalize" in columns["reason"]
    noise = rng.normal(size=(9, 16, 24))
    for layer_type in ("Linear", "Conv2d"):
        columns = analyse(noise, layer_type, Spectra(bootstrap=0, dyson_equalizer=True)).columns
        assert (columns["num_equalized_spikes"], columns["status"]) == (0, "ok")
    assert analyse(noise, "Conv2d").columns["num_equalized_spikes"] is None
