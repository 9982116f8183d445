"""The power law against other laws of the tail, by likelihood."""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from weightscape.spectra.power_law import PowerLaw
from weightscape.spectra.tail_shape import FARTHEST, find_log_cv, find_nested_ratio, mean_above

_ROUNDING = 1e-9  # standard deviation of the differences that is no more than rounding


def likelihood_ratios(eigenvalues: NDArray[np.float64], fit: PowerLaw) -> dict[str, float]:
    """Return the likelihood ratios of the power law to its rivals, and their p-values.

    Power law, log-normal and exponential are truncated at the fit's xmin and have their
    maximum-likelihood parameters there. With d the differences of the log-likelihoods of the n
    values of the tail, the ratio is Σd/(√n·sd(d)), and p = erfc(|ratio|/√2) says how likely it is
    to be as far from zero if both laws are equally far from the truth [1]_ [2]_. They are those
    of `distribution_compare(…, normalized_ratio=True)` of the powerlaw package 1.5, of which the
    numerical search for the log-normal can end short of the maximum.

    Parameters
    ----------
    eigenvalues : ndarray of float64
        The sample that `fit` is of.
    fit : PowerLaw
        Its fit.

    Returns
    -------
    dict of str to float
        `lr_lognormal`, `lr_lognormal_p`, `lr_exponential`, `lr_exponential_p`, and `lr_nested`, see
        `weightscape.spectra.tail_shape.find_nested_ratio`. A positive ratio of the others speaks
        for the power law. Against the log-normal it hardly can: the power law is a limit of it, and
        Vuong's p is of two laws of which neither is one of the other. The log-normal's are 0 and 1
        where no log-normal is likelier than that limit: the logarithms of the tail then vary as
        much as exponential ones or more.

    References
    ----------
    .. [1] Vuong 1989, doi:10.2307/1912557
    .. [2] Clauset, Shalizi and Newman 2009, appendix C, doi:10.1137/070710111
    """
    ratios = eigenvalues[eigenvalues >= fit.xmin] / fit.xmin
    steps = np.log(ratios)
    # Densities are those of the values over xmin.
    power_law = np.log(fit.alpha - 1) - fit.alpha * steps
    excess = np.mean(ratios - 1)
    exponential = -np.log(excess) - (ratios - 1) / excess
    lognormal = _truncated_normal(steps)
    gain = find_nested_ratio(find_log_cv(steps, np.ones(steps.size)), steps.size)
    found = {"lr_lognormal": 0.0, "lr_lognormal_p": 1.0, "lr_nested": gain}
    if lognormal is not None:
        found |= _compared("lr_lognormal", power_law - (lognormal - steps))
    return found | _compared("lr_exponential", power_law - exponential)


def _compared(name: str, differences: NDArray[np.float64]) -> dict[str, float]:
    spread = differences.std()
    if spread <= _ROUNDING * (1 + np.abs(differences).max()):
        return {name: 0.0, f"{name}_p": 1.0}
    ratio = differences.sum() / (np.sqrt(differences.size) * spread)
    return {name: float(ratio), f"{name}_p": float(special.erfc(abs(ratio) / np.sqrt(2)))}


def _truncated_normal(steps: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the log-densities of `steps` ≥ 0 under the likeliest normal law truncated at 0.

    The law is of exponential family: the likeliest one has the mean and the mean square of the
    sample. Both are functions of the truncation a = −µ/σ, and the ratio of the mean square to the
    squared mean grows with a from 1 towards 2, its value for exponential steps [1]_.

    References
    ----------
    .. [1] Castillo 1994, The singly truncated normal distribution, doi:10.1007/BF00773592
    """
    mean, square = steps.mean(), np.mean(steps**2)

    def surplus(a: float) -> float:
        m = mean_above(a)
        return float((1 - a * m) / m**2 - square / mean**2)

    if surplus(-FARTHEST) >= 0 or surplus(FARTHEST) <= 0:
        return None
    a = optimize.brentq(surplus, -FARTHEST, FARTHEST)
    sigma = mean / mean_above(a)
    logs: NDArray[np.float64] = (
        -0.5 * (steps / sigma + a) ** 2 - np.log(sigma * np.sqrt(2 * np.pi)) - special.log_ndtr(-a)
    )
    return logs
