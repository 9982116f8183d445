"""Eigenvalues and rank against LAPACK's singular values."""

import numpy as np
import pytest
import torch
from scipy import linalg

from weightscape.config.spectra import Spectra
from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.spectra.stream import analyse_layers

SHAPES = [(1, 60, 60), (1, 30, 90), (1, 90, 30), (9, 24, 16), (4, 7, 21), (1, 1, 12), (3, 5, 1),
          (1, 40, 3000)]  # fmt: skip


def reference(values):
    singular = [linalg.svdvals(piece.astype(np.float64)) for piece in values]
    return np.sort(np.concatenate(singular) ** 2)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_they_are_squared_singular_values(shape, dtype):
    values = np.random.default_rng(0).normal(size=shape).astype(dtype)
    found, rank, _ = eigenvalues(values, "Linear")
    np.testing.assert_allclose(found, reference(values), rtol=1e-9)
    assert rank == shape[0] * min(shape[1:])


def test_those_of_each_slice_are_kept_apart():
    values = np.random.default_rng(0).normal(size=(3, 8, 6))
    expected = [linalg.svdvals(piece)[::-1] ** 2 for piece in values]
    np.testing.assert_allclose(eigenvalues(values, "Linear").of_slices, expected, rtol=1e-9)
    halved = eigenvalues(values, "Conv2d")
    np.testing.assert_array_equal(np.sort(halved.of_slices, axis=None), halved.ascending)


def test_conv2d_is_halved_and_conv1d_is_not():
    values = np.random.default_rng(1).normal(size=(9, 8, 6))
    expected = reference(values)
    np.testing.assert_allclose(eigenvalues(values, "Conv2d").ascending, expected / 2, rtol=1e-12)
    np.testing.assert_allclose(eigenvalues(values, "Conv1d").ascending, expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(200, 300), (300, 200), (128, 128)])
@pytest.mark.parametrize("rank", [1, 5, 100])
def test_rank_of_a_deficient_matrix(shape, rank):
    rng = np.random.default_rng(2)
    values = rng.normal(size=(shape[0], rank)) @ rng.normal(size=(rank, shape[1]))
    found, counted, _ = eigenvalues(values[np.newaxis], "Linear")
    assert counted == np.linalg.matrix_rank(values) == rank
    assert found.min() >= 0


def test_rank_is_counted_over_slices_against_the_largest_one():
    rng = np.random.default_rng(3)
    full = rng.normal(size=(12, 8))
    deficient = rng.normal(size=(12, 2)) @ rng.normal(size=(2, 8))
    vanishing = 1e-17 * rng.normal(size=(12, 8))
    values = np.stack([full, deficient, vanishing, np.zeros((12, 8))])
    assert eigenvalues(values, "Conv2d").matrix_rank == 8 + 2


def test_small_eigenvalues_are_those_of_the_svd():
    rng = np.random.default_rng(4)
    left, right = (np.linalg.qr(rng.normal(size=(n, 40)))[0] for n in (60, 40))
    values = (left * np.logspace(0, -9, 40)) @ right.T
    np.testing.assert_allclose(
        eigenvalues(values[np.newaxis], "Linear").ascending,
        reference(values[np.newaxis]),
        rtol=1e-5,
    )


def test_zeros_have_rank_zero():
    found, rank, _ = eigenvalues(np.zeros((2, 4, 3)), "Linear")
    assert rank == 0
    np.testing.assert_array_equal(found, np.zeros(6))


@pytest.mark.parametrize("shape", SHAPES)
def test_torch_gives_the_same(shape):
    """On a CPU here; on a GPU the same calls run."""
    values = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    found, rank, _ = eigenvalues(values, "Conv2d", device="cpu:0")
    expected, expected_rank, _ = eigenvalues(values, "Conv2d")
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert rank == expected_rank


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.int64, np.uint8, np.bool_])
def test_narrow_types_are_widened(dtype):
    values = (10 * np.random.default_rng(6).random((1, 20, 30))).astype(dtype)
    found, rank, _ = eigenvalues(values, "Linear")
    np.testing.assert_allclose(found, reference(values), rtol=1e-6, atol=1e-9)
    assert rank == np.linalg.matrix_rank(values[0].astype(float))


def test_a_gpu_that_is_not_there_is_named():
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(RuntimeError, match=r"spectra\.device: cuda is asked for"):
        next(analyse_layers([], Spectra(device="cuda")))
