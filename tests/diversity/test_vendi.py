"""Vendi scores: against the published package, by hand, and whatever the order of the images."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
from vendi_score import vendi

from tests.helpers.driving import ROOT, slowness
from weightscape.diversity.subsample import interval, subsamples
from weightscape.diversity.vendi import similarity_eigenvalues, vendi_score
from weightscape.diversity.weighted import class_likeness, paired_likeness


def some(n, d, seed=0):
    return np.random.default_rng(seed).normal(1, 1, (n, d))


def test_scores_by_hand():
    one, two, _ = np.eye(3)
    assert vendi_score(np.array([one, one, one])) == pytest.approx(1)
    assert vendi_score(np.eye(3)) == pytest.approx(3)
    # Lengths do not matter, and eigenvalues are 2/3 and 1/3.
    assert vendi_score(np.array([one, 5 * one, two])) == pytest.approx(
        (3 / 2) ** (2 / 3) * 3 ** (1 / 3)
    )
    assert vendi_score(np.array([one, -one])) == pytest.approx(1)
    half = np.array([1, 1, 0]) / np.sqrt(2)
    shares = (1 + np.array([1, -1]) / np.sqrt(2)) / 2
    assert vendi_score(np.array([one, half])) == pytest.approx(np.prod(shares**-shares))


@pytest.mark.filterwarnings("ignore:Please import `csr_matrix`:DeprecationWarning")
@pytest.mark.parametrize("shape", [(7, 30), (30, 7), (20, 20), (1, 5), (5, 1)])
@pytest.mark.parametrize("order", [1, 0.5, 2, np.inf])
def test_scores_are_those_of_the_package(shape, order):
    features = some(*shape)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    known = vendi.score_K(unit @ unit.T, q="inf" if order == np.inf else order)
    # Rounding leaves the package eigenvalues that are zero: at small orders they count.
    rank = {0.5: 1e-6}.get(order, 1e-9)
    assert vendi_score(features, order) == pytest.approx(known, rel=rank)
    if order == 1:
        assert vendi_score(features) == pytest.approx(vendi.score_dual(features), rel=1e-9)


def test_order_0_counts_dimensions():
    features = np.repeat(some(4, 9), 5, axis=0)
    assert vendi_score(features, 0) == pytest.approx(4)
    assert vendi_score(features.T, 0) == pytest.approx(4)


def test_both_forms_and_any_blocks_agree(monkeypatch):
    features = some(40, 40).astype(np.float32)
    wide, tall = np.hstack([features, np.zeros((40, 3))]), features
    known = vendi_score(tall)
    assert vendi_score(wide) == pytest.approx(known, rel=1e-12)
    monkeypatch.setattr("weightscape.diversity.vendi.BLOCK", 70)
    assert vendi_score(tall) == pytest.approx(known, rel=1e-12)
    assert vendi_score(wide) == pytest.approx(known, rel=1e-12)


def test_the_order_of_the_images_does_not_matter():
    features = some(50, 12)
    shuffled = np.random.default_rng(1).permutation(features)
    assert vendi_score(shuffled) == pytest.approx(vendi_score(features), rel=1e-12)


def test_rows_of_zeros_are_a_kind_of_their_own():
    features = np.array([[1, 0], [0, 0], [0, 0], [3, 0]], np.uint8)
    assert vendi_score(features) == pytest.approx(2)
    assert vendi_score(np.zeros((4, 3))) == pytest.approx(1)
    assert similarity_eigenvalues(some(9, 4)).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("features", "order", "complaint"),
    [
        (np.zeros((0, 3)), 1, r"\(0, 3\)"),
        (np.zeros((3, 0)), 1, r"\(3, 0\)"),
        (np.zeros(3), 1, r"\(3,\)"),
        (np.array([[1.0, np.nan]]), 1, "finite"),
        (np.array([[1.0, np.inf]]), 1, "finite"),
        (np.ones((2, 2)), -1, "order"),
        (np.ones((2, 2)), np.nan, "order"),
    ],
)
def test_what_has_no_score_is_refused(features, order, complaint):
    with pytest.raises(ValueError, match=complaint):
        vendi_score(features, order)


# Weighted scores


def test_the_published_likeness_pairs_rows_by_their_order():
    one, two = some(5, 3), some(8, 3, seed=1)
    known = (one * two[:5]).sum() / (np.linalg.norm(one) * np.linalg.norm(two[:5]))
    assert paired_likeness(one, two) == pytest.approx(known)
    assert paired_likeness(two, one) == pytest.approx(known)
    assert paired_likeness(one, 3 * one) == pytest.approx(1)
    assert paired_likeness(one, two[::-1]) != pytest.approx(known)
    assert np.isnan(paired_likeness(one, two[:0]))
    assert np.isnan(paired_likeness(one, 0 * two))


def test_the_invariant_likeness_is_the_published_one_over_all_pairings_within_classes():
    one, two = some(5, 3), some(5, 3, seed=1)
    labels = np.array([0, 0, 0, 1, 1])
    pairings = [
        [*first, *second]
        for first in itertools.permutations(range(3))
        for second in itertools.permutations([3, 4])
    ]
    known = np.mean([paired_likeness(one, two[order]) for order in pairings])
    assert class_likeness(one, labels, two, labels) == pytest.approx(known)


def test_the_invariant_likeness_depends_on_no_order():
    one, two = some(30, 4), some(44, 4, seed=1)
    labels, others = np.arange(30) % 3, np.arange(44) % 3
    known = class_likeness(one, labels, two, others)
    rng = np.random.default_rng(2)
    p, q, classes = rng.permutation(30), rng.permutation(44), np.array([2, 0, 1])
    assert class_likeness(one[p], labels[p], two[q], others[q]) == pytest.approx(known)
    assert class_likeness(one, classes[labels], two, classes[others]) == pytest.approx(known)
    assert paired_likeness(one[p], two[q]) != pytest.approx(paired_likeness(one, two))


def test_classes_that_one_set_lacks_are_left_out():
    one, two = some(6, 4), some(6, 4, seed=1)
    labels = np.array([0, 0, 0, 1, 1, 1])
    known = class_likeness(one[:3], labels[:3], two[:3], labels[:3])
    assert class_likeness(one, labels, two[:3], labels[:3]) == pytest.approx(known)
    assert np.isnan(class_likeness(one[:3], labels[:3], two[3:], labels[3:]))


# Subsamples


def test_subsamples_are_drawn_without_replacement():
    drawn = list(subsamples(10, 4, 50, seed=1))
    assert len(drawn) == 50
    assert all(len(set(part.tolist())) == 4 for part in drawn)
    assert set(np.concatenate(drawn).tolist()) == set(range(10))
    assert all(
        np.array_equal(a, b) for a, b in zip(drawn, subsamples(10, 4, 50, seed=1), strict=True)
    )
    assert list(subsamples(3, 4, 50, seed=1)) == []
    assert [sorted(part) for part in subsamples(4, 4, 2, seed=1)] == [[0, 1, 2, 3]] * 2


def test_intervals_by_hand():
    values = np.arange(41.0)
    assert interval(values, 100, 50) == pytest.approx((20, 1, 39))
    assert interval(values, 100, 20) == pytest.approx((20, 10.5, 29.5))
    assert interval(values, 50, 50) == pytest.approx((20, np.nan, np.nan), nan_ok=True)
    assert interval(values[:1], 100, 50) == pytest.approx((0, np.nan, np.nan), nan_ok=True)
    assert np.isnan(interval([], 100, 50)).all()


@pytest.mark.parametrize("size", [20, 40, 75])
def test_intervals_cover_the_expected_score_of_fresh_images(size):
    rng = np.random.default_rng(0)

    def images(n):
        # A mixture, so that sets differ in how many of the rare kind they have.
        rare = rng.random(n) < 0.1
        return np.where(rare[:, None], rng.normal(0, 1, (n, 6)), rng.normal(1.5, 0.6, (n, 6)))

    truth = np.mean([vendi_score(images(size)) for _ in range(3000)])
    covered = 0
    for repeat in range(200):
        features = images(100)
        scores = [vendi_score(features[part]) for part in subsamples(100, size, 60, repeat)]
        found = interval(scores, 100, size)
        covered += found.low <= truth <= found.high
    assert 0.87 <= covered / 200 <= 0.99


# Speed

MEASURE = r"""
import re, time
from pathlib import Path
import numpy as np
from threadpoolctl import threadpool_limits
from weightscape.diversity.vendi import vendi_score
features = np.random.default_rng(0).standard_normal((20_000, 512), np.float32)
with threadpool_limits(2):
    start = time.process_time()
    score = vendi_score(features)
    print(time.process_time() - start)
# The kernel's high-water mark; getrusage would count the parent's memory in as well.
peak = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
print(peak / 2**20, score)
"""


def test_twenty_thousand_embeddings_take_seconds_and_little_memory():
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seconds, gigabytes, score = map(float, done.stdout.split())
    # Processor time over both cores: the clock shows no more, and not what else the machine does.
    assert seconds <= 3 * slowness()
    assert gigabytes <= 1
    assert 500 < score < 512
