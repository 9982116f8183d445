"""Images that the tests of shifts corrupt."""

import numpy as np
from scipy.ndimage import gaussian_filter

from weightscape.data.examples import Examples


def images(n=40, channels=1, side=32, value=None, seed=0):
    if value is None:
        # Smooth images: blobs, so that interpolation and blur have something to work on.
        noise = np.random.default_rng(seed).random((n, channels, side, side))
        smooth = gaussian_filter(noise, (0, 0, 2, 2))
        smooth -= smooth.min()
        pixels = np.rint(smooth / smooth.max() * 255).astype(np.uint8)
    else:
        pixels = np.full((n, channels, side, side), value, np.uint8)
    return Examples(pixels, np.arange(n) % 10, tuple("0123456789"))


def floats(labelled):
    return labelled.inputs.astype(np.float64) / 255
