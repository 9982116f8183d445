"""The Marchenko–Pastur law on Gaussian matrices, where it is known to hold."""

import numpy as np
import pytest
from scipy import integrate
from sklearn.neighbors import KernelDensity

from weightscape.spectra.marchenko_pastur import (
    _density,
    fit_marchenko_pastur,
    mp_density,
    mp_edges,
    mp_median,
    noise_limit,
    quarter_circle_density,
)


def gaussian(N, M, spikes=()):
    values = np.random.default_rng(0).normal(size=(N, M))
    for index, size in enumerate(spikes):
        values[index, index] += size
    return np.linalg.eigvalsh(values.T @ values)


@pytest.mark.parametrize("Q", [1.0, 1.5, 4.0, 20.0])
@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.5])
def test_density_has_mass_one_and_mean_sigma_squared(Q, sigma):
    low, high = mp_edges(Q, sigma)
    # x = s² takes the pole at zero away.
    roots = np.linspace(np.sqrt(low), np.sqrt(high), 200_001)
    density = mp_density(roots**2, Q, sigma) * 2 * roots
    assert integrate.trapezoid(density, roots) == pytest.approx(1, abs=1e-4)
    assert integrate.trapezoid(density * roots**2, roots) == pytest.approx(sigma**2, rel=1e-4)
    outside = np.array([-1.0, 0.0, low / 2, high * 1.01])
    if Q > 1:
        np.testing.assert_array_equal(mp_density(outside, Q, sigma), 0)


def test_quarter_circle_is_the_law_at_one():
    x = np.linspace(-0.5, 1.7, 500)
    law = np.where(x > 0, mp_density(x**2, 1.0, 0.8) * 2 * x, 0)
    # At zero the eigenvalues' density has its pole.
    np.testing.assert_allclose(quarter_circle_density(x, 0.8)[x != 0], law[x != 0], atol=1e-12)


@pytest.mark.parametrize("Q", [1.0, 1.3, 4.0, 50.0])
def test_half_of_the_law_is_below_its_median(Q):
    low, _ = mp_edges(Q, 1)
    roots = np.linspace(np.sqrt(low), np.sqrt(mp_median(Q)), 100_001)
    density = mp_density(roots**2, Q, 1) * 2 * roots
    if Q == 1:
        density = quarter_circle_density(roots, 1)
    assert integrate.trapezoid(density, roots) == pytest.approx(0.5, abs=1e-5)


def test_median_is_that_of_gavish_and_donoho():
    """Their threshold for a square matrix of unknown noise is 2.858 medians of the singular values,
    and 4/√3 = 2.309 standard deviations √N of known noise."""
    assert 4 / np.sqrt(3) / np.sqrt(mp_median(1.0)) == pytest.approx(2.858, abs=5e-4)


@pytest.mark.parametrize(("level", "quantile"), [(0.05, 0.9793), (0.01, 2.0234), (0.001, 3.2724)])
def test_limit_is_the_quantile_of_tracy_and_widom(level, quantile):
    """Quantiles of the law for real matrices from Bejan 2005, table 2."""
    N, M = np.array(4000), np.array(1000)
    a, b = np.sqrt(N - 0.5), np.sqrt(M - 0.5)
    standardised = (noise_limit(N, M, level) - (a + b) ** 2) / (
        (a + b) * (1 / a + 1 / b) ** (1 / 3)
    )
    assert standardised == pytest.approx(quantile, abs=0.03)


def test_largest_eigenvalue_of_noise_passes_the_limit_as_often_as_declared():
    rng = np.random.default_rng(0)
    largest = np.linalg.svd(rng.normal(size=(1000, 40, 20)), compute_uv=False)[:, 0] ** 2
    above = [
        np.mean(largest > noise_limit(np.array(40), np.array(20), p)) for p in (0.5, 0.1, 0.02)
    ]
    np.testing.assert_allclose(above, [0.5, 0.1, 0.02], atol=0.03)


@pytest.mark.parametrize(("N", "M"), [(800, 400), (1600, 400), (400, 400)])
def test_gaussian_eigenvalues_follow_the_law(N, M):
    rescaled = gaussian(N, M) / N
    low, high = mp_edges(N / M, 1)
    assert rescaled.max() == pytest.approx(high, rel=0.04)
    assert rescaled.min() == pytest.approx(low, abs=0.02)
    grid = np.linspace(0, high, 20_001)[1:]
    law = integrate.cumulative_trapezoid(mp_density(grid, N / M, 1), grid, initial=0)
    law += 1 - law[-1]  # what the first step of the grid leaves out at the pole
    seen = np.searchsorted(rescaled, grid) / M
    assert np.abs(law - seen).max() < 0.015


@pytest.mark.parametrize(("N", "M"), [(400, 400), (600, 400), (1600, 400)])
@pytest.mark.parametrize("factor", [1e-8, 1.0, 1e6])
def test_fit_of_a_gaussian_matrix(N, M, factor):
    eigenvalues = gaussian(N, M)
    found = fit_marchenko_pastur(factor * eigenvalues, N, M)
    low, high = mp_edges(N / M, 1)
    assert found.sigma_mp == pytest.approx(1, abs=0.01)
    assert found.bulk_max == pytest.approx(factor * N * high, rel=0.02)
    assert found.bulk_min == pytest.approx(factor * N * low, rel=0.02)
    assert found.num_spikes == 0
    assert found.mp_softrank == pytest.approx(1, abs=0.04)
    assert found.mp_softrank == pytest.approx(found.bulk_max / (factor * eigenvalues.max()))


@pytest.mark.parametrize(("N", "M"), [(400, 400), (600, 400), (1600, 400)])
def test_spikes_are_counted(N, M):
    found = fit_marchenko_pastur(gaussian(N, M, spikes=(120, 150, 180)), N, M)
    assert found.num_spikes == 3
    assert found.mp_softrank < 0.5
    assert found.sigma_mp < 1


@pytest.mark.parametrize("size", [10, 300, 2000])
def test_density_is_that_of_scikit_learn(size):
    sample = np.random.default_rng(1).gamma(2, 0.5, size)
    points, density = _density(sample)
    kernel = KernelDensity(kernel="linear", bandwidth=0.1).fit(sample[:, np.newaxis])
    expected = np.exp(kernel.score_samples(points[:, np.newaxis]))
    np.testing.assert_allclose(density, expected, atol=1e-12)


@pytest.mark.parametrize("N", [3000, 1500])
def test_no_law_fits_where_one_eigenvalue_is_all(N):
    eigenvalues = np.full(1500, 1e-9)
    eigenvalues[-1] = 1
    assert (fit_marchenko_pastur(eigenvalues, N, 1500) is None) == (N > 1500)
