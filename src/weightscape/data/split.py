"""The one fixed split of a dataset."""

import numpy as np
import numpy.typing as npt


def split_stratified(
    labels: npt.NDArray[np.int64],
    val: float,
    test: float,
    seed: int,
    domains: npt.NDArray[np.int64] | None = None,
) -> dict[str, npt.NDArray[np.int64]]:
    """Return which images train, which validate and which test, class by class.

    Parameters
    ----------
    labels : ndarray of int64, shape (n,)
        Class of each image.
    val, test : float
        Share of each class's images, rounded to whole images; the rest trains. Without a share
        for testing, no image tests.
    seed : int
        Decides which images they are.
    domains : ndarray of int64, shape (n,), optional
        Domain of each image: every domain is split by itself, class by class, to within one image.

    Returns
    -------
    dict of str to ndarray of int64
        Ascending indices under ``train``, ``val`` and ``test``: every image in exactly one part.

    Raises
    ------
    ValueError
        If the shares leave no room for one another, or a class has too few images for a part.
    """
    if not (val > 0 and test >= 0 and val + test < 1):
        raise ValueError(f"val={val} and test={test} must be positive, and leave a share to train")
    domains = np.zeros_like(labels) if domains is None else domains
    rng = np.random.default_rng(seed)
    parts: dict[str, list[npt.NDArray[np.int64]]] = {"train": [], "val": [], "test": []}
    for label in np.unique(labels):
        of_class = labels == label
        cells, seen = [], 0
        for domain in np.unique(domains[of_class]):
            members = rng.permutation(np.flatnonzero(of_class & (domains == domain)))
            # Rounded over the domains so far, so that many small ones have their share together.
            before, seen = seen, seen + len(members)
            counts = [round(share * seen) - round(share * before) for share in (val, test)]
            cells.append(np.split(members, np.cumsum(counts)))
        for name, pieces in zip(("val", "test", "train"), zip(*cells, strict=True), strict=True):
            piece = np.concatenate(pieces)
            if not len(piece) and (name != "test" or test):
                raise ValueError(
                    f"class {label} has {of_class.sum()} images, too few for val={val} "
                    f"and test={test}: none is left for {name}"
                )
            parts[name].append(piece)
    return {name: np.sort(np.concatenate(pieces)) for name, pieces in parts.items()}


def draw_imbalanced(
    labels: npt.NDArray[np.int64], fraction: float, imbalance: float, seed: int
) -> npt.NDArray[np.int64]:
    """Return which training images to keep: a share of every class, or a long tail of classes.

    Parameters
    ----------
    labels : ndarray of int64, shape (n,)
        Class of each image.
    fraction : float
        Share of the images to keep, the same of every class.
    imbalance : float
        How many times more of the first class's images are kept than of the last one's, over
        their number; of the classes between, the share falls geometrically. 1 for all alike.
    seed : int
        Decides which images they are. A smaller fraction keeps a part of what a larger one keeps.

    Returns
    -------
    ndarray of int64
        Ascending indices; of every class one image at least.

    References
    ----------
    Cui et al. (2019), Class-Balanced Loss Based on Effective Number of Samples, arXiv:1901.05555,
    for the long tail.
    """
    rng = np.random.default_rng(seed)
    present = np.unique(labels)
    falling = imbalance ** (-np.arange(len(present)) / max(len(present) - 1, 1))
    kept = []
    for label, share in zip(present, fraction * falling, strict=True):
        members = rng.permutation(np.flatnonzero(labels == label))
        kept.append(members[: max(1, round(share * len(members)))])
    return np.sort(np.concatenate(kept))
