"""The shape of a tail: whether it thins out as a power law does from its start to its end.

With y = ln(x/xmin), a power law has exponential steps y, whatever its exponent, and the standard
deviation of an exponential law is its mean: their ratio, the coefficient of variation, is 1. Where
a tail thins out faster and faster, as that of a log-normal or an exponential law, it is smaller.
It does not depend on the scale of the steps, so that a log-normal of any width gives the same.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

FARTHEST = 1e3
"""Truncation from the mode, in σ, beyond which a log-normal is a power law."""
_POINTS = 4000


def find_log_cv(steps: NDArray[np.float64], counts: NDArray[np.number]) -> float:
    """Return the log of the coefficient of variation of the steps of a tail [1]_.

    Its standard error under a power law is 1/√n.

    Parameters
    ----------
    steps : ndarray of float64
        Logarithms of the distinct values of the tail over its start, at least two.
    counts : ndarray
        How often each occurs.

    References
    ----------
    .. [1] Castillo, Daoudi and Lockhart 2014, doi:10.1111/sjos.12037
    """
    n = counts.sum()
    mean = counts @ steps / n
    return float(0.5 * np.log(counts @ (steps - mean) ** 2 / n) - np.log(mean))


def find_nested_ratio(log_cv: float, n: int) -> float:
    """Return twice the log-likelihood ratio of the likeliest log-normal tail to the power law.

    Both are truncated at xmin. The power law is the limit of the log-normal for growing variance,
    so that the ratio is never negative [1]_. Of n steps it depends on their coefficient of
    variation alone: both laws are known up to a scale by the ratio of mean square to squared mean.

    Parameters
    ----------
    log_cv : float
        The log of the coefficient of variation of the steps.
    n : int
        Their number.

    Returns
    -------
    float
        0 where no log-normal is likelier than its limit: the steps vary as much as exponential
        ones or more.

    References
    ----------
    .. [1] Malevergne, Pisarenko and Sornette 2011, doi:10.1103/PhysRevE.83.036111
    """
    squares, gains = _tabulate()
    return 2 * n * float(np.interp(1 + np.exp(2 * log_cv), squares, gains, right=0.0))


def mean_above(a: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return how far the mean of a standard normal law truncated at `a` is above `a`."""
    # erfcx overflows to infinity on the far left, where the truncation takes nothing away.
    return np.asarray(np.sqrt(2 / np.pi) / special.erfcx(np.asarray(a) / np.sqrt(2)) - a)


@cache
def _tabulate() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean square over squared mean, ascending, and the gain in log-likelihood of a step.

    With a = −µ/σ the truncation and m(a) the mean over σ, the likeliest log-normal has the sample's
    mean and mean square [1]_; its log-likelihood less that of the exponential law with the same
    mean is what is tabulated.

    References
    ----------
    .. [1] Castillo 1994, The singly truncated normal distribution, doi:10.1007/BF00773592
    """
    a = np.concatenate([-np.geomspace(FARTHEST, 1e-3, _POINTS), np.geomspace(1e-3, 60, _POINTS)])
    mean = mean_above(a)
    squares = (1 - a * mean) / mean**2
    gains = 0.5 - 0.5 * a * (mean + a) + np.log(mean) - 0.5 * np.log(2 * np.pi)
    gains = gains - special.log_ndtr(-a)
    return squares, gains
