"""The Marchenko–Pastur law, and its fit to the bulk of a spectrum."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

_BANDWIDTH = 0.1
_POINTS = 1000
_LEAST_DENSITY = 0.01
_ANGLES = 2000  # of the midpoint rule for the median, which is off by less than 1e-6 of it
_TRACY_WIDOM = 46.446, 0.186054, 9.84801  # shape, scale and shift of a gamma law close to it
_PENALTY = 1000.0  # the residual at every point where the support of the law is out of place


@dataclass(frozen=True)
class MarchenkoPastur:
    """Fit of the Marchenko–Pastur law to the bulk of a spectrum.

    Attributes
    ----------
    sigma_mp : float
        Scale of the law, of the eigenvalues rescaled to mean one.
    bulk_min, bulk_max : float
        Edges of the bulk, in units of the eigenvalues themselves.
    num_spikes : int
        Number of eigenvalues above the upper edge and its Tracy–Widom margin.
    mp_softrank : float
        bulk_max over the largest eigenvalue.
    """

    sigma_mp: float
    bulk_min: float
    bulk_max: float
    num_spikes: int
    mp_softrank: float


def mp_edges(Q: float, sigma: float) -> tuple[float, float]:
    """Return the edges σ²(1 ∓ 1/√Q)² of the Marchenko–Pastur law."""
    low, high = _edges(Q, sigma)
    return float(low), float(high)


def mp_density(
    x: NDArray[np.float64], Q: float, sigma: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the Marchenko–Pastur density at the eigenvalues `x`.

    It is the limit law of the eigenvalues of WᵀW/N for an N×M matrix of independent entries with
    variance σ² [1]_. For the fit of a spectrum, σ is `sigma_mp` for eigenvalues rescaled to mean
    one, and sigma_mp·√mean for the eigenvalues themselves.

    Parameters
    ----------
    x : ndarray of float64
        Where to evaluate it.
    Q : float
        Aspect ratio N/M ≥ 1.
    sigma : float or ndarray of float64
        Standard deviation of the entries, or several that broadcast with `x`.

    Returns
    -------
    ndarray of float64
        Q·√((b − x)(x − a))/(2πσ²x) between the edges a and b, zero elsewhere. At Q = 1 the
        density grows without bound towards 0, where zero is returned.

    References
    ----------
    .. [1] Marchenko and Pastur 1967, doi:10.1070/SM1967v001n04ABEH001994
    """
    low, high = _edges(Q, sigma)
    roots = np.sqrt(np.clip((high - x) * (x - low), 0, None))
    density: NDArray[np.float64] = np.divide(
        Q * roots, 2 * np.pi * sigma**2 * x, out=np.zeros_like(roots), where=(x > 0) & (roots > 0)
    )
    return density


def quarter_circle_density(
    x: NDArray[np.float64], sigma: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the law of the singular values at Q = 1, √(4σ² − x²)/(πσ²) for 0 ≤ x ≤ 2σ.

    It is `mp_density` at Q = 1 in terms of x = √λ.
    """
    inside = (x >= 0) & (x <= 2 * sigma)
    return np.sqrt(np.where(inside, 4 * sigma**2 - x**2, 0)) / (np.pi * sigma**2)


@lru_cache(4096)
def mp_median(Q: float) -> float:
    """Return the median of the Marchenko–Pastur law with σ = 1 and the aspect ratio Q ≥ 1.

    The law is integrated over the angle θ in x = 1 + 1/Q − 2·cos θ/√Q, in which it is smooth up to
    its edges.
    """
    angles = (np.arange(_ANGLES) + 0.5) * np.pi / _ANGLES
    x = 1 + 1 / Q - 2 * np.cos(angles) / np.sqrt(Q)
    mass = np.sin(angles) ** 2 / x
    return float(np.interp(mass.sum() / 2, np.cumsum(mass) - mass / 2, x))


def noise_limit(N: NDArray[np.int_], M: NDArray[np.int_], level: float) -> NDArray[np.float64]:
    """Return what the largest eigenvalue of WᵀW exceeds with the probability `level` in noise.

    W is N×M, of independent Gaussian entries with variance one. The largest eigenvalue follows
    the Tracy–Widom law [1]_ [2]_, whose quantiles are taken from a shifted gamma law [3]_.

    Parameters
    ----------
    N, M : ndarray of int
        The sides, in either order, at least 1; a small side makes the limit less exact.
    level : float
        The probability.

    References
    ----------
    .. [1] Johnstone 2001, doi:10.1214/aos/1009210544
    .. [2] Ma 2012, doi:10.3150/10-BEJ382, for sides less a half
    .. [3] Chiani 2014, arXiv:1209.3394
    """
    shape, scale, shift = _TRACY_WIDOM
    centre, width = _edge_of_noise(N, M)
    limit: NDArray[np.float64] = centre + width * (
        scale * special.gammainccinv(shape, level) - shift
    )
    return limit


def noise_tail(largest: float, N: int, M: int) -> float:
    """Return how often noise has a larger eigenvalue than `largest`: `noise_limit` turned round."""
    shape, scale, shift = _TRACY_WIDOM
    centre, width = _edge_of_noise(np.array(N), np.array(M))
    beyond = max(float((largest - centre) / width) + shift, 0.0)
    return float(special.gammaincc(shape, beyond / scale))


def _edge_of_noise(
    N: NDArray[np.int_], M: NDArray[np.int_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return centre and width of the Tracy–Widom law of the largest eigenvalue of noise."""
    long, short = np.sqrt(N - 0.5), np.sqrt(M - 0.5)
    return (long + short) ** 2, (long + short) * (1 / long + 1 / short) ** (1 / 3)


def fit_marchenko_pastur(
    eigenvalues: NDArray[np.float64], N: int, M: int
) -> MarchenkoPastur | None:
    """Fit the Marchenko–Pastur law to the bulk, by the recipe of WeightWatcher 0.7.7.

    The law with the least squared distance from a kernel estimate of the density is taken, over
    a grid of σ and then by the simplex method. It must reach from the left of the density's mode
    to the right of it and end where there are eigenvalues.

    At N = M the law of the singular values is fitted. WeightWatcher's scales its height with σ
    and leaves its support at [0, 2]; here σ scales both, so that the values differ from
    WeightWatcher's there and agree with it elsewhere.

    Parameters
    ----------
    eigenvalues : ndarray of float64
        Eigenvalues of WᵀW, pooled over slices, not all zero.
    N, M : int
        Larger and smaller side of one slice.

    Returns
    -------
    MarchenkoPastur or None
        None where no law fits: a few eigenvalues outgrow all others by far.
    """
    Q, scale = N / M, eigenvalues.mean()
    rescaled = eigenvalues / scale
    largest = rescaled.max()
    points, density = _density(np.sqrt(rescaled) if Q == 1 else rescaled)
    kept = density > _LEAST_DENSITY
    if not kept.any():
        return None
    points, density = points[kept], density[kept]
    mode = points[density.argmax()]

    def distances(widths: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the squared distance from the density for every σ, in one pass."""
        column = widths[:, np.newaxis]
        if Q == 1:
            return _squares(quarter_circle_density(points, column) - density)
        found = np.full(widths.size, _PENALTY**2 * points.size)
        low, high = _edges(Q, widths)
        fits = (low <= mode) & (high >= mode) & (high <= points[-1])
        found[fits] = _squares(mp_density(points, Q, column[fits]) - density)
        return found

    def distance(sigma: NDArray[np.float64]) -> float:
        return float(distances(sigma)[0])

    guess = np.sqrt(largest) / (1 + Q**-0.5)
    grid = np.arange(0.05, 2, 0.01) * guess
    best = float(grid[distances(grid).argmin()])
    polished = optimize.minimize(distance, best, method="Nelder-Mead")
    if polished.fun >= _PENALTY**2:
        return None
    sigma = float(polished.x[0])
    low, high = mp_edges(Q, sigma)
    margin = np.sqrt(Q**-0.5 * (high / M) ** (2 / 3))
    return MarchenkoPastur(
        sigma_mp=sigma,
        bulk_min=float(low * scale),
        bulk_max=float(high * scale),
        num_spikes=int(np.count_nonzero(rescaled > high + margin)),
        mp_softrank=float(high / largest),
    )


def _edges(Q: float, sigma: float | NDArray[np.float64]) -> tuple[Any, Any]:
    return (sigma * (1 - Q**-0.5)) ** 2, (sigma * (1 + Q**-0.5)) ** 2


def _squares(residuals: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.einsum("ij,ij->i", residuals, residuals)
    return found


def _density(sample: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a kernel estimate of the density with triangles of half-width `_BANDWIDTH`.

    Sums over the sorted sample give it in O((n + points)·log n).
    """
    sample = np.sort(sample)
    points = np.linspace(0, sample[-1] + 0.5, _POINTS)
    sums = np.concatenate([[0.0], np.cumsum(sample)])
    start, middle, stop = (
        np.searchsorted(sample, points + shift) for shift in (-_BANDWIDTH, 0.0, _BANDWIDTH)
    )
    left = (middle - start) * (_BANDWIDTH - points) + sums[middle] - sums[start]
    right = (stop - middle) * (_BANDWIDTH + points) - sums[stop] + sums[middle]
    return points, (left + right) / (sample.size * _BANDWIDTH**2)
