"""The bulk of every slice where spikes, scales and zeros are known."""

import numpy as np
import pytest

from weightscape.config.spectra import Spectra
from weightscape.spectra.analyse import analyse
from weightscape.spectra.bulk import fit_bulk
from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.spectra.robust_bulk import fit_robust_bulk

OPTIONS = Spectra(bootstrap=0, likelihood_ratios=False, null_replicas=0)


def edge(shape):
    return (np.sqrt(shape[0]) + np.sqrt(shape[1])) ** 2


def spiked(shape, spikes=0, size=1.0, seed=0):
    """Return Gaussian noise and directions whose singular value is `size` times noise's largest."""
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.normal(size=(side, spikes)))[0] for side in shape)
    return rng.normal(size=shape) + size * np.sqrt(edge(shape)) * left @ right.T


def fit(values, layer_type="Linear"):
    sides = np.stack([values.any(axis=axis).sum(axis=1) for axis in (2, 1)], axis=1)
    return fit_robust_bulk(eigenvalues(values, layer_type).of_slices, sides)


@pytest.mark.parametrize(
    ("spikes", "size", "within"), [(60, 5, 0.05), (120, 5, 0.1), (1, 60, 0.01)]
)
@pytest.mark.parametrize("shape", [(512, 512), (512, 768)])
def test_many_spikes_or_one_giant_leave_the_edge_in_place(shape, spikes, size, within):
    values = spiked(shape, spikes, size)[np.newaxis]
    columns = analyse(values, "Linear", OPTIONS).columns
    assert columns["robust_bulk_max"] == pytest.approx(edge(shape), rel=within)
    assert columns["num_robust_spikes"] == spikes
    if shape == (512, 768):
        # The pooled fit, which is WeightWatcher's, is off by more than 100 % or finds nothing.
        assert columns["bulk_max"] is None or columns["bulk_max"] > 2 * edge(shape)


@pytest.mark.parametrize("shape", [(256, 256), (200, 500), (1000, 125)])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e5])
def test_noise_has_the_edge_of_the_law_and_no_spike(shape, scale):
    found = fit(scale * spiked(shape)[np.newaxis])
    assert found.robust_bulk_max == pytest.approx(scale**2 * edge(shape), rel=0.02)
    assert found.num_robust_spikes == 0


def test_noise_is_found_within_a_percent():
    edges = [fit(spiked((256, 384), seed=k)[np.newaxis]).robust_bulk_max for k in range(8)]
    assert np.mean(edges) == pytest.approx(edge((256, 384)), rel=0.01)
    # The median of M eigenvalues of noise spreads by 3/M at most.
    np.testing.assert_allclose(np.array(edges) / edge((256, 384)), 1, atol=3 * 3 / 256)


@pytest.mark.parametrize("size", [16, 32, 96])
def test_kernel_positions_may_differ_in_variance(size):
    scales = np.sqrt(np.linspace(0.3, 4.0, 9))
    slices = [scale * spiked((size, size), seed=k) for k, scale in enumerate(scales)]
    columns = analyse(np.stack(slices), "Conv2d", OPTIONS).columns
    assert columns["num_robust_spikes"] == 0
    # Eigenvalues of a Conv2d are halved, and the edge with them.
    assert columns["robust_bulk_max"] == pytest.approx(4.0 / 2 * edge((size, size)), rel=9 / size)
    slices[0] += 0.5 * np.sqrt(0.3) * np.ones((size, size))  # weak beside the other positions
    found = analyse(np.stack(slices), "Conv2d", OPTIONS).columns
    assert found["num_robust_spikes"] == (size > 30)
    assert found["num_spikes"] is None or size < 90 or found["num_spikes"] > 20


def test_noise_has_spikes_as_rarely_as_declared():
    rng = np.random.default_rng(7)
    spiky = [fit(rng.normal(size=(9, 24, 24))).num_robust_spikes > 0 for _ in range(400)]
    assert np.mean(spiky) <= 0.02


def test_rows_and_columns_of_zeros_are_no_noise():
    values = spiked((200, 100), 5, 1.7)
    wide = np.zeros((2, 300, 100))
    wide[0, 40:240] = values
    wide[1, :50, :80] = spiked((50, 80), 1, 2)
    alone, both = fit(values[np.newaxis]), fit(wide)
    assert both.robust_bulk_max == pytest.approx(alone.robust_bulk_max)
    assert (alone.num_robust_spikes, both.num_robust_spikes) == (5, 6)


def test_slices_of_zeros_are_left_out():
    values = np.stack([spiked((60, 60), 2, 2), np.zeros((60, 60))])
    assert fit(values).num_robust_spikes == 2
    assert fit(np.zeros((2, 5, 4))) is None


def test_equal_eigenvalues_have_no_spike():
    values = np.linalg.qr(np.random.default_rng(0).normal(size=(64, 64)))[0]
    assert fit(values[np.newaxis]).num_robust_spikes == 0


@pytest.mark.parametrize("shape", [(9, 1, 1), (1, 1, 30), (40, 2, 5), (1, 3, 3)])
def test_few_eigenvalues_have_a_bulk(shape):
    assert fit(np.random.default_rng(0).normal(size=shape)).num_robust_spikes == 0


@pytest.mark.parametrize("rank", [10, 31])
def test_a_spectrum_of_few_directions_has_no_bulk(rank):
    rng = np.random.default_rng(0)
    values = (rng.normal(size=(64, rank)) @ rng.normal(size=(rank, 64)))[np.newaxis]
    columns = analyse(values, "Linear", OPTIONS).columns
    assert columns["robust_bulk_max"] is columns["num_robust_spikes"] is None
    assert columns["status"] == "partial"
    assert "spikes or zero" in columns["reason"]


def test_switch_covers_both_bulks():
    values = spiked((40, 60))[np.newaxis]
    spectrum = eigenvalues(values, "Linear")
    off = OPTIONS.model_copy(update={"marchenko_pastur": False})
    assert fit_bulk(values, "Linear", spectrum.ascending, spectrum.of_slices, off) == ({}, [])
