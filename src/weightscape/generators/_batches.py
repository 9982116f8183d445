"""Images that are made in batches, and do not depend on how many of them are asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from weightscape.generators.model import Draw


def draw_in_batches(make: Callable[[int, range], npt.NDArray[np.uint8]], size: int) -> Draw:
    """Return what draws single images of batches that are always whole.

    A network rounds differently with the number of images that it is given; so the images 0 to
    `size` − 1 of a class are always made together, and so on, however many of them are asked for.

    Parameters
    ----------
    make : callable
        Makes images: of which class, and which of its stream.
    size : int
        Images in a batch.
    """
    import numpy as np

    @lru_cache(maxsize=1)
    def batch(label: int, number: int) -> npt.NDArray[np.uint8]:
        return make(label, range(number * size, (number + 1) * size))

    def draw(label: int, indices: range) -> npt.NDArray[np.uint8]:
        first, last = indices.start // size, (indices.stop - 1) // size
        made = np.concatenate([batch(label, number) for number in range(first, last + 1)])
        return made[indices.start - first * size : indices.stop - first * size]

    return draw
