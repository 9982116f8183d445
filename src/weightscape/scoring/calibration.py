"""Accuracy and calibration of predictions, from logits alone."""

import numpy as np
from scipy.special import log_softmax

BINS = 15
"""Bins of the calibration errors, as in Guo et al. 2017, arXiv:1706.04599."""


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
        accuracy, nll (nat), brier, ece, ece_equal_mass, worst_class_accuracy (over the classes
        that occur).

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
    probabilities = np.exp(log_probabilities)
    rows = np.arange(len(labels))
    correct = logits.argmax(axis=1) == labels
    errors = probabilities.copy()
    errors[rows, labels] -= 1
    confidence = probabilities.max(axis=1)
    return {
        "accuracy": float(correct.mean()),
        "nll": float(-log_probabilities[rows, labels].mean()),
        "brier": float((errors**2).sum(axis=1).mean()),
        "ece": calibration_error(confidence, correct, np.linspace(0, 1, BINS + 1)),
        "ece_equal_mass": calibration_error(
            confidence, correct, np.quantile(confidence, np.linspace(0, 1, BINS + 1))
        ),
        "worst_class_accuracy": float(
            min(correct[labels == label].mean() for label in np.unique(labels))
        ),
    }


def calibration_error(confidence: np.ndarray, correct: np.ndarray, edges: np.ndarray) -> float:
    """Return the expected calibration error over bins with the given edges.

    The mean over the bins, weighted by their counts, of |accuracy − mean confidence| (Naeini et
    al. 2015); a bin holds its upper edge. Equal edges make empty bins, which weigh nothing.

    Parameters
    ----------
    confidence : numpy.ndarray
        Probability of the predicted class, shape (n,).
    correct : numpy.ndarray
        Whether the prediction is right, shape (n,).
    edges : numpy.ndarray
        Ascending edges of the bins, from at most the smallest confidence to the largest.
    """
    bins = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, len(edges) - 2)
    gaps = np.bincount(bins, weights=correct - confidence, minlength=len(edges) - 1)
    return float(np.abs(gaps).sum() / len(confidence))
