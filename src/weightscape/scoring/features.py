"""What features hold: over how many directions they spread, and what a linear probe reads."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""The values of C that a probe is fitted with: 1 over the strength of its L2 term."""


def effective_rank(features: np.ndarray) -> float:
    """Return the effective rank of features (n, d) around their mean; NaN without any spread.

    References
    ----------
    Roy & Vetterli (2007), The effective rank, EUSIPCO, 606-610.
    """
    wide = features.astype(np.float64)
    singular = np.linalg.svd(wide - wide.mean(axis=0), compute_uv=False)
    # What rounding has left of equal features is no direction.
    floor = np.abs(wide).max(initial=0) * np.sqrt(wide.size) * np.finfo(np.float32).eps
    if not singular.size or singular[0] <= floor:
        return float("nan")
    shares = singular[singular > 0] / singular.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))


def fit_probe(
    training: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    classes: int,
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a linear probe: from features to a log-probability for each class.

    Multinomial logistic regression on standardised features. Of `STRENGTHS` the one with the
    smallest mean loss on the validation examples is taken, of equals the smallest.

    Parameters
    ----------
    training, validation : (numpy.ndarray, numpy.ndarray)
        Features (n, d) and labels.
    classes : int
        Number of classes; one that is not trained on is never predicted.
    """

    def probe_of(model: Any) -> Callable[[np.ndarray], np.ndarray]:
        def probe(features: np.ndarray) -> np.ndarray:
            logits = np.full((len(features), classes), -1e4)
            found = model.decision_function(features.astype(np.float64))
            if found.ndim == 1:  # of two classes, the log-odds of the second
                found = np.stack([np.zeros_like(found), found], axis=1)
            logits[:, model.classes_] = log_softmax(found, axis=1)
            return logits

        return probe

    probes, losses = [], []
    for strength in STRENGTHS:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))
        model.fit(training[0].astype(np.float64), training[1])
        probes.append(probe_of(model))
        logits = probes[-1](validation[0])
        losses.append(-logits[np.arange(len(logits)), validation[1]].mean())
    return probes[int(np.argmin(losses))]
