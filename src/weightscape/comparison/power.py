"""What a study can find, before it is made: the smallest effect that its seeds will show.

The model: runs of one seed are independent, whatever their conditions, seeds are too, and every run
has the same variance σ². A sum Σ aᵢrᵢ of the runs of a seed then has the variance σ²Σaᵢ²:

* 2σ² for the effect of a condition, its run minus that of its reference, and so for the twin's;
* σ²(1 + 1/c) for the mean effect of c conditions with one reference;
* σ²(1/c₁ + 1/c₂) for the difference of two such means: the reference is in both, and cancels;
* σ² for a reference's own change, as the initial weights are given;
* σ²((1 ± ρ)² + 1/c) for ρ times that own change minus (plus) the mean effect of c conditions, on
  which an equivalence with a share as its margin rests.

A finite test set moves all seeds alike; what it adds to the mean over the seeds is proportional to
Σaᵢ² too, and no seed lowers it.
"""

from typing import NamedTuple

import numpy as np
from scipy import special

from weightscape.comparison.paired import LEVEL, Array, detectable_effect

POWER = 0.8
"""Share of studies in which what is there is found."""

MOST_SEEDS = 100
"""Seeds up to which it is asked how many an effect takes."""

DRAWS = 5000
"""Studies that are drawn for a verdict that rests on several tests: power to ± .6 % (one s.e.)."""


class Noise(NamedTuple):
    """What chance does to the difference of two runs of one seed.

    Attributes
    ----------
    seeds : float
        Its standard deviation between seeds, positive: what a twin shows.
    images : float
        Standard deviation of what the test images add to its mean over the seeds.
    """

    seeds: float
    images: float = 0.0

    def scale(self, factor: float) -> "Noise":
        """Return a multiple: of a mean over n sets of runs, that of one by 1/√n."""
        return Noise(self.seeds * factor, self.images * factor)


class Criterion(NamedTuple):
    """What a verdict asks: several sums of the runs of a seed, each to be shown above zero.

    Attributes
    ----------
    sums : numpy.ndarray
        Coefficients aᵢ of the runs, shape (sums, runs). The true value of every sum is the size
        that is asked about: an effect, or the margin where the effect is none.
    level : float
        Two-sided level of each test.
    is_share : bool
        Whether the margin is a share of another effect. The sums are then margin minus effect,
        margin plus effect, and margin; and the margin has to be above the smallest effect that the
        spread of the effect allows to find, or nothing is judged.
    """

    sums: Array
    level: float = LEVEL
    is_share: bool = False


def find_smallest(criterion: Criterion, noise: Noise, n_seeds: int, power: float = POWER) -> float:
    """Return the smallest size that a study finds.

    Of one sum it is that of Student's t test (`detectable_effect`). Several are correlated and
    estimate their variances from the same seeds: the size from which on all of them speak is found
    in each of `DRAWS` drawn studies, and its quantile taken.

    Parameters
    ----------
    criterion : Criterion
        What has to be shown.
    noise : Noise
        Of the metric, in whose unit the size is.
    n_seeds : int
        Seeds of the study, two at least.
    power : float, optional
        Share of studies in which it is found.
    """
    of_seeds = noise.seeds / np.sqrt(n_seeds)
    error = np.hypot(of_seeds, noise.images)
    # As `estimate_crossed` weighs them; the images are many.
    df = (n_seeds - 1) * (error / of_seeds) ** 2
    scale = _measure(criterion.sums)
    if len(scale) == 1:
        return float(detectable_effect(df, criterion.level, power) * error * scale[0])
    rng, root = np.random.default_rng(0), _find_root(criterion.sums) / np.sqrt(2)
    drawn = rng.normal(0, noise.seeds, (DRAWS, n_seeds, root.shape[1])) @ root.T
    mean = drawn.mean(axis=1) + rng.normal(0, noise.images, (DRAWS, root.shape[1])) @ root.T
    errors = np.hypot(drawn.std(axis=1, ddof=1) / np.sqrt(n_seeds), noise.images * scale)
    # A sum is shown where size + mean > t · error.
    needed = special.stdtrit(df, 1 - criterion.level / 2) * errors - mean
    if criterion.is_share:
        effect = (drawn[..., 1] - drawn[..., 0]) / 2
        images = noise.images * _measure(criterion.sums[1] - criterion.sums[0]) / 2
        spread = np.hypot(effect.std(axis=1, ddof=1) / np.sqrt(n_seeds), images)
        needed[:, 2] = np.maximum(needed[:, 2], detectable_effect(df) * spread - mean[:, 2])
    return float(np.quantile(needed.max(axis=1), power))


def count_seeds(
    criterion: Criterion, noise: Noise, size: float, power: float = POWER
) -> int | None:
    """Return how many seeds find a size, two at least; None where `MOST_SEEDS` do not.

    Parameters
    ----------
    criterion, noise, power
        As of `find_smallest`.
    size : float
        In the metric's unit, positive.
    """
    if find_smallest(criterion, noise, MOST_SEEDS, power) > size:
        return None
    few, enough = 1, MOST_SEEDS
    while enough - few > 1:
        middle = (few + enough) // 2
        if find_smallest(criterion, noise, middle, power) > size:
            few = middle
        else:
            enough = middle
    return enough


def _measure(sums: Array) -> Array:
    """Return the standard deviations of sums of runs, that of the difference of two being 1."""
    return np.asarray(np.sqrt((sums**2).sum(axis=-1) / 2))


def _find_root(sums: Array) -> Array:
    """Return a matrix that has the products of the sums and as few columns as they allow."""
    values, vectors = np.linalg.eigh(sums @ sums.T)
    some = values > values.max() * 1e-12
    return np.asarray(vectors[:, some] * np.sqrt(values[some]))
