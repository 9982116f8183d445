"""The power law with an exponential cut-off, fitted to the tail of a spectrum."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightscape.spectra.power_law import PowerLaw

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(256)
_DROP = 40.0  # by which the exponent of the density falls where it is no longer looked at
_STEPS = 200
_CLOSE = (
    1e-18  # squared length of a Newton step, in standard errors of a single value, that is none
)
_ROUNDED = 1e-10  # the same where rounding ends the search


class TruncatedPowerLaw(NamedTuple):
    """Fit of p(x) ∝ x^(−alpha_tpl) · exp(−Lambda·x) for x ≥ xmin.

    Attributes
    ----------
    alpha_tpl : float
        Exponent; may be 1 or less, where the cut-off makes up for it.
    Lambda : float
        Rate of the cut-off, one over the unit of x; 0 where the power law is the likeliest.
    lr_truncated : float
        Twice the log-likelihood ratio to the power law, never negative.
    """

    alpha_tpl: float
    Lambda: float
    lr_truncated: float


class _Moments(NamedTuple):
    """Log of the norm of a density of y ≥ 1; mean and covariance of (ln y, y over a scale)."""

    log_norm: float
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def fit_truncated_power_law(
    eigenvalues: NDArray[np.float64], fit: PowerLaw
) -> TruncatedPowerLaw | None:
    """Fit a power law with an exponential cut-off to the tail of a power law, by likelihood.

    Of x/xmin the law is of exponential family in its two parameters, so that the likelihood has
    one maximum, which Newton's method finds. Where the tail's mean is not below that of the
    likeliest power law, the maximum is that power law, the limit Λ → 0; with alpha ≤ 2 it has no
    mean, and Λ > 0 always. Where the exponent is above 1 the values are those of
    `Fit(…).truncated_power_law` of the powerlaw package 1.5, which looks nowhere else, and which
    the search by simplices may leave short of the maximum.

    Parameters
    ----------
    eigenvalues : ndarray of float64
        The sample that `fit` is of.
    fit : PowerLaw
        Its fit: the tail starts at its xmin.

    Returns
    -------
    TruncatedPowerLaw or None
        None where the search does not converge.

    References
    ----------
    .. [1] Clauset, Shalizi and Newman 2009, table 2.1, doi:10.1137/070710111
    """
    ratios = eigenvalues[eigenvalues >= fit.xmin] / fit.xmin
    scale = float(ratios.mean())
    sample = np.array([np.log(ratios).mean(), 1.0])
    slope = fit.alpha - 1
    if slope > 1 and scale >= slope / (slope - 1):
        return TruncatedPowerLaw(fit.alpha, 0.0, 0.0)
    found = _maximise(sample, np.array([fit.alpha, 1.0]), scale)
    if found is None:
        return None
    parameters, height = found
    gain = 2 * ratios.size * (height - np.log(slope) + fit.alpha * sample[0])
    rate = float(parameters[1] / scale / fit.xmin)
    return TruncatedPowerLaw(float(parameters[0]), rate, max(float(gain), 0.0))


def _maximise(
    sample: NDArray[np.float64], start: NDArray[np.float64], scale: float
) -> tuple[NDArray[np.float64], float] | None:
    """Return the likeliest (exponent, rate · scale), and the mean log-likelihood there."""
    parameters = start
    moments = _find_moments(parameters, scale)
    height = -parameters @ sample - moments.log_norm
    for _ in range(_STEPS):
        gradient = moments.mean - sample
        step = np.linalg.solve(moments.covariance, gradient)
        length = float(step @ gradient)
        if length < _CLOSE:
            return parameters, float(height)
        if (least := -0.9 * parameters[1]) > step[1]:
            # The rate stays positive: it goes that far, and the exponent to its best place there.
            (variance, shared), _ = moments.covariance
            step = np.array([(gradient[0] - shared * least) / variance, least])
        share = 1.0
        while share > 1e-6:
            new = parameters + share * step
            moments = _find_moments(new, scale)
            reached = -new @ sample - moments.log_norm
            if reached > height:
                break
            share /= 2
        else:
            return (parameters, float(height)) if length < _ROUNDED else None
        parameters, height = new, reached
    return None


def _find_moments(parameters: NDArray[np.float64], scale: float) -> _Moments:
    """Return the moments of the density y^(−a)·exp(−b·y), y ≥ 1, by Gauss–Legendre in ln y."""
    exponent, rate = float(parameters[0]), float(parameters[1] / scale)
    low, high = _find_range(1 - exponent, rate)
    steps = (low + high) / 2 + (high - low) / 2 * _NODES
    values = np.exp(steps)
    heights = (1 - exponent) * steps - rate * values
    top = heights.max()
    masses = _WEIGHTS * np.exp(heights - top)
    total = masses.sum()
    statistics = np.stack([steps, values / scale])
    shares = masses / total
    mean = statistics @ shares
    apart = statistics - mean[:, np.newaxis]
    log_norm = float(top + np.log(total * (high - low) / 2))
    return _Moments(log_norm, mean, (apart * shares) @ apart.T)


def _find_range(growth: float, rate: float) -> tuple[float, float]:
    """Return where growth·t − rate·eᵗ is less than `_DROP` below its maximum over t ≥ 0.

    Both ends are bounds in closed form, farther out than need be by a small factor at most.
    """
    if growth <= 0:
        far = float(np.log1p(_DROP / rate))
        return 0.0, min(far, -_DROP / growth) if growth else far
    # From the peak of c·(s − eˢ) on, or from the start where there is none: the fall is at least
    # c·s²/2 to the right, and half of c·(eˢ − 1) from 1.3 on; to the left it is at least c·s²/3
    # within 1, and c·(s − 1) beyond.
    curvature = max(growth, rate)
    right = min(np.sqrt(2 * _DROP / curvature), max(1.3, float(np.log1p(2 * _DROP / curvature))))
    peak = max(0.0, float(np.log(growth / rate)))
    left = np.sqrt(3 * _DROP / curvature)
    left = left if left <= 1 else _DROP / curvature + 1
    return max(0.0, peak - float(left)), peak + float(right)
