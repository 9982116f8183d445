"""Scores of predictions, by hand and against scikit-learn."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, log_loss

from weightscape.scoring.calibration import calibration_bins, calibration_error, in_bins, score
from weightscape.scoring.score_run import calibration_rows, score_rows
from weightscape.tables import predictions
from weightscape.tables.table import from_arrays


def test_scores_are_scikit_learns():
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(500, 4)), rng.integers(0, 4, 500)
    found, probabilities = score(logits, labels), softmax(logits, axis=1)
    assert found["accuracy"] == accuracy_score(labels, logits.argmax(1))
    assert found["nll"] == pytest.approx(log_loss(labels, probabilities))
    one_hot = np.eye(4)[labels]
    assert found["brier"] == pytest.approx(((probabilities - one_hot) ** 2).sum(1).mean())
    each = [(logits.argmax(1) == labels)[labels == k].mean() for k in range(4)]
    assert found["worst_class_accuracy"] == min(each)


def test_calibration_error_by_hand():
    # Two bins: .3 and .5 with one of two right, .9 with one right.
    bins = in_bins(np.array([0.3, 0.5, 0.9]), np.array([True, False, True]), np.array([0, 0.5, 1]))
    assert [values.tolist() for values in bins] == [[2, 1], [0.4, 0.9], [0.5, 1]]
    assert calibration_error(bins) == pytest.approx((2 * abs(0.5 - 0.4) + abs(1 - 0.9)) / 3)


def test_a_calibrated_forecast_has_a_small_error_and_an_overconfident_one_a_large():
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(20_000, 3))
    probabilities = softmax(logits, axis=1)
    labels = (probabilities.cumsum(1) > rng.random((len(logits), 1))).argmax(1)
    honest, bold = score(logits, labels), score(5 * logits, labels)
    for name in ("ece", "ece_equal_mass"):
        assert honest[name] < 0.02
        assert bold[name] > 0.2


def debiased(confidence, right, bins=15):
    """Return the squared error of Kumar et al. 2019, arXiv:1909.10155, bin by bin."""
    order = np.argsort(confidence, kind="stable")
    edges = np.quantile(confidence, np.arange(1, bins) / bins)
    total = 0.0
    for k in range(bins):
        inside = [i for i in order if (edges < confidence[i]).sum() == k]
        if len(inside) < 2:
            continue
        share = sum(right[i] for i in inside) / len(inside)
        gap = sum(confidence[i] for i in inside) / len(inside) - share
        total += len(inside) * (gap**2 - share * (1 - share) / (len(inside) - 1))
    return total / len(confidence)


@pytest.mark.parametrize("n", [1, 10, 25, 200])
def test_the_debiased_error_is_that_of_another_implementation(n):
    rng = np.random.default_rng(n)
    logits, labels = np.round(2 * rng.normal(size=(n, 3)), 1), rng.integers(0, 3, n)
    confidence, right = softmax(logits, axis=1).max(axis=1), logits.argmax(axis=1) == labels
    assert score(logits, labels)["ece_debiased"] == pytest.approx(debiased(confidence, right))


def test_a_calibrated_network_scores_zero_on_average_and_another_what_it_is_off_by():
    rng = np.random.default_rng(0)
    found = {1.0: [], 2.0: []}
    plain, gaps = [], []
    for _ in range(1500):
        logits = 2 * rng.normal(size=(360, 4))
        probabilities = softmax(logits, axis=1)
        labels = (probabilities.cumsum(axis=1) > rng.random((360, 1))).argmax(axis=1)
        for factor, scores in found.items():
            scores.append(score(factor * logits, labels)["ece_debiased"])
        plain.append(score(logits, labels)["ece"])
        # The true accuracy given the confidence is that of the honest logits.
        bold = softmax(2 * logits, axis=1).max(axis=1)
        gaps.append(((bold - probabilities.max(axis=1)) ** 2).mean())
    honest, bold = (np.array(scores) for scores in found.values())
    assert abs(honest.mean()) < 3 * honest.std() / np.sqrt(len(honest))
    assert (honest < 0).any()
    assert np.mean(plain) > 0.015
    # In bins of equal counts the gap hardly varies.
    assert bold.mean() == pytest.approx(np.mean(gaps), rel=0.15)


def test_half_precision_is_enough_and_large_logits_do_not_overflow():
    logits = np.array([[60000, -60000], [0, 1]], np.float16)
    found = score(logits, np.array([0, 1]))
    assert all(np.isfinite(value) for value in found.values())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_diverged_network_is_named(bad):
    with pytest.raises(ValueError, match="diverged"):
        score(np.array([[bad, 0.0]]), np.array([0]))


def test_no_predictions_are_an_error():
    with pytest.raises(ValueError, match="no predictions"):
        score(np.zeros((0, 3)), np.zeros(0, int))


def test_bins_are_those_of_scikit_learn():
    rng = np.random.default_rng(2)
    logits, labels = 2 * rng.normal(size=(3000, 2)), rng.integers(0, 2, 3000)
    bins, confidence = calibration_bins(logits, labels), softmax(logits, axis=1).max(1)
    right = logits.argmax(1) == labels
    accuracy, mean = calibration_curve(right, confidence, n_bins=15)
    np.testing.assert_allclose(bins.accuracy[bins.n > 0], accuracy)
    np.testing.assert_allclose(bins.confidence[bins.n > 0], mean)
    assert bins.n[:7].tolist() == [0] * 7  # two classes: no confidence is below a half
    assert np.isnan(bins.accuracy[:7]).all()


def test_the_table_of_calibration_adds_up_to_the_calibration_error():
    rng = np.random.default_rng(3)
    key = {"dataset": "d", "backbone": "b", "condition": "x", "seed": 1}
    table = from_arrays(
        [
            {
                **key,
                "test_set": "test",
                "shift": shift,
                "severity": severity,
                "sample": np.arange(n),
                "label": rng.integers(0, 3, n),
                "logits": np.fromiter(
                    [scale * row for row in rng.normal(size=(n, 3))], dtype=object
                ),
            }
            for shift, severity, n, scale in (("none", 0, 200, 1), ("blur", 2, 50, 4))
        ],
        predictions.SCHEMA,
    )
    bins, scored = calibration_rows(table).to_pandas(), score_rows(table).to_pandas()
    assert list(bins["bin"]) == 2 * list(range(15))
    assert (bins["n"] == 0).any()
    assert (bins["n"] > 0).eq(bins["accuracy"].notna()).all()
    gaps = (bins["accuracy"] - bins["confidence"]).abs() * bins["n"]
    for _, row in scored.iterrows():
        of_set = bins["shift"] == row["shift"]
        assert bins.loc[of_set, "n"].sum() == row["n"]
        assert gaps[of_set].sum() / row["n"] == pytest.approx(row["ece"], abs=1e-12)
