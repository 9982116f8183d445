"""Spikes at a level: how often noise has one, and how weak a direction is found."""

import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal

from weightscape.config.spectra import Spectra
from weightscape.spectra.analyse import analyse
from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.spectra.robust_bulk import fit_robust_bulk
from weightscape.spectra.tracy_widom import FALSE_ALARM, count_tw_spikes

QUICK = Spectra(bootstrap=0, goodness_of_fit=0, likelihood_ratios=False, null_replicas=0)


def noise_spectrum(N, M, rng):
    """Return the eigenvalues of a Gaussian N×M matrix, by those of a tridiagonal one.

    Dumitriu & Edelman 2002, doi:10.1063/1.1507823.
    """
    diagonal = np.sqrt(rng.chisquare(N - np.arange(M)))
    beside = np.sqrt(rng.chisquare(np.arange(M - 1, 0, -1)))
    square = diagonal**2
    square[1:] += beside**2
    return eigh_tridiagonal(square, diagonal[:-1] * beside, eigvals_only=True)


def count(spectrum, N, M):
    found = fit_robust_bulk(spectrum[np.newaxis], np.array([[N, M]]))
    return found.num_tw_spikes


def spiked(shape, spikes, size, seed):
    """Return Gaussian noise and directions whose singular value is `size` times noise's edge."""
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.normal(size=(side, spikes)))[0] for side in shape)
    edge = np.sqrt(shape[0]) + np.sqrt(shape[1])
    return (rng.normal(size=shape) + size * edge * left @ right.T)[np.newaxis]


@pytest.mark.parametrize(("M", "draws"), [(64, 800), (128, 300), (256, 100)])
@pytest.mark.parametrize("Q", [1, 4])
def test_noise_has_a_spike_as_often_as_declared(M, draws, Q):
    rng, N = np.random.default_rng(11), int(Q * M)
    rate = np.mean([count(noise_spectrum(N, M, rng), N, M) > 0 for _ in range(draws)])
    error = np.sqrt(FALSE_ALARM * (1 - FALSE_ALARM) / draws)
    assert FALSE_ALARM - 0.015 - 2.5 * error < rate < FALSE_ALARM + 0.005 + 2.5 * error


def test_the_level_is_a_layer_s_and_not_a_slice_s():
    rng = np.random.default_rng(3)
    layers = rng.normal(size=(100, 9, 32, 32)) * np.linspace(0.5, 3, 9)[:, None, None]
    sides = np.full((9, 2), 32)
    spiky = [
        fit_robust_bulk(eigenvalues(layer, "Conv2d").of_slices, sides).num_tw_spikes > 0
        for layer in layers
    ]
    assert np.mean(spiky) < 0.1


def test_noise_s_eigenvalues_are_those_of_the_tridiagonal_model():
    rng = np.random.default_rng(0)
    direct = [eigenvalues(rng.normal(size=(1, 60, 90)), "Linear").ascending for _ in range(200)]
    model = [noise_spectrum(90, 60, rng) for _ in range(200)]
    np.testing.assert_allclose(np.mean(direct, 0)[30:], np.mean(model, 0)[30:], rtol=0.02)


@pytest.mark.parametrize(("spikes", "size"), [(1, 1.0), (5, 1.1), (60, 1.2), (120, 5), (1, 60)])
@pytest.mark.parametrize("shape", [(512, 512), (512, 768)])
def test_planted_directions_are_counted(spikes, size, shape):
    counts = [
        analyse(spiked(shape, spikes, size, seed), "Linear", QUICK).columns["num_tw_spikes"]
        for seed in range(2)
    ]
    assert min(counts) == spikes
    assert max(counts) <= spikes + 1


def test_a_weak_direction_is_found_more_often_than_by_the_median():
    # 1.25 times the threshold of Baik, Ben Arous and Péché, which is the fourth root of N·M
    shape = 200, 300
    size = 1.25 * (shape[0] * shape[1]) ** 0.25 / (np.sqrt(shape[0]) + np.sqrt(shape[1]))
    found = [analyse(spiked(shape, 1, size, seed), "Linear", QUICK).columns for seed in range(25)]
    by_level, by_median = (
        sum(columns[name] > 0 for columns in found)
        for name in ("num_tw_spikes", "num_robust_spikes")
    )
    assert by_level > by_median + 4


def test_neither_scale_nor_rows_of_zeros_count():
    values = spiked((90, 140), 3, 1.3, 0)
    plain = analyse(values, "Linear", QUICK).columns["num_tw_spikes"]
    padded = np.zeros((1, 130, 150))
    padded[:, :90, :140] = 1e-7 * values
    assert analyse(padded, "Linear", QUICK).columns["num_tw_spikes"] == plain == 3


@pytest.mark.parametrize("side", range(1, 9))
def test_a_few_rows_say_nothing(side):
    rng = np.random.default_rng(side)
    for _ in range(50):
        spectrum = noise_spectrum(side, side, rng)
        assert count_tw_spikes(spectrum, side, side, 0, FALSE_ALARM) <= 1
    assert count_tw_spikes(np.zeros(side), side, side, 0, FALSE_ALARM) == 0
