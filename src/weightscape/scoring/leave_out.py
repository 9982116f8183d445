"""Every score of predictions without each group of their images, all groups at once."""

import numpy as np

from weightscape.scoring.calibration import (
    BINS,
    Bins,
    calibration_error,
    find_bins,
    find_mass_edges,
    predict_classes,
    squared_calibration_error,
)
from weightscape.scoring.classification import log_odds

Array = np.ndarray


def score_without(logits: Array, labels: Array, groups: Array, count: int) -> dict[str, Array]:
    """Return what `weightscape.scoring.calibration.score` gives without each group of images.

    Parameters
    ----------
    logits, labels : numpy.ndarray
        As of `score`: shapes (n, classes) and (n,).
    groups : numpy.ndarray
        The group of each prediction, from 0 to `count` − 1, shape (n,). Without a group that has no
        prediction, the score is that of all.
    count : int
        Number of groups.

    Returns
    -------
    dict of str to numpy.ndarray
        Every score, shape (count,). NaN where nothing is left; and, of scores that are means over
        the classes or are of one of them, where nothing of a class is left that all have. Bins of
        equal counts keep the edges that they have with all groups: edges that move would pass
        predictions on to the next bin, which says nothing of how sure the score is.
    """
    log_probabilities, confidence, correct = predict_classes(logits, labels)
    rows = np.arange(len(labels))
    errors = np.exp(log_probabilities)
    errors[rows, labels] -= 1
    left = len(labels) - np.bincount(groups, minlength=count)

    def mean(values: Array) -> Array:
        total = values.sum() - np.bincount(groups, weights=values, minlength=count)
        return np.asarray(total / np.where(left > 0, left, np.nan))

    recalls = _recalls_without(correct, labels, groups, count)
    equal_width, equal_mass = (
        _bins_without(confidence, correct, groups, count, edges)
        for edges in (np.linspace(0, 1, BINS + 1), find_mass_edges(confidence))
    )
    return {
        "accuracy": mean(correct),
        "balanced_accuracy": recalls.mean(axis=1),
        "auroc": auroc_without(logits, labels, groups, count),
        "nll": mean(-log_probabilities[rows, labels]),
        "brier": mean((errors**2).sum(axis=1)),
        "ece": calibration_error(equal_width),
        "ece_equal_mass": calibration_error(equal_mass),
        "ece_debiased": squared_calibration_error(equal_mass),
        "worst_class_accuracy": recalls.min(axis=1),
        "class_accuracy_gap": recalls.max(axis=1) - recalls.min(axis=1),
    }


def _recalls_without(correct: Array, labels: Array, groups: Array, count: int) -> Array:
    """Return the share of right predictions of every class that occurs, (groups, classes)."""
    there, place = np.unique(labels, return_inverse=True)
    cells = groups * len(there) + place
    hits, n = (
        np.bincount(cells, weights=weights, minlength=count * len(there)).reshape(count, -1)
        for weights in (correct, None)
    )
    hits, n = hits.sum(axis=0) - hits, n.sum(axis=0) - n
    recalls: Array = hits / np.where(n > 0, n, np.nan)
    return recalls


def _bins_without(
    confidence: Array, correct: Array, groups: Array, count: int, edges: Array
) -> Bins:
    """Return bins between the edges, arrays of shape (groups, bins)."""
    place = find_bins(confidence, edges)
    bins = len(edges) - 1
    cells = groups * bins + place
    sums = (
        np.bincount(cells, weights=weights, minlength=count * bins).reshape(count, -1)
        for weights in (None, confidence, correct)
    )
    n, confidence, correct = (each.sum(axis=0) - each for each in sums)
    some = np.where(n > 0, n, np.nan)
    return Bins(n, confidence / some, correct / some)


def auroc_without(logits: Array, labels: Array, groups: Array, count: int) -> Array:
    """Return AUROC without each group, shape (groups,); parameters as of `score_without`."""
    classes = logits.shape[1]
    if classes < 2 or not np.bincount(labels, minlength=classes).all():
        return np.full(count, np.nan)
    odds = log_odds(logits)
    areas = (_area_without(odds[:, k], labels == k, groups, count) for k in range(classes))
    return np.asarray(sum(areas) / classes)


def _area_without(values: Array, positive: Array, groups: Array, count: int) -> Array:
    """Return the share of pairs in which the positive one is larger, without each group.

    A group takes with it the pairs that its predictions make with all others. Those within the
    group are counted twice so, and added again.
    """
    order = np.argsort(values, kind="stable")
    values, positive, groups = values[order], positive[order], groups[order]
    n = int(positive.sum())
    others = _rank_within(values, np.zeros(len(values), np.int64)) - _rank_within(values, positive)
    # Of a positive one the others below it, of another the positive ones above it.
    won = np.where(positive, others, n - others)
    total = won[positive].sum()
    of_group = np.bincount(groups, weights=won, minlength=count)
    here = np.bincount(groups, weights=positive, minlength=count)
    ranks = np.where(positive, _rank_within(values, groups), 0.0)
    within = np.bincount(groups, weights=ranks, minlength=count) - here * (here + 1) / 2
    pairs = (n - here) * (len(values) - n - np.bincount(groups, minlength=count) + here)
    area: Array = (total - of_group + within) / np.where(pairs > 0, pairs, np.nan)
    return area


def _rank_within(values: Array, groups: Array) -> Array:
    """Return the rank of ascending values within their group, from 1; ties share their mean."""
    order = np.argsort(groups, kind="stable")
    values, groups = values[order], groups[order]
    new_group = np.concatenate([[True], groups[1:] != groups[:-1]])
    new_value = np.concatenate([[True], values[1:] != values[:-1]]) | new_group
    starts, tie = np.flatnonzero(new_value), np.cumsum(new_value) - 1
    ends = np.append(starts[1:], len(values))
    first = np.flatnonzero(new_group)[np.cumsum(new_group) - 1]
    ranks = np.empty(len(values))
    ranks[order] = (starts + ends + 1)[tie] / 2 - first
    return ranks
