"""Distance of spectra and overlap of singular subspaces against scipy."""

import numpy as np
import pytest
from scipy import linalg, stats

from weightscape.config.spectra import Spectra
from weightscape.spectra.analyse import analyse
from weightscape.spectra.change import Start, log_spectrum_distance, subspace_overlap


@pytest.mark.parametrize("sizes", [(40, 40), (40, 25), (1, 3)])
def test_distance_is_that_of_scipy(sizes):
    rng = np.random.default_rng(0)
    one, other = (rng.lognormal(k, 1, size) for k, size in enumerate(sizes))
    expected = stats.wasserstein_distance(np.log10(one), np.log10(other))
    assert log_spectrum_distance(one, other) == pytest.approx(expected)


def test_distance_of_a_scaled_spectrum_is_its_decades():
    sample = np.random.default_rng(1).lognormal(0, 1, 30)
    assert log_spectrum_distance(sample, 100 * sample) == pytest.approx(2)
    assert log_spectrum_distance(sample, sample) == 0
    assert log_spectrum_distance(np.append(sample, 0), sample) == 0
    assert log_spectrum_distance(sample, np.zeros(3)) is None


def unfolded(values):
    return np.concatenate(list(values), axis=1)


@pytest.mark.parametrize("shape", [(1, 30, 50), (1, 50, 30), (9, 20, 6), (2, 40, 12)])
def test_overlap_is_that_of_the_principal_angles(shape):
    rng = np.random.default_rng(2)
    start = rng.normal(size=shape)
    values = start + 0.4 * rng.normal(size=shape)
    found = subspace_overlap(values.astype(np.float32), start, 4)
    bases = []
    for entries in (values.astype(np.float32).astype(float), start):
        left, _, right = np.linalg.svd(unfolded(entries), full_matrices=False)
        bases.append((left[:, :4], right[:4].T))
    for name, ours, theirs in zip(("left", "right"), *bases, strict=True):
        angles = linalg.subspace_angles(ours, theirs)
        assert found[f"subspace_{name}"] == pytest.approx(np.mean(np.cos(angles) ** 2), rel=1e-6)
        assert 0 < found[f"subspace_{name}"] < 1


def test_overlap_of_the_same_and_of_others():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(1, 40, 60))
    assert subspace_overlap(values, -3 * values, 5) == pytest.approx(
        {"subspace_left": 1, "subspace_right": 1}
    )
    left = np.linalg.qr(rng.normal(size=(40, 40)))[0]
    turned = subspace_overlap(values, left @ values, 5)
    assert turned["subspace_right"] == pytest.approx(1)
    assert turned["subspace_left"] < 0.5


@pytest.mark.parametrize(
    ("shape", "rank", "k"), [((1, 4, 30), 4, 4), ((1, 30, 20), 2, 3), ((1, 9, 9), 0, 2)]
)
def test_no_overlap_of_what_has_no_subspace(shape, rank, k):
    rng = np.random.default_rng(4)
    values = rng.normal(size=(1, shape[1], rank)) @ rng.normal(size=(1, rank, shape[2]))
    assert subspace_overlap(values, rng.normal(size=shape), k) == {}


def test_columns():
    rng = np.random.default_rng(5)
    start = rng.normal(size=(1, 20, 30))
    values = start + 0.1 * rng.normal(size=(1, 20, 30))
    options = Spectra(bootstrap=0, null_replicas=0, subspace=3)
    known = analyse(start, "Conv2d").eigenvalues
    names = ("log_spectrum_distance", "subspace_left", "subspace_right")
    for before in (Start(start), Start(start, known)):
        columns = analyse(values, "Conv2d", options, start=before).columns
        assert columns["log_spectrum_distance"] == pytest.approx(
            log_spectrum_distance(analyse(values, "Conv2d").eigenvalues, known)
        )
        assert 0.5 < columns["subspace_left"] < 1
    for other in (start[:, :10], np.full_like(start, np.nan)):
        columns = analyse(values, "Conv2d", options, start=Start(other)).columns
        assert columns["status"] == "ok"
        assert [columns[name] for name in names] == [None, None, None]
    off = options.model_copy(update={"subspace": 0, "log_spectrum_distance": False})
    columns = analyse(values, "Conv2d", off, start=Start(start)).columns
    assert [columns[name] for name in names] == [None, None, None]


def test_a_convolution_in_groups_has_no_leading_subspace():
    values = np.random.default_rng(0).normal(size=(18, 6, 6))
    start = Start(values + 0.1)
    found = analyse(values, "GroupedConv2d", Spectra(subspace=2), start=start).columns
    assert found["log_spectrum_distance"] > 0
    assert found["subspace_left"] is found["subspace_right"] is None
