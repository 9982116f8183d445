"""What the published shifts of CIFAR share: numpy arrays that belong to a dataset's classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data.examples import Examples


class ClassList(NamedTuple):
    """By what a set of classes is known: their number, and the first and the last."""

    name: str
    number: int
    first: str
    last: str


CIFAR10 = ClassList("CIFAR-10", 10, "airplane", "truck")
CIFAR100 = ClassList("CIFAR-100", 100, "apple", "worm")


def check_classes(test: Examples, wanted: ClassList, shift: str) -> None:
    """Raise ValueError if `test` has not the `wanted` classes, which the `shift` needs."""
    names = test.classes
    if (len(names), names[:1], names[-1:]) != (wanted.number, (wanted.first,), (wanted.last,)):
        raise ValueError(
            f"the shift `{shift}` needs the classes of {wanted.name}, {wanted.first} to"
            f" {wanted.last}; this dataset has {len(names)}, {', '.join(names[:2])} …"
        )


def read_array(file: Path, remedy: str) -> npt.NDArray[Any]:
    """Return a published array, mapped into memory and not unpickled.

    Raises
    ------
    FileNotFoundError
        If the file is missing; the message ends in `remedy`.
    ValueError
        If it is no array.
    """
    import numpy as np

    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing; {remedy}")
    try:
        array: npt.NDArray[Any] = np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{file} is not a numpy array without objects: {error}") from error
    return array


def read_images(file: Path, count: int, remedy: str) -> npt.NDArray[np.uint8]:
    """Return a published array of `count` images, (n, 3, 32, 32); see `read_array`."""
    import numpy as np

    array = read_array(file, remedy)
    if array.dtype != np.uint8 or array.shape != (count, 32, 32, 3):
        raise ValueError(
            f"{file} should hold {count} images as uint8 of shape (n, 32, 32, 3), and is "
            f"{array.dtype} of shape {array.shape}"
        )
    return array.transpose(0, 3, 1, 2)


def draw_no_more_than(
    test: Examples, labels: npt.NDArray[np.int64], seed: int
) -> npt.NDArray[np.int64]:
    """Return which images to take: of each class no more than `test` has, drawn by the seed.

    All of them, as long as the dataset is not limited; then a shift is limited like it.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    most = np.bincount(test.labels, minlength=len(test.classes))
    drawn = [rng.permutation(np.flatnonzero(labels == k))[:n] for k, n in enumerate(most)]
    return np.sort(np.concatenate(drawn))
