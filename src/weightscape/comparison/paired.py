"""Statistics of differences that are paired by seed."""

import itertools
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Array = NDArray[np.float64]

EXACT = 12
"""Seeds up to which all sign patterns are gone through; above, the t test serves better."""

LEVEL = 0.05
"""Level of every test and interval, two-sided."""


@dataclass(frozen=True)
class Estimate:
    """An estimate over seeds, or an array of them; NaN where nothing can be said.

    Attributes
    ----------
    effect : numpy.ndarray
        The mean over the seeds.
    error : numpy.ndarray
        Its standard error; NaN below two seeds.
    n_seeds : numpy.ndarray
        Seeds behind it.
    p_sign_flip : numpy.ndarray
        Exact two-sided p over all sign flips; NaN where there are none to go through.
    df : numpy.ndarray
        Degrees of freedom of the error; NaN where there is none.
    """

    effect: Array
    error: Array
    n_seeds: NDArray[np.int64]
    p_sign_flip: Array
    df: Array

    @property
    def low(self) -> Array:
        """Lower end of the 95 % t interval."""
        return self.effect - self._half

    @property
    def high(self) -> Array:
        """Upper end of the 95 % t interval."""
        return self.effect + self._half

    @property
    def p(self) -> Array:
        """Two-sided p of Student's t test against zero; NaN without spread."""
        return np.minimum(1.0, 2 * self.p_above(0.0, np.sign(self.effect)))

    @property
    def p_floor(self) -> Array:
        """Smallest p that sign flips can give, 2^(1 − n)."""
        return np.where(self.n_seeds > 0, 2.0 ** (1.0 - self.n_seeds), np.nan)

    @property
    def smallest_detectable(self) -> Array:
        """Effect that a two-sided test at `LEVEL` finds with power 80 % at this spread."""
        return detectable_effect(self.df) * self.error

    def p_above(self, border: float, sign: ArrayLike = 1.0) -> Array:
        """Return the one-sided p of ``sign · effect > border``; NaN without spread."""
        spread = np.where(self.error > 0, self.error, np.nan)
        t = (np.asarray(sign) * self.effect - border) / spread
        return np.asarray(special.stdtr(self.df, -t), dtype=np.float64)

    @property
    def _half(self) -> Array:
        return np.asarray(special.stdtrit(self.df, 1 - LEVEL / 2)) * self.error


def estimate_paired(differences: ArrayLike) -> Estimate:
    """Return the mean of differences that are paired by seed, with its error.

    The interval and the t test that follow from it take the differences for normal; the sign-flip
    test takes them for symmetric about zero only, and cannot fall below its floor 2^(1 − n).

    Parameters
    ----------
    differences : array_like
        Shape (..., seeds), one difference per seed; those that are not finite are left out.

    Returns
    -------
    Estimate
        Of shape (...).
    """
    x = np.asarray(differences, dtype=np.float64)
    found = np.isfinite(x)
    n = found.sum(axis=-1)
    some, several = np.where(n > 0, n, np.nan), np.where(n > 1, n, np.nan)
    x = np.where(found, x, 0.0)
    mean = x.sum(axis=-1) / some
    squares = np.where(found, (x - mean[..., None]) ** 2, 0.0).sum(axis=-1)
    # Equal differences may have a mean that is off in the last bit.
    largest = np.abs(x).max(axis=-1, initial=0.0)
    squares = np.where(squares <= several * (4 * np.finfo(float).eps * largest) ** 2, 0.0, squares)
    error = np.sqrt(squares / (several - 1) / several)
    return Estimate(mean, error, n, _sign_flip_p(x, n), several - 1)


def jackknife(statistic: ArrayLike, without: ArrayLike) -> Estimate:
    """Return estimates from the leave-one-seed-out values of a statistic.

    Parameters
    ----------
    statistic : array_like
        Shape (...): the statistic over all seeds; it is the effect.
    without : array_like
        Shape (..., seeds): the statistic without each seed. Where one is not finite, or there are
        fewer than three, there is no error.

    Returns
    -------
    Estimate
        With Tukey's standard error √((n − 1)/n Σ (θ₋ₖ − θ̄)²) (Efron & Tibshirani 1993, An
        Introduction to the Bootstrap, ch. 11).
    """
    effect, left = np.asarray(statistic, np.float64), np.asarray(without, np.float64)
    n = left.shape[-1]
    nothing, seeds = np.full(effect.shape, np.nan), np.full(effect.shape, n)
    if n < 3:
        return Estimate(effect, nothing, seeds, nothing, nothing)
    squares = ((left - left.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    error = np.sqrt((n - 1) / n * squares)
    return Estimate(effect, error, seeds, nothing, seeds - 1.0)


def _sign_flip_p(differences: Array, n: NDArray[np.int64]) -> Array:
    """Return the share of sign patterns whose |sum| is at least the one observed.

    Fisher 1935, The Design of Experiments, §21. A difference of zero stands for one that is missing
    and changes nothing.
    """
    seeds = differences.shape[-1]
    p = np.full(n.shape, np.nan)
    if 0 < seeds <= EXACT:
        flat, share = differences.reshape(-1, seeds), np.empty(n.size)
        for start in range(0, len(flat), 1024):
            sums = np.abs(flat[start : start + 1024] @ _sign_patterns(seeds).T)
            # Patterns that tie in exact arithmetic may differ in the last bits.
            share[start : start + 1024] = (sums >= sums[:, :1] * (1 - 1e-12)).mean(axis=1)
        p = np.where(n > 0, share.reshape(n.shape), np.nan)
    return p


@cache
def _sign_patterns(n: int) -> Array:
    return np.array(list(itertools.product((1.0, -1.0), repeat=n)))


def detectable_effect(df: ArrayLike, level: float = LEVEL, power: float = 0.8) -> Array:
    """Return the effect, in standard errors, that a two-sided t test finds with `power`.

    Parameters
    ----------
    df : array_like
        Degrees of freedom of the error, one at least: of n pairs, n − 1.
    level : float, optional
        Level of the test.
    power : float, optional
        Probability of finding the effect.

    Returns
    -------
    numpy.ndarray
        Of the shape of `df`; NaN where that is.
    """
    degrees = np.asarray(df, np.float64)
    critical = special.stdtrit(degrees, 1 - level / 2)
    # The tail on the wrong side is left out: at a power of interest it holds nothing.
    return np.asarray(special.nctdtrinc(degrees, 1 - power, critical))


def correct_holm(p_values: ArrayLike) -> Array:
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
