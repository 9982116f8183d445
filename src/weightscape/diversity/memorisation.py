"""Which images come closer to training images than real ones do."""

import numpy as np
import numpy.typing as npt

from weightscape.diversity.distances import squared_nearest
from weightscape.diversity.vendi import Features

NEAREST = 0.05
"""Share of the real test images whose distance to the training images is called near."""


def find_memorised(images: Features, train: Features, test: Features) -> npt.NDArray[np.bool_]:
    """Return which images are as near to a training image as the nearest 5 % of the test images.

    Parameters
    ----------
    images, train, test : ndarray of real numbers, shapes (n, d), (m, d) and (l, d)
        Pixels of the images in question, of those that a generator has seen, and of real ones that
        it has not.

    Returns
    -------
    ndarray of bool, shape (n,)
        Whether the distance to the nearest training image is at most the 5 % quantile of those of
        the test images. About 5 % are by chance alone. Where many test images are copies of
        training images the quantile is 0, and only copies count.

    Raises
    ------
    ValueError
        If there are no training or no test images.
    """
    if not (len(train) and len(test)):
        raise ValueError("memorised images are told by training and test images; there are none")
    near = np.quantile(squared_nearest(test, train), NEAREST)
    return np.asarray(squared_nearest(images, train) <= near)
