"""The one fixed split of a dataset."""

import numpy as np
import numpy.typing as npt


def stratified_split(
    labels: npt.NDArray[np.int64], val: float, test: float, seed: int
) -> dict[str, npt.NDArray[np.int64]]:
    """Return which images train, which validate and which test, class by class.

    Parameters
    ----------
    labels : ndarray of int64, shape (n,)
        Class of each image.
    val, test : float
        Share of each class's images, rounded to whole images; the rest trains.
    seed : int
        Decides which images they are.

    Returns
    -------
    dict of str to ndarray of int64
        Ascending indices under ``train``, ``val`` and ``test``: every image in exactly one part.

    Raises
    ------
    ValueError
        If the shares leave no room for one another, or a class has too few images for a part.
    """
    if not (val > 0 and test > 0 and val + test < 1):
        raise ValueError(f"val={val} and test={test} must be positive and leave a share to train")
    rng = np.random.default_rng(seed)
    parts: dict[str, list[npt.NDArray[np.int64]]] = {"train": [], "val": [], "test": []}
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        ends = np.cumsum([round(val * len(members)), round(test * len(members))])
        pieces = np.split(members, ends)
        for name, piece in zip(("val", "test", "train"), pieces, strict=True):
            if not len(piece):
                raise ValueError(
                    f"class {label} has {len(members)} images, too few for val={val} "
                    f"and test={test}: none is left for {name}"
                )
            parts[name].append(piece)
    return {name: np.sort(np.concatenate(pieces)) for name, pieces in parts.items()}
