"""A classifier of the real training images, for filtering synthetic ones."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from weightscape.data.examples import Examples

RECOGNISER = "support vector machine on pixels: RBF kernel, C = 10, scikit-learn's SVC"
"""What decides; it is strong on small images and slow on more than some ten thousand of them."""


def fit_recogniser(
    real: Examples,
) -> Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.int64]]:
    """Return a function from images to the classes that they look like, fitted to `real`.

    Raises
    ------
    ValueError
        If the images are all of one class.
    """
    from sklearn.svm import SVC

    if len(np.unique(real.labels)) < 2:
        raise ValueError("a filter needs training images of two classes at least")
    fitted = SVC(C=10).fit(_pixels(real.inputs), real.labels)

    def recognise(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        labels: npt.NDArray[np.int64] = fitted.predict(_pixels(images))
        return labels

    return recognise


def _pixels(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    return images.reshape(len(images), -1) / 255
