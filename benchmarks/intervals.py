"""How true the intervals of scores are: runs about which the truth is known, on finite test sets.

Two conditions, compared seed by seed. How often does the 95 % interval of their difference hold the
difference over all seeds and all images? The margins by which images are classified rightly are
normal: what the condition gives to all, the image, the seed, the image under the condition, and the
rest, so that the truth of accuracy and AUROC follows in closed form.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import norm
from tqdm import tqdm

from benchmarks.report import Table
from benchmarks.workers import open_pool
from weightscape.comparison.crossed import Crossed, estimate_crossed
from weightscape.comparison.paired import estimate_paired
from weightscape.scoring.influence import group_images, jackknife_groups
from weightscape.scoring.leave_out import auroc_without
from weightscape.seeds import seed_for

SEEDS = (3, 5, 10)
REPLICATES = 4000
IMAGES = 360
GAINS = (1.0, 1.2)
"""What each of the two conditions gives to the margin of all images."""


class World(NamedTuple):
    """Standard deviations of the parts of a margin, beside that of the image, which is 1.

    Attributes
    ----------
    seed : float
        What a seed does to all images of a condition.
    image : float
        What a condition does to an image in all seeds.
    rest : float
        What is left.
    """

    seed: float
    image: float
    rest: float


WORLDS = {
    "images dominate": World(0.02, 0.8, 0.2),
    "seeds dominate": World(0.4, 0.2, 0.2),
    "balanced": World(0.12, 0.6, 0.3),
    "seeds and the rest": World(0.1, 0.0, 0.8),
    "the rest alone": World(0.0, 0.0, 0.8),
    "seeds agree to the image": World(0.0, 0.8, 0.0),
}


class Covered(NamedTuple):
    """Of one score in one replicate: whether intervals hold the truth, and the errors of both."""

    crossed: bool
    paired: bool
    of_seeds: float
    error: float


def measure(folder: Path, quick: bool, factor: float) -> list[Table]:
    """Return the table; `factor` multiplies the number of replicates."""
    several = 4 if quick else max(100, round(factor * REPLICATES))
    rows = []
    with open_pool() as pool:
        for name, world in WORLDS.items():
            draw = partial(replicate, name, world)
            found = pool.imap_unordered(draw, range(several), chunksize=2 if quick else 20)
            rows += _summarise(name, list(tqdm(found, total=several, desc=name, unit=" studies")))
    slack = 100 * 2 * np.sqrt(0.05 * 0.95 / several)
    return [
        Table(
            "The 95 % interval of a score's effect holds the truth, % of studies",
            rows,
            f"{several} studies a row, of {IMAGES} test images in two classes, so that a true 95 %"
            f" shows as 95 ± {slack:.1f} in 19 of 20 rows. *Over seeds alone* is the paired t"
            " interval. *Seeds' part* is the error over seeds by itself, as a share of the whole"
            " one, of accuracy, median. *The rest alone*: seeds differ on every image, and neither"
            " a seed nor an image does anything to the others; an error that is that of the larger"
            " part at least is then rather too large.",
        )
    ]


def replicate(name: str, world: World, number: int) -> dict[tuple[str, int], Covered]:
    """Make the runs of one study, and say by score and number of seeds what intervals hold."""
    rng = np.random.default_rng(seed_for(name, number))
    labels = rng.integers(0, 2, IMAGES)
    groups = group_images(IMAGES)
    margins = draw_margins(world, max(SEEDS), rng)
    scores = [[_score(each, labels, groups) for each in of_seeds] for of_seeds in margins]
    found = {}
    for score, truth in find_truth(world).items():
        values, influences = (
            np.array([[run[score][part] for run in of_seeds] for of_seeds in scores])
            for part in (0, 1)
        )
        both = Crossed(values, (influences,))
        effect = both[1] - both[0]
        for n in SEEDS:
            part = Crossed(effect.values[:n], (effect.influences[0][:n],))
            crossed, paired = estimate_crossed(part), estimate_paired(part.values)
            found[score, n] = Covered(
                bool(crossed.low <= truth <= crossed.high),
                bool(paired.low <= truth <= paired.high),
                float(paired.error),
                float(crossed.error),
            )
    return found


def draw_margins(world: World, seeds: int, rng: np.random.Generator) -> np.ndarray:
    """Return by how much the true class wins, shape (conditions, seeds, images)."""
    shape = (len(GAINS), seeds, IMAGES)
    margins: np.ndarray = np.zeros(shape) + np.array(GAINS)[:, None, None]
    for size, of in (
        (1.0, (1, 1, IMAGES)),
        (world.seed, (*shape[:2], 1)),
        (world.image, (shape[0], 1, IMAGES)),
        (world.rest, shape),
    ):
        margins += size * rng.normal(size=of)
    return margins


def find_truth(world: World) -> dict[str, float]:
    """Return the difference of the conditions over all seeds and images, by score."""
    own = 1 + world.image**2 + world.rest**2
    # AUROC: of an image of each class, whether the sum of their margins is positive; they share
    # what the seed does.
    spread = {
        "accuracy": np.sqrt(own + world.seed**2),
        "auroc": np.sqrt(2 * own + 4 * world.seed**2) / 2,
    }
    less, more = GAINS
    return {score: float(norm.cdf(more / sd) - norm.cdf(less / sd)) for score, sd in spread.items()}


def _score(
    margins: np.ndarray, labels: np.ndarray, groups: np.ndarray
) -> dict[str, tuple[float, np.ndarray]]:
    """Return by score its value and its influences."""
    count = int(groups.max()) + 1
    sizes = np.bincount(groups, minlength=count)
    right = margins > 0
    logits = np.stack([np.zeros(len(labels)), np.where(labels == 1, margins, -margins)], axis=1)
    without = {
        "accuracy": (right.sum() - np.bincount(groups, weights=right, minlength=count + 1))
        / (len(labels) - np.bincount(groups, minlength=count + 1)),
        "auroc": auroc_without(logits, labels, groups, count + 1),
    }
    return {
        score: (float(each[-1]), jackknife_groups(float(each[-1]), each[:-1], sizes))
        for score, each in without.items()
    }


def _summarise(
    name: str, found: Iterable[dict[tuple[str, int], Covered]]
) -> list[dict[str, str | float]]:
    found = list(found)
    rows = []
    for n in SEEDS:
        accuracy = [each["accuracy", n] for each in found]
        part = float(np.median([each.of_seeds / each.error for each in accuracy]))
        row: dict[str, str | float] = {"world": name, "seeds": n, "seeds' part": part}
        for score, words in (("accuracy", "accuracy"), ("auroc", "AUROC")):
            of = [each[score, n] for each in found]
            row[words] = 100 * float(np.mean([each.crossed for each in of]))
            row[f"{words}, over seeds alone"] = 100 * float(np.mean([each.paired for each in of]))
        rows.append(row)
    return rows
