"""Accuracy and calibration of predictions, from logits alone."""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import log_softmax

from weightscape.scoring.classification import compute_recalls, score_classification

BINS = 15
"""Bins of the calibration errors, as in Guo et al. 2017, arXiv:1706.04599."""


class Bins(NamedTuple):
    """Predictions sorted by their confidence; arrays of shape (bins,), or (..., bins).

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
        ece, ece_equal_mass, ece_debiased, worst_class_accuracy and class_accuracy_gap (over the
        classes that occur).

    Raises
    ------
    ValueError
        If there is no prediction, or a logit is not finite.
    """
    log_probabilities, confidence, correct = predict_classes(logits, labels)
    rows = np.arange(len(labels))
    errors = np.exp(log_probabilities)
    errors[rows, labels] -= 1
    of_class = compute_recalls(correct, labels)
    equal_mass = in_bins(confidence, correct, find_mass_edges(confidence))
    return {
        **score_classification(logits, labels),
        "nll": float(-log_probabilities[rows, labels].mean()),
        "brier": float((errors**2).sum(axis=1).mean()),
        "ece": calibration_error(_bin_equally(confidence, correct)),
        "ece_equal_mass": calibration_error(equal_mass),
        "ece_debiased": squared_calibration_error(equal_mass),
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
    _, confidence, correct = predict_classes(logits, labels)
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
    bins, place = len(edges) - 1, find_bins(confidence, edges)
    n = np.bincount(place, minlength=bins)
    some = np.where(n > 0, n, np.nan)
    sums = (np.bincount(place, weights=values, minlength=bins) for values in (confidence, correct))
    return Bins(n, *(total / some for total in sums))


def find_bins(confidence: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the bin of each prediction, from 0; parameters as of `in_bins`."""
    place = np.searchsorted(edges, confidence, side="left") - 1
    return np.asarray(np.clip(place, 0, len(edges) - 2))


def find_mass_edges(confidence: np.ndarray) -> np.ndarray:
    """Return the edges of `BINS` bins of equal counts, shape (bins + 1,)."""
    edges: np.ndarray = np.quantile(confidence, np.linspace(0, 1, BINS + 1))
    return edges


def calibration_error(bins: Bins) -> Any:
    """Return the mean over bins, weighted by their counts, of |accuracy − mean confidence|.

    Naeini et al. 2015; empty bins weigh nothing. Of bins of shape (..., bins), shape (...).
    """
    return _average(bins, np.abs(bins.accuracy - bins.confidence))


def squared_calibration_error(bins: Bins) -> Any:
    """Return the mean over bins, weighted by their counts, of (accuracy − confidence)², unbiased.

    The squared gap of a bin of n predictions is too large on average by the variance of its
    accuracy a, which a(1 − a)/(n − 1) estimates; that is taken off. A bin of one prediction tells
    nothing of it, and counts as without a gap. The mean may be negative: it is near zero for
    calibrated predictions, of which the gaps are all chance. No root is taken, for it would bring
    the bias back.

    References
    ----------
    Bröcker (2012), Estimating reliability and resolution of probability forecasts through
    decomposition of the empirical score, doi:10.1007/s00382-011-1191-1; Ferro & Fricker (2012), A
    bias-corrected decomposition of the Brier score, doi:10.1002/qj.1924; Kumar, Liang & Ma (2019),
    arXiv:1909.10155; Roelofs et al. (2022), arXiv:2012.08668, who take bins of equal counts.
    """
    several = np.where(bins.n > 1, bins.n, np.nan)
    chance = bins.accuracy * (1 - bins.accuracy) / (several - 1)
    return _average(bins, (bins.accuracy - bins.confidence) ** 2 - chance)


def _average(bins: Bins, values: np.ndarray) -> Any:
    """Return the mean of values of bins by their counts; one that is missing counts as zero."""
    n = bins.n.sum(axis=-1)
    return np.nansum(bins.n * values, axis=-1) / np.where(n > 0, n, np.nan)


def _bin_equally(confidence: np.ndarray, correct: np.ndarray) -> Bins:
    return in_bins(confidence, correct, np.linspace(0, 1, BINS + 1))


def predict_classes(
    logits: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log probabilities (n, classes), confidence (n,), and whether each is right (n,).

    Raises
    ------
    ValueError
        If there is no prediction, or a logit is not finite.
    """
    if not len(labels):
        raise ValueError("there are no predictions to score")
    if not np.isfinite(logits).all():
        raise ValueError("a logit is not a finite number; the network has diverged")
    log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
    confidence = np.exp(log_probabilities.max(axis=1))
    return log_probabilities, confidence, logits.argmax(axis=1) == labels
