"""Scores of how well predictions tell classes apart, from logits and labels alone."""

import numpy as np


def score_classification(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return accuracy, balanced accuracy and AUROC of predictions.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (n, classes), any float type, finite.
    labels : numpy.ndarray
        True classes, shape (n,).

    Returns
    -------
    dict of str to float
        AUROC is NaN where a class has no images; see `auroc`.
    """
    correct = logits.argmax(axis=1) == labels
    return {
        "accuracy": float(correct.mean()),
        "balanced_accuracy": float(np.mean(compute_recalls(correct, labels))),
        "auroc": auroc(logits, labels),
    }


def compute_recalls(correct: np.ndarray, labels: np.ndarray) -> list[float]:
    """Return the share of right predictions of every class that occurs, in the classes' order.

    Their mean is the balanced accuracy: Brodersen et al. (2010), The balanced accuracy and its
    posterior distribution, doi:10.1109/ICPR.2010.764.
    """
    return [float(correct[labels == label].mean()) for label in np.unique(labels)]


def auroc(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the area under the ROC curve, one class against the rest, averaged over classes.

    The share of pairs of an image of the class and one of another in which the first has the
    larger probability of the class, ties counting half: where a threshold would fall makes no
    difference.

    Parameters
    ----------
    logits, labels : numpy.ndarray
        As of `score_classification`.

    Returns
    -------
    float
        NaN where a class, of all that there are logits for, has no images or all of them.

    References
    ----------
    Hand & Till (2001), doi:10.1023/A:1010920819831; Fawcett (2006), An introduction to ROC
    analysis, doi:10.1016/j.patrec.2005.10.010 (the unweighted mean over classes).
    """
    counts = np.bincount(labels, minlength=logits.shape[1])
    if not counts.all() or len(counts) < 2:
        return float("nan")
    odds = log_odds(logits)
    return float(np.mean([_area(odds[:, k], labels == k) for k in range(len(counts))]))


def find_absent(labels: np.ndarray, classes: int) -> list[int]:
    """Return the classes that have no images."""
    return np.flatnonzero(np.bincount(labels, minlength=classes) == 0).tolist()


def log_odds(logits: np.ndarray) -> np.ndarray:
    """Return log p/(1 − p) of every class, (n, classes): in the order of p, not rounded to 1."""
    z = logits.astype(np.float64)
    z -= z.max(axis=1, keepdims=True)
    first = z.argmax(axis=1)
    rows = np.arange(len(z))
    others = np.exp(z)
    # Of the likeliest class the others' sum is small and must not come from a difference to 1.
    others[rows, first] = 0.0
    rest = others.sum(axis=1, keepdims=True)
    sums = 1.0 + rest - others
    sums[rows, first] = rest[:, 0]
    with np.errstate(divide="ignore"):
        odds: np.ndarray = z - np.log(sums)
    return odds


def _area(values: np.ndarray, positive: np.ndarray) -> float:
    """Return the Mann–Whitney share of pairs in which the positive one is larger."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]  # ties share their mean rank
    n = int(positive.sum())
    above = ranks[positive].sum() - n * (n + 1) / 2
    return float(above / (n * (len(values) - n)))
