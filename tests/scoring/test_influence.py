"""What test images add to scores: against formulas, brute force and repeated draws."""

import numpy as np
import pyarrow as pa
import pytest

from weightscape.config.run import RunId
from weightscape.network.predictions import table_of
from weightscape.scoring.calibration import (
    calibration_error,
    find_mass_edges,
    in_bins,
    predict_classes,
    score,
    squared_calibration_error,
)
from weightscape.scoring.influence import (
    GROUPS,
    find_influences,
    group_images,
    jackknife_groups,
)
from weightscape.scoring.leave_out import score_without
from weightscape.scoring.metrics import METRICS
from weightscape.scoring.score_run import influence_rows, score_rows
from weightscape.tables import predictions
from weightscape.tables.table import from_rows

RUN = RunId("d", "b", "c", 1)


def forecasts(classes=3, n=120, seed=0, skill=1.5):
    """Return logits, better than chance, and labels of classes of unequal size."""
    rng = np.random.default_rng(seed)
    shares = np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()
    labels = rng.choice(classes, n, p=shares)
    logits = 1.5 * rng.normal(size=(n, classes))
    logits[np.arange(n), labels] += skill
    return logits, labels


def alone(n):
    return np.arange(n)


def variances(logits, labels, groups):
    found = find_influences(logits, labels, groups)
    return {name: float((each.values**2).sum()) for name, each in found.items()}


# Without each group.


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_scores_without_a_group_are_those_of_the_others(classes, kind):
    logits, labels = forecasts(classes, 90)
    logits = logits.astype(kind)
    logits[:20] = np.round(logits[:20])  # ties
    groups = np.random.default_rng(1).integers(0, 12, len(labels))
    groups[groups == 7] = 8  # a group without images
    found = score_without(logits, labels, groups, 13)
    _, confidence, right = predict_classes(logits, labels)
    edges = find_mass_edges(confidence)
    for group in range(13):
        left = groups != group
        expected = score(logits[left], labels[left])
        # Bins of equal counts keep the edges that they have with all.
        bins = in_bins(confidence[left], right[left], edges)
        expected["ece_equal_mass"] = calibration_error(bins)
        expected["ece_debiased"] = squared_calibration_error(bins)
        for name, value in expected.items():
            assert found[name][group] == pytest.approx(value, abs=1e-12), (name, group)
    everything = score(logits, labels)
    for name, value in everything.items():
        assert found[name][7] == pytest.approx(value, abs=1e-12), name


def test_all_scores_have_influences():
    found = find_influences(*forecasts(), alone(120))
    assert list(found) == [metric.name for metric in METRICS]
    assert all(len(each.values) == 120 and not each.reason for each in found.values())


# The variance that they add up to.


def test_of_a_mean_over_single_images_it_is_s_squared_over_n():
    logits, labels = forecasts(n=150)
    found = variances(logits, labels, alone(150))
    exact = logits - logits.max(axis=1, keepdims=True)
    log_p = exact - np.log(np.exp(exact).sum(axis=1, keepdims=True))
    each = {
        "accuracy": (logits.argmax(axis=1) == labels).astype(float),
        "nll": -log_p[np.arange(150), labels],
        "brier": ((np.exp(log_p) - np.eye(3)[labels]) ** 2).sum(axis=1),
    }
    for name, x in each.items():
        assert found[name] == pytest.approx(x.var(ddof=1) / 150, rel=1e-9), name


def delong(scores, positive):
    """Return the variance of the area under the curve (DeLong et al. 1988, doi:10.2307/2531595)."""
    wins = (scores[positive][:, None] > scores[~positive]) + 0.5 * (
        scores[positive][:, None] == scores[~positive]
    )
    return (
        wins.mean(axis=1).var(ddof=1) / positive.sum()
        + wins.mean(axis=0).var(ddof=1) / (~positive).sum()
    )


@pytest.mark.parametrize("n", [100, 200])
def test_of_auroc_it_is_delongs(n):
    logits, labels = forecasts(2, n)
    logits = np.round(logits, 1)  # ties
    found = variances(logits, labels, alone(n))["auroc"]
    expected = delong(logits[:, 1] - logits[:, 0], labels == 1)
    assert found == pytest.approx(expected, rel=3 / n)


def test_of_balanced_accuracy_it_is_the_stratified_one():
    logits, labels = forecasts(3, 200)
    right = logits.argmax(axis=1) == labels
    expected = sum(right[labels == k].var(ddof=1) / (labels == k).sum() for k in range(3)) / 9
    found = variances(logits, labels, alone(200))["balanced_accuracy"]
    assert found == pytest.approx(expected, rel=2 / min(np.bincount(labels)))


def test_groups_of_unequal_size_by_their_pseudo_values():
    rng = np.random.default_rng(0)
    x, groups = rng.normal(size=50), rng.integers(0, 8, 50)
    sizes = np.bincount(groups)
    without = np.array([np.median(x[groups != k]) for k in range(8)])
    h = 50 / sizes
    pseudo = h * np.median(x) - (h - 1) * without
    centre = 8 * np.median(x) - ((1 - 1 / h) * without).sum()
    expected = ((pseudo - centre) ** 2 / (h - 1)).mean()
    found = jackknife_groups(np.median(x), without, sizes)
    assert (found**2).sum() == pytest.approx(expected)
    # A group without images adds nothing.
    more = jackknife_groups(np.median(x), np.append(without, np.median(x)), np.append(sizes, 0))
    np.testing.assert_allclose(more, np.append(found, 0))


SMOOTH = ("accuracy", "balanced_accuracy", "auroc", "nll", "brier")


@pytest.mark.parametrize("n", [180, 500])
def test_they_are_how_scores_vary_over_test_sets(n):
    draws = [forecasts(3, n, seed) for seed in range(400)]
    groups = group_images(n)
    scores = [score(*draw) for draw in draws]
    found = [variances(*draw, groups) for draw in draws[:100]]
    for name in (*SMOOTH, "ece", "ece_equal_mass", "ece_debiased"):
        # The variance of 400 draws is known to 7 %.
        expected = np.var([each[name] for each in scores], ddof=1)
        ratio = np.mean([each[name] for each in found]) / expected
        # Where a bin is about as calibrated as chance can tell, its gap varies less than it seems.
        assert 0.78 < ratio < (1.22 if name in SMOOTH else 2.5), name


# Groups.


def test_groups_are_a_function_of_the_number_of_images_alone():
    np.testing.assert_array_equal(group_images(GROUPS), np.arange(GROUPS))
    for n in (201, 360, 5000):
        groups = group_images(n)
        sizes = np.bincount(groups)
        assert (len(sizes), len(groups)) == (GROUPS, n)
        assert sizes.max() - sizes.min() <= 1
        np.testing.assert_array_equal(groups, group_images(n))


def test_images_sorted_by_class_are_as_uncertain_as_others():
    labels = np.repeat(np.arange(10), 200)
    # Half of the classes are always wrong: nearly all variance is of the classes' shares.
    right = labels < 5
    logits = np.eye(10)[np.where(right, labels, (labels + 1) % 10)] * 5
    found = variances(logits, labels, group_images(2000))["accuracy"]
    assert found == pytest.approx(right.var(ddof=1) / 2000, rel=0.3)


# Which images.


def table(*parts):
    """Return predictions on test sets, given by key, logits and labels."""
    return pa.concat_tables(
        table_of(RUN, key, labels, np.asarray(logits, np.float32)) for key, logits, labels in parts
    )


def rows_of(found, **key):
    rows = found.to_pandas()
    for name, value in key.items():
        rows = rows[rows[name] == value]
    return rows.set_index("metric")


def test_corruptions_share_the_images_and_a_shift_of_its_own_has_others():
    logits, labels = forecasts(n=250)
    logits = np.round(logits, 1).astype(np.float16).astype(float)
    own = forecasts(n=240, seed=5)
    several = np.concatenate([logits, -logits]), np.tile(labels, 2)
    found = influence_rows(
        table(
            (("val", "none", 0), *own),
            (("test", "none", 0), logits, labels),
            (("test", "blur", 3), logits, labels),
            (("test", "printed", 1), *own),
            (("test", "published", 1), *several),
        )
    )
    names = found.to_pandas().groupby("shift", sort=False)["images"].unique()
    assert {shift: list(each) for shift, each in names.items()} == {
        "none": ["val", "test"],
        "blur": ["test"],
        "printed": ["test/printed"],
        "published": ["test"],
    }
    # The same logits: the same influences.
    plain, blur = (rows_of(found, test_set="test", shift=s)["influences"] for s in ("none", "blur"))
    np.testing.assert_allclose(blur["auroc"], plain["auroc"], atol=1e-6)
    # What is right on an image is wrong on its other corruption: together they hardly vary.
    both = rows_of(found, shift="published")["influences"]["nll"]
    groups = group_images(250)
    nll = [
        -np.log(np.exp(part)[np.arange(250), labels] / np.exp(part).sum(axis=1))
        for part in (logits.astype(np.float16).astype(float), -logits.astype(np.float16))
    ]
    sizes = np.bincount(groups)
    mean = np.mean(nll, axis=0)
    without = [mean[groups != k].mean() for k in range(GROUPS)]
    np.testing.assert_allclose(
        both, jackknife_groups(mean.mean(), np.array(without), sizes), atol=2e-5
    )


def test_the_order_of_the_rows_does_not_matter():
    logits, labels = forecasts(n=300)
    given = table((("test", "none", 0), logits, labels))
    shuffled = given.take(np.random.default_rng(0).permutation(300))
    one, other = influence_rows(given), influence_rows(shuffled)
    for first, second in zip(one["influences"].to_pylist(), other["influences"].to_pylist(),
                             strict=True):  # fmt: skip
        np.testing.assert_allclose(first, second, atol=1e-7)


# Too few images.


def test_one_image_of_a_class_cannot_be_left_out():
    logits, labels = forecasts(3, 60)
    labels[:] = labels % 2
    labels[7] = 2
    found = rows_of(influence_rows(table((("test", "none", 0), logits, labels))))
    of_classes = ["balanced_accuracy", "auroc", "worst_class_accuracy", "class_accuracy_gap"]
    why = "too few images of 1 of 3 classes (2) to leave any out"
    assert set(found.index[found["reason"] == why]) == set(of_classes)
    assert found["influences"][of_classes].map(len).eq(0).all()
    rest = found.drop(of_classes)
    assert rest["influences"].map(len).eq(60).all() and rest["reason"].eq("").all()


def test_one_image_of_every_class():
    labels = np.arange(4)
    found = rows_of(influence_rows(table((("test", "none", 0), np.eye(4)[[0, 1, 2, 2]], labels))))
    assert (
        found["reason"]["auroc"] == "too few images of 4 of 4 classes (0, 1, 2, 3) to leave any out"
    )
    assert len(found["influences"]["accuracy"]) == 4


def test_a_single_image_and_an_absent_class():
    found = rows_of(influence_rows(table((("test", "none", 0), [[1.0, 0]], np.array([0])))))
    assert set(found["reason"]) == {"one image: it cannot be left out"}
    logits, labels = forecasts(3, 60)
    labels = labels % 2
    found = rows_of(influence_rows(table((("test", "none", 0), logits, labels))))
    assert found["reason"]["auroc"] == "the score is missing"
    assert len(found["influences"]["balanced_accuracy"]) == 60


def test_a_run_that_failed_has_no_rows():
    nothing = from_rows([], predictions.SCHEMA)
    assert len(influence_rows(nothing)) == len(score_rows(nothing)) == 0
