"""Correlation traps: worlds that have one, and worlds that must not."""

import numpy as np
import pytest
from scipy import special

from weightscape.config.spectra import CHEAP
from weightscape.spectra.analyse import analyse
from weightscape.spectra.marchenko_pastur import noise_limit, noise_tail
from weightscape.spectra.traps import find_traps

TRAPS = CHEAP.model_copy(update={"traps": True})
NAMES = ("num_tw_traps", "trap_p_value", "trap_ipr_left", "trap_ipr_right", "trap_row", "trap_col")


def noise(shape, seed, rows=0.0, cols=0.0):
    """Return Gaussian noise whose rows and columns have log-normal scales."""
    rng = np.random.default_rng(seed)
    scales = (np.exp(s * rng.normal(size=n)) for s, n in zip((rows, cols), shape, strict=True))
    return rng.normal(size=(1, *shape)) * np.multiply.outer(*scales)


@pytest.mark.parametrize("shape", [(64, 64), (64, 256), (200, 80)])
@pytest.mark.parametrize("scales", [(0, 0), (0.5, 0.5), (1, 0)])
def test_noise_has_no_trap_whatever_the_scales_of_rows_and_columns(shape, scales):
    found = [find_traps(noise(shape, seed, *scales), seed) for seed in range(40)]
    assert sum(each["num_tw_traps"] > 0 for each in found) <= 4
    assert sum(each["trap_p_value"] < 0.05 for each in found) <= 4


def test_a_planted_direction_is_no_trap():
    values = noise((100, 150), 0)
    left, right = (
        np.linalg.qr(np.random.default_rng(1).normal(size=(n, 1)))[0] for n in (100, 150)
    )
    values += 40 * left @ right.T
    columns = analyse(values, "Linear", TRAPS).columns
    assert columns["num_tw_traps"] == 0
    assert [columns[name] for name in NAMES[2:]] == [None] * 4


@pytest.mark.parametrize("shape", [(64, 64), (128, 256)])
@pytest.mark.parametrize("scales", [(0, 0), (0.5, 0.5)])
def test_huge_entries_are_traps_and_are_found(shape, scales):
    values = noise(shape, 3, *scales)
    typical = np.sqrt(
        np.median(values[0] ** 2, axis=1)[:, None] * np.median(values[0] ** 2, axis=0)
    )
    for (row, col), size in {(3, 7): 90, (10, 5): -50}.items():
        values[0, row, col] = size * typical[row, col] / np.sqrt(np.median(values**2))
    found = find_traps(values, 0)
    assert found["num_tw_traps"] == 2
    assert found["trap_p_value"] < 1e-10
    assert (found["trap_row"], found["trap_col"]) in [(3, 7), (10, 5)]
    assert min(found["trap_ipr_left"], found["trap_ipr_right"]) > 0.5


@pytest.mark.parametrize("shape", [(64, 64), (128, 256)])
def test_a_strong_row_is_a_trap_and_lies_in_its_row(shape):
    values = noise(shape, 4)
    values[0, 9] *= 5
    across, along = find_traps(values, 0), find_traps(values.swapaxes(1, 2), 0)
    for found, row, ipr, other in (
        (across, "trap_row", "trap_ipr_left", "trap_ipr_right"),
        (along, "trap_col", "trap_ipr_right", "trap_ipr_left"),
    ):
        assert found["num_tw_traps"] == 1
        assert found[row] == 9
        assert found[ipr] > 0.7
        assert found[other] < 0.2


def test_a_weak_kernel_position_hides_no_trap():
    scales = np.linspace(0.2, 3, 9)
    values = np.concatenate([s * noise((48, 40), k) for k, s in enumerate(scales)])
    assert find_traps(values, 0)["num_tw_traps"] == 0
    values[0, 5, 6] = 8.0  # forty times its position's scale, and less than three of the last one's
    found = analyse(values, "Conv2d", TRAPS).columns
    assert (found["num_tw_traps"], found["trap_row"], found["trap_col"]) == (1, 5, 6)


def test_the_chance_is_that_of_the_limit():
    for N, M in ((300, 200), (64, 64)):
        for level in (0.3, 0.05, 1e-6):
            limit = noise_limit(np.array(N), np.array(M), level)
            assert noise_tail(float(limit), N, M) == pytest.approx(level, rel=1e-6)
    assert noise_tail(0.0, 50, 50) == pytest.approx(1)
    assert 0 <= noise_tail(1e9, 50, 50) < special.erfc(20)


@pytest.mark.parametrize("values", ["pruned rows", "mostly pruned", "constant", "one column"])
def test_odd_matrices_give_columns_or_none(values):
    matrix = noise((40, 60), 5)
    if values == "pruned rows":
        matrix[0, ::3] = 0
    elif values == "mostly pruned":
        matrix *= np.random.default_rng(0).random(matrix.shape) < 0.02
    elif values == "constant":
        matrix[:] = 0.3
    else:
        matrix = matrix[:, :, :1]
    columns = analyse(matrix, "Linear", TRAPS).columns
    assert all(columns[name] is None or np.isfinite(columns[name]) for name in NAMES)
    assert analyse(matrix, "Linear", CHEAP).columns["num_tw_traps"] is None


def test_neither_scale_nor_seed_changes_what_is_found():
    values = noise((64, 90), 6)
    values[0, 2, 3] = 45
    first = find_traps(values, 0)
    for other in (find_traps(1e-8 * values, 0), find_traps(values, 1)):
        assert (other["num_tw_traps"], other["trap_row"], other["trap_col"]) == (1, 2, 3)
        assert other["trap_ipr_left"] == pytest.approx(first["trap_ipr_left"], abs=0.1)
