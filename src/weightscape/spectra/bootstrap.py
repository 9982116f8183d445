"""How sure an exponent is, and whether a power law is a fit at all: by resampling."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightscape.spectra.comparable_alpha import find_largest_alpha
from weightscape.spectra.power_law import PowerLaw, closest_tail, distinct
from weightscape.spectra.tail_shape import find_log_cv, find_nested_ratio

_UPPER = 0.25
"""Share of a tail whose exponent the interval of alpha holds too.

Simulated tails of a tenth to a fifth of a spectrum are taken for ones of up to four times their
length (docs/spectra.md): a quarter of these lies within the true tail.
"""
_QUANTILE = 1.959963984540054  # of the normal distribution at 97.5 %
_QUANTILE_OF_TWO_TESTS = 1.6448536269514722  # at 95 %


class Spread(NamedTuple):
    """How much a fit varies over resamples, each fitted anew.

    Attributes
    ----------
    log_slope : float
        Standard deviation of log(alpha − 1), at least 1/√n_tail.
    log_cv : float
        Standard deviation of the log of the coefficient of variation of the tail's steps, see
        `weightscape.spectra.tail_shape`, at least 1/√n_tail.
    """

    log_slope: float
    log_cv: float


class Goodness(NamedTuple):
    """p-values of a power law, from synthetic samples that are fitted as the sample is.

    Attributes
    ----------
    pl_p_value : float
        Of its distance.
    lr_nested_p : float
        Of what the likeliest log-normal tail gains on it.
    """

    pl_p_value: float
    lr_nested_p: float


def spread_over_resamples(
    eigenvalues: NDArray[np.float64], fit: PowerLaw, resamples: int, seed: int
) -> Spread | None:
    """Return how much a fit varies over samples that are drawn with replacement, xmin included.

    alpha − 1 is a rate: on the log scale its standard error 1/√n_tail does not depend on its value.
    The bootstrap adds what the standard error leaves out, the choice of xmin, and the standard
    error guards against tails whose few distinct values resample to nearly the same fit. Resamples
    that jump to another tail widen an interval, as they should. A standard deviation is steady with
    40 resamples (± 11 %), a 2.5 % quantile is not.

    *What it takes for granted*: independent values. Eigenvalues of a random matrix repel each
    other and vary less, so that for them the spread is too large rather than too small.

    Parameters
    ----------
    eigenvalues : ndarray of float64
        The sample that `fit` is of.
    fit : PowerLaw
        Its fit.
    resamples : int
        Number of resamples.
    seed : int
        Seed of the draws.

    Returns
    -------
    Spread or None
        None where fewer than two resamples have a fit.
    """
    sample = distinct(eigenvalues)
    if sample is None:
        return None
    rng = np.random.default_rng(seed)
    member = np.repeat(np.arange(sample.counts.size), sample.counts)
    found = []
    for _ in range(resamples):
        drawn = member[rng.integers(member.size, size=member.size)]
        counts = np.bincount(drawn, minlength=sample.counts.size)
        kept = counts > 0
        if np.count_nonzero(kept) > 1:
            logs, counts = sample.logs[kept], counts[kept]
            tail = closest_tail(logs, counts)
            found.append((np.log(tail.slope), _find_shape(logs, counts, tail.start)))
    if len(found) < 2:
        return None
    return Spread(*np.maximum(np.std(found, axis=0, ddof=1), fit.n_tail**-0.5).tolist())


def alpha_interval(
    eigenvalues: NDArray[np.float64], fit: PowerLaw, spread: Spread
) -> tuple[float, float]:
    """Return a 95 % interval of the exponent at the end of the tail.

    It is 1 + (alpha − 1)·exp(∓1.96·s), with s over the resamples, and reaches over the interval of
    the `_UPPER` of the tail alone, with its standard error. The shoulder of a bulk and a shorter
    tail above it can look as straight as one power law: no resample, which has the same shoulder,
    shows that, and where the tail ends is the exponent that is its own.

    A percentile interval is not taken: repeated values make resamples rougher than samples, which
    moves xmin and with it all of alpha's bootstrap distribution, and such an interval moves along,
    away from the estimate.
    """
    intervals = [_interval(fit.alpha, spread.log_slope)]
    count = int(_UPPER * fit.n_tail)
    upper = find_largest_alpha(np.sort(eigenvalues), count)
    if upper is not None:
        intervals.append(_interval(upper, count**-0.5))
    lows, highs = zip(*intervals, strict=True)
    return min(lows), max(highs)


def cv_columns(eigenvalues: NDArray[np.float64], fit: PowerLaw, spread: Spread) -> dict[str, float]:
    """Return the coefficient of variation of the tail's steps with its 90 % interval.

    An equivalence at 5 % holds where this interval lies within a margin, see
    `weightscape.spectra.trust`. It is exp(log cv ∓ 1.645·s), with s over the resamples.
    """
    steps = np.log(eigenvalues[eigenvalues >= fit.xmin] / fit.xmin)
    log_cv = find_log_cv(steps, np.ones(steps.size))
    half = _QUANTILE_OF_TWO_TESTS * spread.log_cv
    low, cv, high = np.exp([log_cv - half, log_cv, log_cv + half]).tolist()
    return {"tail_cv": cv, "tail_cv_low": low, "tail_cv_high": high}


def goodness_of_fit(
    eigenvalues: NDArray[np.float64], fit: PowerLaw, samples: int, seed: int
) -> Goodness | None:
    """Return p-values of the power law by the semi-parametric bootstrap of [1]_, section 4.1.

    A synthetic sample has as many values as the sample: each is from the fitted power law with
    probability n_tail/n, and otherwise one of the values below xmin. It is fitted like the sample
    itself, xmin included, and the p-value is the share of samples that are no closer to their
    power law than the sample is to its own: (1 + #{D_synthetic ≥ D})/(1 + `samples`), so that it
    is never zero and its false-alarm rate is no larger than its level. The same samples say how
    much a log-normal tail gains where the power law is true and xmin is scanned for; its law where
    xmin is known, half of it at zero and half χ² with one degree of freedom, does not hold then.

    Parameters
    ----------
    eigenvalues : ndarray of float64
        The sample that `fit` is of.
    fit : PowerLaw
        Its fit.
    samples : int
        Number of synthetic samples. A p-value of 1/(1 + `samples`) is the smallest one; its own
        standard error is at most 1/(2√`samples`).
    seed : int
        Seed of the draws.

    Returns
    -------
    Goodness or None
        None where the sample has no power law.

    References
    ----------
    .. [1] Clauset, Shalizi and Newman 2009, doi:10.1137/070710111
    """
    sample = distinct(eigenvalues)
    if sample is None:
        return None
    rng = np.random.default_rng(seed)
    start = int(np.searchsorted(sample.values, fit.xmin))
    gain = find_nested_ratio(_find_shape(sample.logs, sample.counts, start), fit.n_tail)
    body = np.repeat(np.arange(start), sample.counts[:start])
    size = body.size + fit.n_tail
    farther = likelier = 0
    for _ in range(samples):
        n_tail = rng.binomial(size, fit.n_tail / size)
        below = np.bincount(
            body[rng.integers(max(body.size, 1), size=size - n_tail)], minlength=start
        )
        steps = np.sort(rng.standard_exponential(n_tail)) / (fit.alpha - 1)
        kept = below > 0
        logs = np.concatenate([sample.logs[:start][kept], sample.logs[start] + steps])
        if logs.size < 2:
            continue
        counts = np.concatenate([below[kept], np.ones(n_tail, dtype=np.int64)])
        tail = closest_tail(logs, counts)
        farther += tail.D >= fit.D
        shape = _find_shape(logs, counts, tail.start)
        likelier += find_nested_ratio(shape, tail.n) >= gain
    return Goodness((1 + farther) / (1 + samples), (1 + likelier) / (1 + samples))


def _interval(alpha: float, log_slope: float) -> tuple[float, float]:
    factor = float(np.exp(_QUANTILE * log_slope))
    return 1 + (alpha - 1) / factor, 1 + (alpha - 1) * factor


def _find_shape(logs: NDArray[np.float64], counts: NDArray[np.int64], start: int) -> float:
    return find_log_cv(logs[start:] - logs[start], counts[start:])
