"""Intruder dimensions: planted ones, and the definition by numpy's SVD."""

import numpy as np
import pytest

from weightscape.config.spectra import CHEAP, Spectra
from weightscape.spectra.analyse import analyse
from weightscape.spectra.change import Start
from weightscape.spectra.compare_vectors import find_initial_vectors
from weightscape.spectra.intruders import count_intruders

COSINE = 0.5
ONLY = CHEAP.model_copy(update={"intruder_cosine": COSINE})


def counted(values, start):
    return analyse(values, "Linear", ONLY, start=Start(start)).columns


def with_intruders(count, shape=(60, 80)):
    """Return an initial matrix, and one with strong directions between its own."""
    rng = np.random.default_rng(0)
    start = rng.normal(size=(1, *shape))
    left = np.linalg.svd(start[0])[0]
    # A random direction has a cosine of about 1/√n with every initial one, far below 0.5.
    mixed = np.linalg.qr(rng.normal(size=(shape[0], shape[0])))[0][:, :count]
    new = left @ mixed
    right = np.linalg.qr(rng.normal(size=(shape[1], count)))[0]
    return start, start + (new * (200 + 20 * np.arange(count)) @ right.T)[np.newaxis]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_planted_intruders_are_counted(count):
    start, values = with_intruders(count)
    assert counted(values, start)["num_intruders"] == count


@pytest.mark.parametrize("shape", [(40, 25), (25, 40), (30, 30)])
@pytest.mark.parametrize("scale", [0.1, 1, 10])
def test_the_count_is_that_of_the_definition(shape, scale):
    rng = np.random.default_rng(1)
    start = rng.normal(size=(1, *shape)).astype(np.float32)
    values = start + (scale * rng.normal(size=(1, *shape))).astype(np.float32)
    bases = [
        np.linalg.svd(each[0].astype(float), full_matrices=False)[0] for each in (values, start)
    ]
    cosines = np.abs(bases[0].T @ bases[1]).max(axis=1)[:10]
    assert counted(values, start)["num_intruders"] == np.sum(cosines < COSINE)


def test_what_the_initial_matrix_maps_to_zero_is_no_direction_of_it():
    rng = np.random.default_rng(2)
    basis = np.linalg.qr(rng.normal(size=(20, 20)))[0]
    right = np.linalg.qr(rng.normal(size=(30, 20)))[0]
    start = (basis[:, :12] * np.linspace(9, 2, 12) @ right[:, :12].T)[np.newaxis]
    values = start + (basis[:, 12:14] * [30, 20] @ right[:, 12:14].T)[np.newaxis]
    assert counted(values, start)["num_intruders"] == 2


def test_fewer_than_ten_directions_have_no_count():
    values = np.random.default_rng(3).normal(size=(1, 8, 30))
    columns = counted(values, values)
    assert columns["num_intruders"] is None
    assert "intruders: the fine-tuned matrix has 8 directions" in columns["vectors_reason"]


def test_known_vectors_of_the_start_give_the_same():
    start, values = with_intruders(3)
    options = Spectra(bootstrap=0, goodness_of_fit=0, null_replicas=0, intruder_cosine=COSINE)
    vectors = find_initial_vectors(start[0], options)
    assert (vectors.left.shape, vectors.right.shape) == ((60, 60), (80, 10))
    known, anew = (
        analyse(values, "Linear", options, start=before)
        for before in (Start(start, vectors=vectors), Start(start))
    )
    assert known.columns["num_intruders"] == 3
    for name, value in anew.columns.items():
        assert known.columns[name] == (pytest.approx(value) if value is not None else None), name
    assert analyse(values, "Linear", start=Start(start)).columns["num_intruders"] is None


def test_a_cosine_of_either_sign_counts():
    basis = np.eye(6)
    assert count_intruders(-basis[:, :3], basis, COSINE) == 0
    assert count_intruders(np.full((6, 1), 6**-0.5), basis, COSINE) == 1
    assert count_intruders(basis[:, :2], basis[:, 3:], COSINE) == 2
