"""Further random matrices that layers may look like, beside those of `benchmarks.designs`.

The rule of trust has been tried on them before it was fixed, as on those.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from benchmarks import draws
from benchmarks.designs import SIZES, Design, Drawn, Generator, draw_with_spectrum

_FILLED = 0.1  # share of the entries of a sparse matrix that are not zero
_BLOCKS = np.array([1.0, 4.0, 0.25, 2.0])  # variances of four blocks of columns
_FROM_CENTRE = np.outer([1, 2, 1], [1, 2, 1]).ravel()  # variances of a 3×3 kernel, row by row
_LIKENESS = 0.9  # correlation of a row with the next


def draw_sparse(size: int, generator: Generator, aspect: int) -> Drawn:
    """Return independent entries, nine in ten of which are zero and the others Gaussian.

    It is noise: the entries are of one variance, and all their moments are finite.
    """
    noise = draws.gaussian(aspect * size, size, generator)
    return Drawn((noise * (generator.random(noise.shape) < _FILLED))[np.newaxis])


def draw_profile(size: int, generator: Generator) -> Drawn:
    """Return Gaussian entries whose variance is a cosine over rows and steps over columns.

    It is noise: the entries are independent, and their variances are within a bounded range.
    """
    share = np.arange(size) / size
    rows = 1 + 0.8 * np.cos(np.pi * share)
    columns = _BLOCKS[(_BLOCKS.size * share).astype(int)]
    return Drawn(
        (np.sqrt(np.outer(rows, columns)) * draws.gaussian(size, size, generator))[np.newaxis]
    )


def draw_offset(size: int, generator: Generator) -> Drawn:
    """Return uniform entries whose mean is half their standard deviation.

    It is noise about the mean, which is one direction and no tail.
    """
    half_width = np.sqrt(3)  # of a uniform law of variance one
    return Drawn(0.5 + generator.uniform(-half_width, half_width, (1, size, size)))


def draw_orthogonal(size: int, generator: Generator) -> Drawn:
    """Return a random orthogonal matrix and Gaussian noise of a tenth of its norm.

    It counts as noise: its eigenvalues lie about one, between bounds, and nothing is above them.
    """
    orthogonal = draws.with_spectrum(np.ones(size), size, generator)
    return Drawn((orthogonal + 0.1 * draws.gaussian(size, size, generator))[np.newaxis])


def draw_from_centre(size: int, generator: Generator) -> Drawn:
    """Return a 3×3 convolution whose variance is 4 in the centre, 2 beside it, 1 in corners.

    It is noise: the entries are independent and Gaussian.
    """
    side = max(1, round(size / _FROM_CENTRE.size))
    noise = [np.sqrt(of) * draws.gaussian(side, side, generator) for of in _FROM_CENTRE]
    return Drawn(np.stack(noise), "Conv2d")


def draw_like_neighbours(size: int, generator: Generator) -> Drawn:
    """Return Gaussian entries, each row an autoregression of order one on the row before.

    Its spectrum is no power law: the correlations of the rows have no eigenvalue above
    (1 + ρ)/(1 − ρ), with ρ that of neighbours, so that it ends at no more than 4 times as much.
    """
    noise = draws.gaussian(size, size, generator)
    noise[1:] *= np.sqrt(1 - _LIKENESS**2)  # as it stands, the first row is of variance one
    return Drawn(lfilter([1], [1, -_LIKENESS], noise, axis=0)[np.newaxis])


def two_lognormals(size: int, generator: Generator) -> NDArray[np.float64]:
    """Return log-normal values, of sd .5 about one and, a quarter of them, of sd .8 about four.

    They follow no power law: the log-normal law of the larger ones takes over.
    """
    larger = generator.random(size) < 0.25
    values: NDArray[np.float64] = np.where(
        larger, generator.lognormal(np.log(4), 0.8, size), generator.lognormal(0, 0.5, size)
    )
    return values


def cut_off(size: int, generator: Generator) -> NDArray[np.float64]:
    """Return log-logistic values whose power-law tail an exponential law cuts off.

    The probability to exceed x is exp(−x/c)/(1 + x^1.5), where c is what a fiftieth of log-logistic
    values exceeds. They follow no power law: beyond c the exponential law rules.
    """
    share, shape = generator.random(size), 1.5
    cut = 49 ** (1 / shape)
    return np.minimum((share / (1 - share)) ** (1 / shape), generator.exponential(cut, size))


def over_uniform(
    size: int, generator: Generator, alpha: float, share: float
) -> NDArray[np.float64]:
    """Return this share of values from a power law that starts at one, the others uniform below."""
    count = round(share * size)
    return np.concatenate([draws.pareto(alpha, count, generator), generator.random(size - count)])


def draw_two_positions(size: int, generator: Generator, alpha: float) -> Drawn:
    """Return a convolution of two kernel positions whose eigenvalues follow one power law."""
    side = size // 2
    slices = [
        draws.with_spectrum(draws.pareto(alpha, side, generator), side, generator) for _ in range(2)
    ]
    return Drawn(np.stack(slices), "Conv1d")


FURTHER: dict[str, Design] = {
    "sparse entries, N/M = 3": Design(partial(draw_sparse, aspect=3), "noise", sizes=SIZES[:2]),
    "variances in waves and blocks": Design(draw_profile, "noise", sizes=SIZES[:2]),
    "uniform entries about a mean": Design(draw_offset, "noise", sizes=SIZES[:2]),
    "orthogonal and noise": Design(draw_orthogonal, "noise", sizes=SIZES[:2]),
    "kernel positions fall from the centre": Design(draw_from_centre, "noise", sizes=SIZES[:2]),
    "rows like their neighbours": Design(draw_like_neighbours, "no law"),
    "two log-normals": Design(partial(draw_with_spectrum, spectrum=two_lognormals), "no law"),
    "power law cut off": Design(partial(draw_with_spectrum, spectrum=cut_off), "no law"),
    "power law 2.5 on 60% over uniform, N/M = 2": Design(
        partial(draw_with_spectrum, spectrum=partial(over_uniform, alpha=2.5, share=0.6), aspect=2),
        "power law",
        alpha=2.5,
        share=0.6,
    ),
    "power law 3.5 on 100%, two positions": Design(
        partial(draw_two_positions, alpha=3.5), "power law", alpha=3.5, share=1.0
    ),
}
"""Designs by name, none of which is one of `benchmarks.designs.DESIGNS`."""
