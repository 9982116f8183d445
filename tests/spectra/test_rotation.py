"""Rotation of leading singular vectors against numpy's SVD and scipy's principal angles."""

import numpy as np
import pytest
from scipy import linalg, stats

from weightscape.config.spectra import CHEAP, Spectra
from weightscape.spectra.analyse import analyse
from weightscape.spectra.change import Start
from weightscape.spectra.metrics_rotation import ROTATION
from weightscape.spectra.rotation import expect_rotation, find_rotation
from weightscape.spectra.vectors import leading_vectors

ONLY = CHEAP.model_copy(update={"rotation": True})
OF_VECTORS = [metric.name for metric in ROTATION if metric.is_number]


def compared(values, start, layer_type="Linear", options=ONLY):
    return analyse(values, layer_type, options, start=Start(start))


def with_values(singular, shape, seed=0):
    """Return a matrix (1, rows, cols) with these singular values, and its vectors."""
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.normal(size=(n, len(singular))))[0] for n in shape)
    return (left * singular @ right.T)[np.newaxis], left, right


def turned(basis, i, j, angle):
    """Return the basis with its vectors i and j turned towards one another by a Givens rotation."""
    found = basis.copy()
    cosine, sine = np.cos(angle), np.sin(angle)
    found[:, i] = cosine * basis[:, i] + sine * basis[:, j]
    found[:, j] = cosine * basis[:, j] - sine * basis[:, i]
    return found


@pytest.mark.parametrize("shape", [(30, 50), (50, 30), (40, 40), (12, 90)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rotation_and_overlap_are_those_of_the_svd(shape, dtype):
    rng = np.random.default_rng(2)
    start = with_values(np.geomspace(30, 1, min(shape)), shape)[0].astype(dtype)
    values = (start + 0.3 * rng.normal(size=(1, *shape))).astype(dtype)
    analysis = compared(values, start)
    svds = [np.linalg.svd(each[0].astype(float)) for each in (values, start)]
    for side, bases in (("left", [u for u, _, _ in svds]), ("right", [v.T for _, _, v in svds])):
        for k in (1, 5, 10):
            angles = linalg.subspace_angles(*(basis[:, :k] for basis in bases))
            found = analysis.columns[f"rotation_{side}_{k}"]
            assert found == pytest.approx(np.mean(np.sin(angles) ** 2), rel=1e-5, abs=1e-12)
        cosines = np.abs(np.sum(bases[0][:, :10] * bases[1][:, :10], axis=0))
        np.testing.assert_allclose(analysis.overlaps[f"overlap_{side}"], cosines, rtol=1e-5)
        assert analysis.columns[f"overlap_{side}"] == pytest.approx(cosines.mean(), rel=1e-5)
    assert (analysis.columns["status"], analysis.columns["vectors_reason"]) == ("ok", "")


@pytest.mark.parametrize("angle", [1e-6, 0.01, 0.5, np.pi / 2])
def test_a_planted_rotation_is_found(angle):
    singular = np.linspace(20, 5, 16)
    start, left, right = with_values(singular, (24, 36))
    # Directions 2 and 13 turn into one another on the left, 5 and 8 on the right.
    values = (turned(left, 1, 12, angle) * singular @ turned(right, 4, 7, angle).T)[np.newaxis]
    found = compared(values, start)
    sine, cosine = np.sin(angle) ** 2, np.cos(angle)
    expected = {"left_1": 0, "left_5": sine / 5, "left_10": sine / 10,
                "right_1": 0, "right_5": sine / 5, "right_10": 0}  # fmt: skip
    for name, value in expected.items():
        assert found.columns[f"rotation_{name}"] == pytest.approx(value, rel=1e-6, abs=1e-20)
    left_overlaps, right_overlaps = np.ones(10), np.ones(10)
    left_overlaps[1] = right_overlaps[[4, 7]] = cosine
    for side, overlaps in (("left", left_overlaps), ("right", right_overlaps)):
        np.testing.assert_allclose(found.overlaps[f"overlap_{side}"], overlaps, atol=1e-9)


@pytest.mark.parametrize(("n", "k"), [(12, 1), (30, 5), (30, 10), (64, 10)])
def test_chance_is_the_mean_over_random_orthogonal_matrices(n, k):
    fixed = np.eye(n)[:, :k]
    draws = stats.ortho_group.rvs(n, 400, random_state=0)
    found = np.array([find_rotation(draw[:, :k], fixed) for draw in draws])
    error = found.std() / np.sqrt(found.size)
    assert abs(found.mean() - expect_rotation(n, k)) < 4 * error


def test_chance_is_that_of_each_side():
    rng = np.random.default_rng(0)
    columns = compared(*rng.normal(size=(2, 1, 16, 48))).columns
    for side, n in (("left", 16), ("right", 48)):
        for k in (1, 5, 10):
            assert columns[f"rotation_chance_{side}_{k}"] == pytest.approx(1 - k / n)


def test_what_has_not_moved_has_not_turned():
    start = np.random.default_rng(1).normal(size=(1, 40, 25)).astype(np.float32)
    for values in (start, start * np.float32(-4)):
        columns = compared(values, start).columns
        assert all(0 <= columns[f"rotation_left_{k}"] < 1e-20 for k in (1, 5, 10))
        assert columns["overlap_right"] == pytest.approx(1, abs=1e-12)


def test_of_equal_values_the_subspace_is_compared_alone():
    singular = np.array([9, 9, 9, 7, 6, 5.5, 5, 4.5, 4, 3, 2, 1])
    start, left, right = with_values(singular, (20, 30))
    mixed = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    other = left.copy()
    other[:, :3] = left[:, :3] @ mixed
    # Another basis of the first three on both sides is the same matrix.
    both = right.copy()
    both[:, :3] = right[:, :3] @ mixed
    found = compared((other * singular @ both.T)[np.newaxis], start)
    assert found.columns["rotation_left_1"] is found.columns["rotation_right_1"] is None
    assert found.columns["rotation_chance_left_1"] == pytest.approx(0.95)
    assert found.columns["rotation_left_5"] < 1e-20
    assert found.columns["vectors_reason"] == (
        "1: singular values 1 and 2 of the fine-tuned matrix are within 0.1%"
    )
    assert found.overlaps["overlap_left"][:3] == [None] * 3
    np.testing.assert_allclose(found.overlaps["overlap_left"][3:], 1)
    assert found.columns["overlap_left"] == pytest.approx(1)


@pytest.mark.parametrize(("which", "index"), [("fine-tuned", 0), ("initial", 1)])
def test_nearly_equal_values_in_one_of_the_two_are_enough(which, index):
    apart, near = np.linspace(9, 1, 12), np.linspace(9, 1, 12)
    near[5] = near[4] * (1 - 5e-4)
    pair = [with_values(apart, (20, 30))[0], with_values(apart, (20, 30))[0]]
    pair[index] = with_values(near, (20, 30))[0]
    found = compared(*pair)
    assert found.columns["rotation_right_5"] is None
    assert found.columns["rotation_right_10"] < 1e-12
    assert found.columns["vectors_reason"] == (
        f"5: singular values 5 and 6 of the {which} matrix are within 0.1%"
    )
    assert [v is None for v in found.overlaps["overlap_left"]] == [i in (4, 5) for i in range(10)]


def test_an_orthogonal_matrix_has_no_directions():
    start = linalg.qr(np.random.default_rng(0).normal(size=(16, 16)))[0][np.newaxis]
    found = compared(start, start)
    assert all(found.columns[f"rotation_left_{k}"] is None for k in (1, 5, 10))
    assert found.columns["overlap_left"] is None
    assert "overlap: no singular value is apart" in found.columns["vectors_reason"]
    assert found.columns["status"] == "partial"  # of its spectrum, which is one value


@pytest.mark.parametrize(
    ("shape", "rank", "given", "reason"),
    [
        # Of two outputs the five leading directions are not there.
        ((2, 40), 2, {"left_1", "right_1"}, "5, 10: the fine-tuned matrix has 2 directions"),
        ((10, 40), 10, {"left_1", "left_5", "right_1", "right_5", "right_10"},
         "left 10: it is the whole space"),
        ((30, 40), 7, {"left_1", "left_5", "right_1", "right_5"},
         "10: the fine-tuned matrix has 7 directions"),
        ((1, 40), 1, {"right_1"}, "left 1: it is the whole space; 5, 10: "),
    ],
)  # fmt: skip
def test_fewer_directions_than_asked_for(shape, rank, given, reason):
    singular = np.linspace(9, 3, rank)
    found = compared(with_values(singular, shape)[0], with_values(singular, shape, 1)[0]).columns
    assert {
        f"{side}_{k}"
        for side in ("left", "right")
        for k in (1, 5, 10)
        if found[f"rotation_{side}_{k}"] is not None
    } == given
    assert reason in found["vectors_reason"]


def test_what_cannot_be_compared_says_why():
    values = np.random.default_rng(0).normal(size=(1, 20, 30))
    broken = values.copy()
    broken[0, 3, 4] = np.nan
    slices = np.random.default_rng(1).normal(size=(9, 16, 12))
    for pair, kind, reason in (
        ((values, values[:, :10]), "Linear", "of the initial layer, it has the shape (1, 10, 30)"),
        ((values, broken), "Linear", "of the initial layer, an entry is not finite"),
        ((slices, slices), "Conv2d", "several slices have no singular vectors in common"),
        ((slices, slices), "GroupedConv2d", "several slices have no singular vectors in common"),
        ((values, 0 * values), "Linear", "all entries of one of the matrices are zero"),
        ((0 * values, values), "Linear", "all entries of one of the matrices are zero"),
    ):
        columns = compared(*pair, kind).columns
        assert columns["vectors_reason"] == reason
        assert all(columns[name] is None for name in OF_VECTORS), reason


def test_vectors_are_compared_by_default_where_there_is_a_start_alone():
    values = np.random.default_rng(0).normal(size=(1, 12, 20))
    assert Spectra().rotation and not CHEAP.rotation
    for options, start in ((CHEAP, Start(values)), (ONLY, None)):
        found = analyse(values, "Linear", options, start=start)
        assert all(found.columns[name] is None for name in (*OF_VECTORS, "vectors_reason"))
        assert found.overlaps == {}


@pytest.mark.parametrize("shape", [(20, 30), (30, 20)])
def test_all_vectors_are_those_of_the_svd(shape):
    values = np.random.default_rng(4).normal(size=shape)
    left, _, right = np.linalg.svd(values, full_matrices=False)
    for k in (3, 20, 50):
        found = leading_vectors(values, k)
        np.testing.assert_allclose(np.abs(np.sum(found.left * left[:, :k], axis=0)), 1, rtol=1e-9)
        np.testing.assert_allclose(np.abs(np.sum(found.right * right[:k].T, axis=0)), 1, rtol=1e-9)


@pytest.mark.parametrize("k", [3, 20])
def test_torch_finds_the_same_vectors(k):
    """On a CPU here; on a GPU the same calls run."""
    values = np.random.default_rng(5).normal(size=(20, 34))
    found, expected = leading_vectors(values, k, "cpu:0"), leading_vectors(values, k)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.abs(np.sum(one * other, axis=0)), 1, rtol=1e-9)
