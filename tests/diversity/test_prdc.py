"""Precision, recall, density and coverage: against the published package, and by hand."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from prdc import compute_prdc

from weightscape.diversity.distances import squared_distances, squared_nearest, squared_radii
from weightscape.diversity.prdc import measure_fidelity

ROOT = Path(__file__).parents[2]


def some(n, d=6, shift=0.0, seed=0):
    return np.random.default_rng(seed).normal(shift, 1, (n, d))


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize(("n", "m", "shift"), [(60, 60, 0.0), (40, 90, 0.7), (90, 30, 2.0)])
def test_it_is_the_package(n, m, shift, k):
    real, images = some(n), some(m, shift=shift, seed=1)
    known = compute_prdc(real, images, nearest_k=k)
    assert measure_fidelity(real, images, k)._asdict() == pytest.approx(known)
    assert measure_fidelity(real, images, k, squared_radii(real, k))._asdict() == pytest.approx(
        known
    )


def test_duplicates_and_whole_numbers_are_as_in_the_package():
    rng = np.random.default_rng(0)
    real, images = (rng.integers(0, 3, (80, 4), np.uint8) for _ in range(2))
    known = compute_prdc(real.astype(float), images.astype(float), nearest_k=3)
    assert measure_fidelity(real, images, 3)._asdict() == pytest.approx(known)


def test_by_hand():
    real = np.array([[0.0], [1.0], [2.0], [10.0]])  # reach 1, 1, 1 and 8 with one neighbour
    images = np.array([[0.5], [1.5], [30.0]])  # reach 1, 1 and 28.5
    found = measure_fidelity(real, images, k=1)
    assert found.precision == pytest.approx(2 / 3)
    assert found.density == pytest.approx((2 + 2 + 0) / 3)
    assert found.recall == pytest.approx(1)
    assert found.coverage == pytest.approx(3 / 4)
    # The border of a reach does not belong to it: 8.5 is further from 10 than 2 is.
    assert measure_fidelity(np.array([[0.0], [1.0]]), np.array([[2.0], [4.0]]), k=1).precision == 0


def test_it_tells_copies_blur_and_collapse_apart():
    real = some(300)
    copies = measure_fidelity(real, real)
    assert copies == pytest.approx((1, 1, copies.density, 1))
    wide = measure_fidelity(real, 3 * some(300, seed=1))
    narrow = measure_fidelity(real, 0.3 * some(300, seed=1))
    assert wide.precision < 0.5 < narrow.precision
    assert narrow.recall < 0.3 < wide.recall
    assert narrow.density > 1 > wide.density
    assert narrow.coverage < 0.7


@pytest.mark.parametrize("sizes", [(5, 20), (20, 5)])
def test_too_few_images_are_refused(sizes):
    with pytest.raises(ValueError, match="5 images do not have 5 neighbours"):
        measure_fidelity(*(some(n) for n in sizes), k=5)


def test_blocks_change_nothing(monkeypatch):
    one, two = some(37), some(53, seed=1)
    known = measure_fidelity(one, two, 3), squared_radii(one, 3), squared_nearest(one, two)
    monkeypatch.setattr("weightscape.diversity.distances.ROWS", 7)
    monkeypatch.setattr("weightscape.diversity.distances.BLOCK", 200)
    assert measure_fidelity(one, two, 3) == known[0]
    np.testing.assert_allclose(squared_radii(one, 3), known[1], rtol=1e-12)
    np.testing.assert_allclose(squared_nearest(one, two), known[2], rtol=1e-12)
    parts = [part for part, _ in squared_distances(one, two)]
    assert len(parts) == 13  # three rows of 53 distances are the most that stay below 200


def test_distances_of_pixels_are_exact():
    rng = np.random.default_rng(0)
    one, two = (rng.integers(0, 256, (30, 500), np.uint8) for _ in range(2))
    known = ((one[:, None].astype(int) - two) ** 2).sum(2)
    ((_, found),) = squared_distances(one, two)
    assert np.array_equal(found, known)
    assert np.array_equal(squared_nearest(one, one), np.zeros(30))


MEASURE = """
import resource
import numpy as np
from weightscape.diversity.prdc import measure_fidelity
rng = np.random.default_rng(0)
real, images = (rng.standard_normal((6_000, 64), np.float32) for _ in range(2))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
measure_fidelity(real, images)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10)
"""


def test_memory_is_bounded():
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    # All distances at once would be 275 MiB three times over.
    assert float(done.stdout) < 260
