"""Statistics of differences that are paired by seed."""

import itertools
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

EXACT = 16
"""Seeds up to which all sign patterns are gone through; above, the t test serves better."""


class Effect(NamedTuple):
    """A mean paired difference and what can be said of it; None where nothing can."""

    effect: float | None
    low: float | None
    high: float | None
    n_seeds: int
    p: float | None
    p_sign_flip: float | None
    p_floor: float | None
    smallest_detectable: float | None


def paired_effect(differences: np.ndarray) -> Effect:
    """Return the mean of paired differences with its 95 % t interval and tests against zero.

    The interval and `p` are Student's, which take the differences for normal; the sign-flip test
    takes them for symmetric about zero only, and cannot fall below its floor 2^(1 − n).

    Parameters
    ----------
    differences : numpy.ndarray
        One difference per seed, shape (seeds,); those that are not finite are left out.

    Returns
    -------
    Effect
        Without an interval below two seeds, and without `p` where all differences are equal.
    """
    found = np.asarray(differences, dtype=np.float64)
    found = found[np.isfinite(found)]
    n = len(found)
    if n == 0:
        return Effect(None, None, None, 0, None, None, None, None)
    mean = float(found.mean())
    if n == 1:
        return Effect(mean, None, None, 1, None, 1.0, 1.0, None)
    error = float(found.std(ddof=1) / np.sqrt(n))
    half = float(stats.t.ppf(0.975, n - 1)) * error
    p = float(2 * stats.t.sf(abs(mean) / error, n - 1)) if error > 0 else None
    return Effect(
        mean,
        mean - half,
        mean + half,
        n,
        p,
        sign_flip_p(found) if n <= EXACT else None,
        2.0 ** (1 - n),
        detectable_effect(n) * error,
    )


def sign_flip_p(differences: np.ndarray) -> float:
    """Return the exact two-sided p of the mean over all sign flips of `differences`.

    The share of the 2^n sign patterns whose |mean| is at least the one observed (Fisher 1935,
    The Design of Experiments, §21).

    Raises
    ------
    ValueError
        If there are more than `EXACT` differences.
    """
    n = len(differences)
    if n > EXACT:
        raise ValueError(f"{n} differences have {2**n} sign patterns; {EXACT} is the limit")
    sums = np.abs(_sign_patterns(n) @ differences)
    # Patterns that tie in exact arithmetic may differ in the last bits.
    return float(np.mean(sums >= sums[0] * (1 - 1e-12)))


@cache
def _sign_patterns(n: int) -> np.ndarray:
    return np.array(list(itertools.product((1.0, -1.0), repeat=n)))


@cache
def detectable_effect(n: int, level: float = 0.05, power: float = 0.8) -> float:
    """Return the mean, in standard errors, that a two-sided paired t test finds with `power`.

    Parameters
    ----------
    n : int
        Number of pairs, at least two.
    level : float, optional
        Level of the test.
    power : float, optional
        Probability of finding the effect.
    """
    critical = float(stats.t.ppf(1 - level / 2, n - 1))
    # The tail on the wrong side is left out: at a power of interest it holds nothing.
    shift = optimize.brentq(
        lambda shift: float(stats.nct.sf(critical, n - 1, shift)) - power, 0, 3 * critical + 3
    )
    return float(shift)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p values corrected for the number of tests by Holm's step-down method.

    Holm 1979, Scand. J. Statist. 6:65–70. Missing values (NaN) stay missing and do not count.
    """
    p = np.asarray(p_values, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    corrected = np.full_like(p, np.nan)
    corrected[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return corrected
