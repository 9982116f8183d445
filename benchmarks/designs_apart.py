"""Random matrices set apart from those of `benchmarks.designs`, to judge the rule of trust by.

They are made up from what layers may look like, without a look at how the rule answers, and their
tables stand by themselves.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks import draws
from benchmarks.designs import (
    SIZES,
    Design,
    Drawn,
    Generator,
    Spectrum,
    draw_power_law,
    draw_with_spectrum,
)

_BLOCKS = 4  # blocks of a block-diagonal matrix
_SHARPNESS = 8.0  # of the largest of graded directions, over the edge of the noise


def draw_laplace(size: int, generator: Generator) -> Drawn:
    """Return independent entries of a Laplace distribution, which has all moments: noise."""
    return Drawn(generator.laplace(size=(1, 2 * size, size)))


def draw_block_diagonal(size: int, generator: Generator) -> Drawn:
    """Return Gaussian blocks on a diagonal of zeros, each of its own variance: noise."""
    side = size // _BLOCKS
    values = np.zeros((size, size))
    for index in range(_BLOCKS):
        rows = slice(index * side, (index + 1) * side)
        values[rows, rows] = (1 + index) * draws.gaussian(side, side, generator)
    return Drawn(values[np.newaxis])


def draw_pruned_rows(size: int, generator: Generator) -> Drawn:
    """Return Gaussian entries of which a third of the rows are a hundredth of the others: noise."""
    noise = draws.gaussian(size, size, generator)
    noise[: size // 3] *= np.float32(0.01)
    return Drawn(noise[np.newaxis])


def draw_graded(size: int, generator: Generator) -> Drawn:
    """Return noise and directions of geometrically growing strength, a sixteenth of all.

    They are structure and no power law: there are as many in every factor of their strength, and
    none beyond the largest.
    """
    eigenvalues = np.zeros(size)
    eigenvalues[: size // 16] = 4 * np.geomspace(1, _SHARPNESS**2, size // 16)
    planted = draws.with_spectrum(eigenvalues, size, generator)
    return Drawn((planted + draws.gaussian(size, size, generator))[np.newaxis])


def draw_three_factors(size: int, generator: Generator) -> Drawn:
    """Return the product of three square Gaussian matrices, whose spectrum ends at an edge."""
    first, second, third = (draws.gaussian(size, size, generator) for _ in range(3))
    return Drawn((first @ second @ third)[np.newaxis])


def gamma(size: int, generator: Generator) -> NDArray[np.float64]:
    """Return values of a gamma law of shape one half, whose tail is exponential."""
    return generator.gamma(0.5, size=size)


def inverse_gaussian(size: int, generator: Generator) -> NDArray[np.float64]:
    """Return values of an inverse Gaussian law, x^(−3/2) and then exponential."""
    return generator.wald(1.0, 0.5, size)


def two_exponentials(size: int, generator: Generator) -> NDArray[np.float64]:
    """Return exponential values, a fifth of them of five times the mean."""
    return generator.exponential(np.where(generator.random(size) < 0.2, 5.0, 1.0))


def above_triangle(
    size: int, generator: Generator, alpha: float, share: float
) -> NDArray[np.float64]:
    """Return this share of values from a power law that starts at one, the others rising to it."""
    count = round(share * size)
    below = np.sqrt(generator.random(size - count))
    return np.concatenate([draws.pareto(alpha, count, generator), below])


def _above_bulk(alpha: float, share: float, aspect: int) -> tuple[str, Design]:
    draw = partial(draw_power_law, alpha=alpha, share=share, aspect=aspect)
    name = f"power law {alpha:g} on {share:.0%} above a bulk, N/M = {aspect}"
    return name, Design(draw, "power law", alpha=alpha, share=share, sizes=SIZES)


def _no_law(spectrum: Spectrum) -> Design:
    return Design(partial(draw_with_spectrum, spectrum=spectrum), "no law")


APART: dict[str, Design] = {
    "Laplace entries, N/M = 2": Design(draw_laplace, "noise", sizes=SIZES[:2]),
    "blocks on the diagonal": Design(draw_block_diagonal, "noise"),
    "a third of the rows pruned": Design(draw_pruned_rows, "noise"),
    "graded directions": Design(draw_graded, "structure"),
    "product of three": Design(draw_three_factors, "no law"),
    "gamma, shape 0.5": _no_law(gamma),
    "inverse Gaussian": _no_law(inverse_gaussian),
    "two exponentials": _no_law(two_exponentials),
    "power law 2.75 on 70% above a triangle": Design(
        partial(draw_with_spectrum, spectrum=partial(above_triangle, alpha=2.75, share=0.7)),
        "power law",
        alpha=2.75,
        share=0.7,
    ),
    **dict(_above_bulk(*of) for of in ((2.25, 0.15, 2), (1.8, 0.2, 1), (3.5, 0.5, 2))),
}
"""Designs by name, none of which is one of the others."""
