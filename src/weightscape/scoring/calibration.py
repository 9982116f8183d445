"""Accuracy and calibration of predictions, from logits alone."""

from typing import NamedTuple

import numpy as np
from scipy.special import log_softmax

from weightscape.scoring.classification import compute_recalls, score_classification

BINS = 15
"""Bins of the calibration errors, as in Guo et al. 2017, arXiv:1706.04599."""


class Bins(NamedTuple):
    """Predictions sorted by their confidence; arrays of shape (bins,).

    Attributes
    ----------
    n : numpy.ndarray
        Predictions in the bin.
    confidence : numpy.ndarray
        Their mean probability of the predicted class; NaN in an empty bin.
    accuracy : numpy.ndarray
        Share of them that are right; NaN in an empty bin.
    """

    n: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray


def score(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return the scores of predictions: the metric columns of the table `scores`.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (n, classes), any float type.
    labels : numpy.ndarray
        True classes, shape (n,).

    Returns
    -------
    dict of str to float
        accuracy, balanced_accuracy and auroc (NaN where a class has no images), nll (nat), brier,
        ece, ece_equal_mass, worst_class_accuracy and class_accuracy_gap (over the classes that
        occur).

    Raises
    ------
    ValueError
        If there is no prediction, or a logit is not finite.
    """
    log_probabilities, confidence, correct = _predict_classes(logits, labels)
    rows = np.arange(len(labels))
    errors = np.exp(log_probabilities)
    errors[rows, labels] -= 1
    of_class = compute_recalls(correct, labels)
    equal_mass = np.quantile(confidence, np.linspace(0, 1, BINS + 1))
    return {
        **score_classification(logits, labels),
        "nll": float(-log_probabilities[rows, labels].mean()),
        "brier": float((errors**2).sum(axis=1).mean()),
        "ece": calibration_error(_bin_equally(confidence, correct)),
        "ece_equal_mass": calibration_error(in_bins(confidence, correct, equal_mass)),
        "worst_class_accuracy": min(of_class),
        "class_accuracy_gap": max(of_class) - min(of_class),
    }


def calibration_bins(logits: np.ndarray, labels: np.ndarray) -> Bins:
    """Return predictions in `BINS` bins of equal width: what `ece` is computed from.

    Parameters
    ----------
    logits, labels : numpy.ndarray
        As of `score`.

    Raises
    ------
    ValueError
        If there is no prediction, or a logit is not finite.
    """
    _, confidence, correct = _predict_classes(logits, labels)
    return _bin_equally(confidence, correct)


def in_bins(confidence: np.ndarray, correct: np.ndarray, edges: np.ndarray) -> Bins:
    """Sort predictions into the bins with the given edges; a bin holds its upper edge.

    Parameters
    ----------
    confidence : numpy.ndarray
        Probability of the predicted class, shape (n,).
    correct : numpy.ndarray
        Whether the prediction is right, shape (n,).
    edges : numpy.ndarray
        Ascending edges of the bins, from at most the smallest confidence to the largest. Equal
        edges make empty bins.
    """
    bins = len(edges) - 1
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    n = np.bincount(place, minlength=bins)
    some = np.where(n > 0, n, np.nan)
    sums = (np.bincount(place, weights=values, minlength=bins) for values in (confidence, correct))
    return Bins(n, *(total / some for total in sums))


def calibration_error(bins: Bins) -> float:
    """Return the mean over bins, weighted by their counts, of |accuracy − mean confidence|.

    Naeini et al. 2015; empty bins weigh nothing.
    """
    filled = bins.n > 0
    gaps = np.abs(bins.accuracy - bins.confidence)[filled]
    return float(np.average(gaps, weights=bins.n[filled]))


def _bin_equally(confidence: np.ndarray, correct: np.ndarray) -> Bins:
    return in_bins(confidence, correct, np.linspace(0, 1, BINS + 1))


def _predict_classes(
    logits: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log probabilities, confidence, and whether each prediction is right."""
    if not len(labels):
        raise ValueError("there are no predictions to score")
    if not np.isfinite(logits).all():
        raise ValueError("a logit is not a finite number; the network has diverged")
    log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
    confidence = np.exp(log_probabilities.max(axis=1))
    return log_probabilities, confidence, logits.argmax(axis=1) == labels
