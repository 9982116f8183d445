"""Examples that are images: what every part of the image pipeline may rely on."""

import numpy as np

from weightscape.data.examples import Examples


def check_images(examples: Examples) -> None:
    """See that examples are images, where they come in from a source.

    Parameters
    ----------
    examples : Examples
        Images are uint8 of shape (n, channels, height, width); 0 is black and 255 white.

    Raises
    ------
    ValueError
        If they are anything else.
    """
    inputs = examples.inputs
    if inputs.dtype != np.uint8 or inputs.ndim != 4:
        raise ValueError(
            "images must be uint8 of shape (n, channels, height, width), "
            f"not {inputs.dtype} of shape {inputs.shape}"
        )
