"""The exponent of square sub-matrices against the method written out with loops."""

import numpy as np
import pytest

from weightscape.config.spectra import CHEAP
from weightscape.spectra.analyse import analyse
from weightscape.spectra.farms import PLACES, SIDE, find_farms_alpha


def squares(matrix):
    return np.linalg.svd(matrix, compute_uv=False) ** 2


def hill_of_upper_half(pooled):
    ordered = np.sort(np.concatenate(pooled))
    tail = ordered[ordered.size // 2 :]
    return 1 + tail.size / (np.log(tail).sum() - tail.size * np.log(tail[0]))


@pytest.mark.parametrize("shape", [(140, 180), (180, 140), (100, 132), (40, 72), (12, 12)])
def test_windows_on_a_linear_layer_are_those_of_the_method(shape):
    matrix = np.random.default_rng(0).normal(size=shape)
    side = min(SIDE, *shape)
    rows, cols = ([*range(0, length - side + 1, (length - side) // 8 or 1)] for length in shape)
    assert {len(rows), len(cols)} <= {1, PLACES}
    windows = [matrix[i : i + side, j : j + side] for i in rows for j in cols]
    expected = hill_of_upper_half([squares(window) for window in windows])
    assert find_farms_alpha(matrix[None], "Linear") == pytest.approx(expected, rel=1e-9)
    assert find_farms_alpha(1e-4 * matrix[None], "Linear") == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("shape", [(9, 30, 10), (9, 10, 30), (9, 38, 10), (3, 20, 20), (1, 40, 20)])
def test_blocks_of_a_convolution_are_those_of_the_method(shape):
    slices = np.random.default_rng(1).normal(size=shape)
    tall = [each if each.shape[0] >= each.shape[1] else each.T for each in slices]
    side = min(shape[1:])
    alphas = [
        hill_of_upper_half([squares(each[i * side : (i + 1) * side]) for each in tall])
        for i in range(max(shape[1:]) // side)
    ]
    found = find_farms_alpha(slices, "Conv2d")
    assert found == pytest.approx(np.mean(alphas), rel=1e-9)


def test_noise_of_any_aspect_ratio_has_one_exponent():
    rng = np.random.default_rng(2)
    options = CHEAP.model_copy(update={"farms": True})
    hill, farms = [], []
    for ratio in (1, 8):
        values = rng.normal(size=(1, 128 * ratio, 128))
        columns = analyse(values, "Linear", options).columns
        hill.append(columns["alpha_hill"])
        farms.append(columns["alpha_farms"])
    assert farms[1] == pytest.approx(farms[0], abs=0.05)
    assert hill[1] > hill[0] + 1


def test_what_has_no_exponent_has_none():
    assert find_farms_alpha(np.zeros((1, 30, 20)), "Linear") is None
    assert find_farms_alpha(np.zeros((9, 30, 20)), "Conv2d") is None
    half = np.random.default_rng(3).normal(size=(9, 40, 20))
    half[:, 20:] = 0  # one block of two
    assert find_farms_alpha(half, "Conv2d") is None
    assert find_farms_alpha(np.ones((1, 1, 50)), "Linear") is None


def test_other_types_and_layouts_of_memory():
    values = np.random.default_rng(4).integers(-5, 6, size=(1, 60, 30)).astype(np.int8)
    expected = find_farms_alpha(values.astype(float), "Linear")
    for other in (values, values.astype(np.float32), np.asfortranarray(values)):
        assert find_farms_alpha(other, "Linear") == pytest.approx(expected, rel=1e-6)
