"""The rows of the table `diversity` about one set of images."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from weightscape.config.diversity import Diversity
from weightscape.diversity.distances import squared_radii
from weightscape.diversity.memorisation import find_memorised
from weightscape.diversity.prdc import Fidelity, measure_fidelity
from weightscape.diversity.subsample import interval, subsamples
from weightscape.diversity.vendi import vendi_score
from weightscape.diversity.weighted import class_likeness, paired_likeness
from weightscape.seeds import seed_for


class Three(NamedTuple):
    """The same of three sets: the one that is measured, the training and the test images."""

    images: npt.NDArray[Any]
    train: npt.NDArray[Any]
    test: npt.NDArray[Any]


class Sampled(TypedDict):
    """Diversity of a set and, of subsamples of one size, diversity and fidelity."""

    n: int
    vendi: float
    n_subsample: int
    vendi_subsampled: float
    vendi_low: float
    vendi_high: float
    precision: float
    recall: float
    density: float
    coverage: float


# The one column whose name is a keyword.
_OfClass = TypedDict("_OfClass", {"class": str})


class DiversityRow(_OfClass, Sampled):
    """The columns of the table `diversity` from `space` on; what is not defined is NaN."""

    space: str
    weighted_vendi: float
    weighted_vendi_invariant: float
    memorised: float


def measure_diversity(
    spaces: Mapping[str, Three],
    labels: Three,
    classes: tuple[str, ...],
    added: int,
    options: Diversity,
    kind: str,
    threads: int = 1,
) -> list[DiversityRow]:
    """Return what is measured of a set: in every space of the set as a whole, then of each class.

    The order of the classes changes nothing but that of the rows. The order of the images decides
    which of them a subsample has, and the published weighted score, which pairs images by it.

    Parameters
    ----------
    spaces : mapping of str to Three
        Features by the name of their space, (n, d); those of ``pixels`` tell what is memorised.
    labels : Three
        Classes of the images, int64 (n,).
    classes : tuple of str
        Their names.
    added : int
        Index in the set of the first image that stands beside the training images. Those before it
        are training images themselves: they are left out where a set is compared with these.
    options : Diversity
        Sizes and numbers.
    kind : str
        Kind of the set; fidelity to the test images says nothing of ``test`` itself.
    threads : int, optional
        Threads of an operation.

    Returns
    -------
    list of DiversityRow
        In the order of spaces and classes.
    """
    found: list[DiversityRow] = []
    with threadpool_limits(threads):
        for space, features in spaces.items():
            near = np.full(len(features.images), np.nan)
            if space == "pixels":
                near[added:] = find_memorised(
                    features.images[added:], features.train, features.test
                )
            for name in ("", *classes):
                rows = _members(labels, classes, name)
                sampled = _sampled(features, rows, options, name, len(classes), kind)
                paired, invariant = _likeness(features, labels, rows, added)
                found.append(
                    {
                        "space": space,
                        "class": name,
                        **sampled,
                        "weighted_vendi": sampled["vendi"] * paired,
                        "weighted_vendi_invariant": sampled["vendi"] * invariant,
                        "memorised": _mean(near[rows.images[rows.images >= added]]),
                    }
                )
    return found


def _members(labels: Three, classes: tuple[str, ...], name: str) -> Three:
    """Return the indices of a class's images, or those of all, by the names of their classes."""
    if name:
        return Three(*(np.flatnonzero(part == classes.index(name)) for part in labels))
    names = np.asarray(classes, np.str_)
    return Three(*(np.argsort(names[part], kind="stable") for part in labels))


def _sampled(
    features: Three, rows: Three, options: Diversity, name: str, classes: int, kind: str
) -> Sampled:
    images, test = features.images[rows.images], features.test[rows.test]
    size = options.subsample // classes if name else options.subsample
    comparable = kind != "test" and min(size, len(test)) > options.k
    radii = squared_radii(test, options.k) if comparable else None
    scores: list[float] = []
    fidelities: list[Fidelity] = []
    # The same draws for all sets: those of augmented images have the same originals.
    repeats = options.repeats if size else 0  # there may be more classes than images to draw
    for chosen in subsamples(len(images), size, repeats, seed_for("subsample", name)):
        scores.append(vendi_score(images[chosen]))
        if comparable:
            fidelities.append(measure_fidelity(test, images[chosen], options.k, radii))
    mean, low, high = interval(scores, len(images), size)
    precision, recall, density, coverage = (
        _mean(np.array([found[k] for found in fidelities])) for k in range(len(Fidelity._fields))
    )
    return {
        "n": len(images),
        "vendi": vendi_score(images) if len(images) else np.nan,
        "n_subsample": size,
        "vendi_subsampled": mean,
        "vendi_low": low,
        "vendi_high": high,
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
    }


def _likeness(features: Three, labels: Three, rows: Three, added: int) -> tuple[float, float]:
    """Return both kinds of ρ of a set with the training images, in the order of their files."""
    own, train = np.sort(rows.images[rows.images >= added]), np.sort(rows.train)
    images, reference = features.images[own], features.train[train]
    return (
        paired_likeness(reference, images),
        class_likeness(reference, labels.train[train], images, labels.images[own]),
    )


def _mean(values: npt.NDArray[Any]) -> float:
    return float(values.mean()) if len(values) else np.nan
