"""The forms of a convolution: the matrices that may stand for it."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from weightscape.config.spectra import Forms
from weightscape.spectra.stream import Layer

ONLY = ""
"""The form of a layer that can be written as one matrix alone."""


def find_forms(layer_type: str, slices: int, asked: Forms) -> tuple[str, ...]:
    """Return the forms that a layer is analysed in.

    Parameters
    ----------
    layer_type : str
        Kind of the operator.
    slices : int
        Matrices that it consists of.
    asked : {"pooled", "unfolded", "both"}
        The forms that are asked for.

    Returns
    -------
    tuple of str
        Those that are asked for of a convolution with a slice per kernel position. Of all others
        `ONLY`: linear layers, convolutions of one position or of one input channel, and grouped
        ones, whose slices are of different outputs and inputs.
    """
    if slices == 1 or not layer_type.startswith("Conv"):
        return (ONLY,)
    return ("pooled", "unfolded") if asked == "both" else (asked,)


def in_forms(
    layer: Layer, asked: Forms, known: Mapping[str, NDArray[np.float64]] | None = None
) -> Iterator[Layer]:
    """Give a layer in every form that is asked for.

    Parameters
    ----------
    layer : Layer
        As it is stored; among its identifiers is the `layer_type`.
    asked : {"pooled", "unfolded", "both"}
        The forms that are asked for.
    known : mapping, optional
        The eigenvalues of its start by form, where they are known.

    Yields
    ------
    Layer
        Its form is the last of its identifiers, and the layer type of an unfolded one is
        ``Unfolded`` and the layer's.
    """
    for form in find_forms(layer.layer_type, layer.values.shape[0], asked):
        about, values, start = {**layer.identifiers, "form": form}, layer.values, layer.start
        kind, rounding = layer.layer_type, layer.rounding
        if form == "unfolded":
            kind = about["layer_type"] = f"Unfolded{kind}"
            values = unfold(values)
            start = start and start._replace(values=unfold(start.values))
            rounding = rounding and rounding.unfold()
        start = start and start._replace(eigenvalues=(known or {}).get(form))
        yield layer._replace(
            identifiers=about, values=values, layer_type=kind, start=start, rounding=rounding
        )


def unfold(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return the one matrix of outputs by inputs times kernel positions of a convolution.

    It is the linear map that the convolution applies to a patch: im2col's [1]_. The order of its
    columns is that of the slices, which the singular values do not depend on.

    Parameters
    ----------
    values : ndarray
        The entries (slices, rows, cols), a slice for every kernel position.

    Returns
    -------
    ndarray
        Shape (1, rows, slices · cols), of the same type.

    References
    ----------
    .. [1] Chellapilla, Puri and Simard 2006, High performance convolutional neural networks for
       document processing, IWFHR
    """
    slices, rows, cols = values.shape
    return values.transpose(1, 0, 2).reshape(1, rows, slices * cols)
