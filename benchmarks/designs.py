"""Random matrices about which it is known whether they are noise, and whether a power law."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import draws
from weightscape.spectra.rounding import Rounding, bound_rounding

Generator = np.random.Generator
Spectrum = Callable[[int, Generator], NDArray[np.float64]]
Kind = Literal["noise", "structure", "heavy entries", "no law", "power law", "one spike"]
"""What is true of a design, and so which words are false.

* ``noise``: independent entries, of whatever variances. Neither heavy nor trusted.
* ``structure``: some directions and noise. Not trusted; heavy is right where they are many.
* ``heavy entries``: independent entries without a fourth moment. Not heavy; their spectrum has a
  tail near a power law, so that nothing is judged of trust.
* ``no law``: a long tail of another law. Not trusted.
* ``power law``: its tail is one. Trusted, with the true exponent in the interval.
* ``one spike``: noise and one direction, for the bulk alone.
"""
SIZES = (192, 512, 1024)
"""Numbers of eigenvalues."""
ALPHAS = (2.0, 3.0, 4.0)
ASPECTS = (1, 4)
STRENGTHS = (0.0, 0.5, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0)
"""Strengths of a spike over the threshold of Baik, Ben Arous and Péché."""
_POSITIONS = np.array([0.7, 0.8, 0.8, 0.8, 2.0, 1.0, 0.9, 1.0, 1.0])
_POSITIONS.flags.writeable = False
_WEIGHT = 0.02  # standard deviation of the weights that are rounded


class Drawn(NamedTuple):
    """A layer matrix as the engine takes it.

    Attributes
    ----------
    values : ndarray
        The entries (slices, rows, cols).
    layer_type : str
        Kind of the operator.
    rounding : Rounding, optional
        That of a difference of stored weights.
    """

    values: NDArray[np.floating]
    layer_type: str = "Linear"
    rounding: Rounding | None = None


@dataclass(frozen=True)
class Design:
    """A random matrix, and the truth about it.

    Attributes
    ----------
    draw : callable
        Gives a matrix with this number of eigenvalues, or about as many.
    kind : Kind
        What is true of it.
    alpha : float, optional
        Exponent of a power law.
    share : float, optional
        Share of its eigenvalues that follow the power law.
    strength : float, optional
        Of one spike, over the threshold of Baik, Ben Arous and Péché.
    sizes : tuple of int, optional
        The numbers of eigenvalues that it is tried with.
    """

    draw: Callable[[int, Generator], Drawn]
    kind: Kind
    alpha: float | None = None
    share: float | None = None
    strength: float | None = None
    sizes: tuple[int, ...] = SIZES


def draw_gaussian(size: int, generator: Generator, aspect: int = 1) -> Drawn:
    """Return independent Gaussian entries of one variance."""
    return Drawn(draws.gaussian(aspect * size, size, generator)[np.newaxis])


def draw_scaled(size: int, generator: Generator) -> Drawn:
    """Return Gaussian entries whose rows and columns have log-normal scales, of sd 1 each."""
    rows, columns = np.exp(generator.standard_normal((2, size)))
    noise = draws.gaussian(size, size, generator)
    return Drawn((rows[:, np.newaxis] * noise * columns)[np.newaxis])


def draw_positions(size: int, generator: Generator) -> Drawn:
    """Return a convolution of Gaussian entries, of one variance at each of nine positions."""
    side = max(1, round(size / _POSITIONS.size))
    noise = [np.sqrt(of) * draws.gaussian(side, side, generator) for of in _POSITIONS]
    return Drawn(np.stack(noise), "Conv2d")


def draw_student(size: int, generator: Generator, freedom: int) -> Drawn:
    """Return independent entries of Student's t distribution."""
    return Drawn(generator.standard_t(freedom, (1, size, size)))


def draw_spikes(size: int, generator: Generator) -> Drawn:
    """Return noise and 8 directions of 1.5 to 3 times its largest singular value."""
    return _add_directions(size, np.linspace(1.5, 3, 8), generator)


def draw_many_spikes(size: int, generator: Generator) -> Drawn:
    """Return noise and directions of twice its largest singular value, an eighth of all."""
    return _add_directions(size, np.full(size // 8, 2.0), generator)


def draw_low_rank(size: int, generator: Generator) -> Drawn:
    """Return a product of two Gaussian matrices, of rank 16, and noise of the same norm."""
    product = _product(size, 16, generator)
    noise = generator.standard_normal((size, size))
    return Drawn((_of_norm(product, 1) + _of_norm(noise, 1))[np.newaxis])


def draw_rounding(size: int, generator: Generator, rank: int | None, share: float) -> Drawn:
    """Return a change of weights by this `share` of their norm, both stored as bfloat16.

    The change is of the given rank; of Gaussian entries where it is None.
    """
    weights = _WEIGHT * generator.standard_normal((size, size))
    change = _product(size, rank, generator) if rank else generator.standard_normal((size, size))
    before = draws.round_to_bfloat16(weights)
    moved = before + _of_norm(change, share * float(np.linalg.norm(weights)))
    start, values = before[np.newaxis], draws.round_to_bfloat16(moved)[np.newaxis]
    return Drawn(values - start, "Linear", bound_rounding(values, ("bfloat16",) * 2, start))


def draw_product(size: int, generator: Generator) -> Drawn:
    """Return the product of two square Gaussian matrices."""
    return Drawn(_product(size, size, generator)[np.newaxis])


def draw_with_spectrum(
    size: int, generator: Generator, spectrum: Spectrum, aspect: int = 1
) -> Drawn:
    """Return a matrix with eigenvalues of this law and random singular vectors."""
    eigenvalues = spectrum(size, generator)
    return Drawn(draws.with_spectrum(eigenvalues, aspect * size, generator)[np.newaxis])


def draw_power_law(
    size: int, generator: Generator, alpha: float, share: float, aspect: int
) -> Drawn:
    """Return a matrix whose upper eigenvalues follow a power law, above the bulk of noise.

    The largest eigenvalue of the noise is where the power law starts.
    """
    count = round(share * size)
    tail = draws.pareto(alpha, count, generator)
    body = np.empty(0)
    if size > count:
        body = draws.gaussian_spectrum(aspect * (size - count), size - count, generator)
        body /= body[-1]
    eigenvalues = np.concatenate([tail, body])
    return Drawn(draws.with_spectrum(eigenvalues, aspect * size, generator)[np.newaxis])


def draw_spike(size: int, generator: Generator, strength: float, aspect: int) -> Drawn:
    """Return noise and one direction."""
    return Drawn(draws.spiked(strength, aspect * size, size, generator)[np.newaxis])


def lognormal(size: int, generator: Generator, sd: float) -> NDArray[np.float64]:
    """Return values whose logarithms are normal."""
    return generator.lognormal(0, sd, size)


def weibull(size: int, generator: Generator, shape: float) -> NDArray[np.float64]:
    """Return values of a stretched exponential law; shape 1 is the exponential one."""
    return generator.weibull(shape, size)


def _add_directions(size: int, strengths: NDArray[np.float64], generator: Generator) -> Drawn:
    """Return noise and directions whose `strengths` are in units of its edge."""
    edge = 2.0  # of the singular values of square noise of variance 1/size
    eigenvalues = np.zeros(size)
    eigenvalues[: strengths.size] = (edge * strengths) ** 2
    planted = draws.with_spectrum(eigenvalues, size, generator)
    return Drawn((planted + draws.gaussian(size, size, generator))[np.newaxis])


def _product(size: int, rank: int, generator: Generator) -> NDArray[np.float64]:
    left, right = generator.standard_normal((2, size, rank))
    product: NDArray[np.float64] = left @ right.T
    return product


def _of_norm(values: NDArray[np.float64], norm: float) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = values * (norm / np.linalg.norm(values))
    return scaled


def _plant(alpha: float, share: float, aspect: int) -> tuple[str, Design]:
    draw = partial(draw_power_law, alpha=alpha, share=share, aspect=aspect)
    name = f"power law {alpha:g} on {share:.0%}, N/M = {aspect}"
    # Twice the time of a square matrix, for the same eigenvalues against a narrower null.
    sizes = SIZES if aspect == 1 else SIZES[:2]
    return name, Design(draw, "power law", alpha=alpha, share=share, sizes=sizes)


def _without_law(spectrum: Spectrum) -> Design:
    return Design(partial(draw_with_spectrum, spectrum=spectrum), "no law")


DESIGNS: dict[str, Design] = {
    **{
        f"Gaussian, N/M = {aspect}": Design(partial(draw_gaussian, aspect=aspect), "noise")
        for aspect in ASPECTS
    },
    "rows and columns scaled": Design(draw_scaled, "noise"),
    "kernel positions differ": Design(draw_positions, "noise"),
    "rounded change of rank 8": Design(partial(draw_rounding, rank=8, share=1e-2), "noise"),
    "rounded change of full rank": Design(partial(draw_rounding, rank=None, share=1e-3), "noise"),
    "8 spikes": Design(draw_spikes, "structure"),
    "M/8 spikes": Design(draw_many_spikes, "structure"),
    "16 directions and noise": Design(draw_low_rank, "structure"),
    **{
        f"Student entries, {freedom} degrees": Design(
            partial(draw_student, freedom=freedom), "heavy entries"
        )
        for freedom in (2, 3)
    },
    **{f"log-normal, sd {sd:g}": _without_law(partial(lognormal, sd=sd)) for sd in (0.5, 1, 2)},
    "exponential": _without_law(partial(weibull, shape=1.0)),
    "stretched exponential": _without_law(partial(weibull, shape=0.5)),
    "product of two": Design(draw_product, "no law"),
    **dict(
        _plant(alpha, share, aspect)
        for share in (1.0, 0.5)
        for alpha in ALPHAS
        for aspect in ASPECTS
    ),
    **dict(_plant(alpha, share, 1) for alpha, share in ((2.5, 0.2), *((a, 0.1) for a in ALPHAS))),
}
"""Designs by name, of kinds that words are judged by."""
SPIKED: dict[str, Design] = {
    f"spike {strength:g}, N/M = {aspect}": Design(
        partial(draw_spike, strength=strength, aspect=aspect),
        "one spike",
        strength=strength,
        sizes=SIZES[:2],
    )
    for aspect in ASPECTS
    for strength in STRENGTHS
}
"""Designs by name, of which the bulk and the null alone are computed."""
