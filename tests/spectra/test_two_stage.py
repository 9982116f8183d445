"""The two-stage reduction against numpy's eigenvalues."""

import _ctypes
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from weightscape.spectra.eigenvalues import TWO_STAGE, eigenvalues
from weightscape.spectra.two_stage import BAND, eigvalsh_two_stage, find_library

RNG = np.random.default_rng(0)
GRADES = np.logspace(0, -8, 150)
SIDES = [1, 2, 3, BAND - 1, BAND, BAND + 1, BAND + 2, 2 * BAND, 2 * BAND + 1, 300]


def product(rows, cols):
    entries = RNG.normal(size=(rows, cols))
    return entries @ entries.T


def graded(side):
    left = np.linalg.qr(RNG.normal(size=(side, side)))[0]
    return (left * np.logspace(0, -15, side)) @ left.T


MATRICES = {
    **{f"random {side}": product(side, 2 * side) for side in SIDES},
    "of low rank": product(200, 5),
    "indefinite": product(200, 200) - product(200, 200),
    "graded": graded(200),
    "graded by rows": product(150, 200) * np.outer(GRADES, GRADES),
    "diagonal": np.diag(RNG.normal(size=131)),
    "equal": np.eye(131),
    "zeros": np.zeros((131, 131)),
    "huge": product(131, 200) * 1e200,
    "tiny": product(131, 200) * 1e-200,
}  # fmt: skip


def solved(matrix):
    found = eigvalsh_two_stage(matrix)
    if found is None:
        pytest.skip("numpy comes without the routines")
    return found


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("threads", [1, 2])
def test_they_are_those_of_numpy(name, threads):
    matrix = MATRICES[name]
    expected = np.linalg.eigvalsh(matrix)
    with threadpool_limits(threads):
        found = solved(matrix.copy())
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    assert (np.diff(found) >= 0).all()


def test_matrices_can_be_solved_at_once():
    matrices = [product(200, 300) for _ in range(8)]
    expected = [solved(matrix.copy()) for matrix in matrices]
    with threadpool_limits(1), ThreadPoolExecutor(4) as pool:
        found = list(pool.map(solved, matrices))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize(
    "matrix", [np.eye(4)[:3], np.eye(4, dtype=np.float32), np.eye(8)[::2, ::2], np.ones((2, 2, 2))]
)
def test_other_arrays_are_refused(matrix):
    with pytest.raises(ValueError, match="square"):
        eigvalsh_two_stage(matrix)


def test_a_library_without_the_routines_is_none():
    assert find_library([]) is None
    assert find_library([_ctypes.__file__]) is None


def test_large_layers_have_the_eigenvalues_of_one_stage():
    values = np.random.default_rng(1).normal(size=(1, TWO_STAGE + 1, TWO_STAGE + 300))
    found, rank, _ = eigenvalues(values, "Linear")
    expected = np.linalg.eigvalsh(values[0] @ values[0].T)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13 * expected[-1])
    assert rank == TWO_STAGE + 1
