"""The layer matrices of a checkpoint and their changes, one in memory at a time."""

from collections.abc import Callable, Iterable, Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError
from weightscape.files.terminal import encodable
from weightscape.layers.catalogue import Catalogue, LayerMatrix, catalogue, matrix
from weightscape.layers.names import infer_classifier
from weightscape.spectra.change import Start
from weightscape.spectra.rounding import bound_rounding
from weightscape.spectra.stream import Layer

_GIGA = 1e9
_Entries = NDArray[np.floating] | str
"""The entries of a layer, or the reason why there are none."""


def layers_of(checkpoint: Checkpoint) -> Catalogue:
    """Return the layer matrices of a resolved checkpoint, and its other parameters with reason."""
    shapes = {name: about.shape for name, about in checkpoint.parameters.items()}
    classifier = checkpoint.classifier
    if classifier is None:
        weights = (name for name, shape in shapes.items() if len(shape) > 1)
        classifier = infer_classifier(name.removesuffix(".weight") for name in weights)
    return catalogue(shapes, classifier, checkpoint.groups, checkpoint.config)


def stages_of(
    layer: LayerMatrix, checkpoint: Checkpoint, base: Checkpoint | None
) -> tuple[str, ...]:
    """Return the stages that a layer has rows of: its weights, their change from a base."""
    if base:
        return "finetuned", "delta"
    return ("delta",) if layer.parameter in checkpoint.changes else ("finetuned",)


def identify(layer: LayerMatrix, checkpoint: Checkpoint, stage: str) -> dict[str, Any]:
    """Return the columns of `checkpoint_spectra` that tell a layer from the others, to `stage`."""
    return {
        "parameter": encodable(layer.parameter),
        "dtype": checkpoint.parameters[layer.parameter].dtype,
        "layer": encodable(layer.layer),
        "role": layer.role,
        "block": layer.block,
        "layer_type": layer.layer_type,
        "stage": stage,
    }


def describe(error: Exception) -> str:
    """Return why something could not be done, from what it raised."""
    if isinstance(error, CheckpointError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory to read it"
    if isinstance(error, OSError):
        return f"it cannot be read: {error}"
    return f"{type(error).__name__}: {error}"


def stream(
    checkpoint: Checkpoint,
    base: Checkpoint | None,
    layers: Iterable[LayerMatrix],
    limit: float,
    compares: bool = True,
) -> Iterator[Layer]:
    """Give every layer with its entries, in each of its stages (`stages_of`).

    What cannot be read, or not be compared, comes with the obstacle in place of its entries.

    Parameters
    ----------
    checkpoint, base : Checkpoint
        What to read, and what to compare it with.
    layers : iterable of LayerMatrix
        Layers of `checkpoint`; those of one parameter follow one another, so that it is read once.
    limit : float
        Memory that the analysis of a layer may take, in GB.
    compares : bool, optional
        Whether the weights come with those of the base, for the columns that compare them.

    Yields
    ------
    Layer
        Its identifiers are those of `identify`.
    """
    read, read_base = _keeping_one(checkpoint), base and _keeping_one(base)
    for layer in layers:
        own = _too_large(layer, checkpoint, base, limit) or _entries(read, layer)
        start: _Entries = ""
        if base and read_base and not isinstance(own, str):
            start = _incomparable(layer, checkpoint, base) or _entries(read_base, layer)
        found = _Found(own, start, *_dtypes(layer.parameter, checkpoint, base))
        for stage in stages_of(layer, checkpoint, base):
            about = identify(layer, checkpoint, stage)
            nothing = np.broadcast_to(np.float32(0), (layer.slices, layer.rows, layer.cols))
            empty = Layer(about, nothing, layer.layer_type)
            try:
                yield _make(empty, found, layer.parameter in checkpoint.changes, compares)
            except Exception as error:  # one layer is not the end of the others
                yield hindered(empty, describe(error))


def hindered(layer: Layer, obstacle: str) -> Layer:
    """Return a layer of the same shape that cannot be analysed, without entries."""
    nothing = np.broadcast_to(np.float32(0), layer.values.shape)
    return Layer(layer.identifiers, nothing, layer.layer_type, obstacle=obstacle)


class _Found(NamedTuple):
    """What is read of a layer and of the base's, and the types that these are stored in."""

    own: _Entries
    start: _Entries
    dtype: str
    start_dtype: str


def _make(layer: Layer, found: _Found, is_change: bool, compares: bool) -> Layer:
    """Return a layer with its weights, or with their change from the base, by its stage.

    One of the two is stored, and the other is made with the base: the weights of a checkpoint that
    is a change, as an adapter is, and the change of any other.
    """
    own, start, dtype, start_dtype = found
    if isinstance(own, str):
        return hindered(layer, own)
    before = None if isinstance(start, str) else start
    is_delta = layer.identifiers["stage"] == "delta"
    if is_delta != is_change:
        if before is None:
            return hindered(layer, f"in the base, {start}")
        if is_delta:
            with np.errstate(invalid="ignore"):  # inf − inf, which the analysis reports
                change = np.subtract(own, before, dtype=np.float64)
            rounding = bound_rounding(own, (dtype, start_dtype), before)
            return layer._replace(values=change, rounding=rounding)
        own, dtype = own + before, start_dtype
    return layer._replace(
        values=own,
        start=None if before is None or is_delta or not compares else Start(before),
        rounding=None if dtype == own.dtype.name else bound_rounding(own, (dtype,)),
    )


def _dtypes(name: str, checkpoint: Checkpoint, base: Checkpoint | None) -> tuple[str, str]:
    stored = base.parameters if base else {}
    return checkpoint.parameters[name].dtype, stored[name].dtype if name in stored else ""


def _entries(read: Callable[[str], NDArray[np.floating]], layer: LayerMatrix) -> _Entries:
    try:
        return matrix(read(layer.parameter), layer)
    except Exception as error:
        return describe(error)


def _incomparable(layer: LayerMatrix, checkpoint: Checkpoint, base: Checkpoint) -> str:
    name = layer.parameter
    if name not in base.parameters:
        return base.skipped.get(name, "there is no such parameter")
    if (shape := base.parameters[name].shape) != checkpoint.parameters[name].shape:
        return f"the parameter has the shape {shape}"
    return ""


def _too_large(
    layer: LayerMatrix, checkpoint: Checkpoint, base: Checkpoint | None, limit: float
) -> str:
    """Say that the analysis of a layer takes more than `limit` GB, by an upper estimate.

    The estimate is of 8 bytes for an entry of the parameter, and as many for one of the base's,
    and of three times the layer and two Gram matrices of it in float64, in the form where these
    are larger: what an SVD takes.
    """
    parameter = prod(checkpoint.parameters[layer.parameter].shape) * (2 if base else 1)
    entries = layer.slices * layer.rows * layer.cols
    unfolded = min(layer.rows, layer.slices * layer.cols)
    gram = max(layer.slices * min(layer.rows, layer.cols) ** 2, unfolded**2)
    needed = 8 * (parameter + 3 * entries + 2 * gram) / _GIGA
    if needed <= limit:
        return ""
    return (
        f"takes up to {needed:.2g} GB of memory, and {limit:.2g} GB are free or allowed: "
        "use a larger machine or allow more"
    )


def _keeping_one(checkpoint: Checkpoint) -> Callable[[str], NDArray[np.floating]]:
    """Return its `read`, which keeps the last parameter for the other parts of it."""
    kept: dict[str, NDArray[np.floating]] = {}

    def read(name: str) -> NDArray[np.floating]:
        if name not in kept:
            kept.clear()
            kept[name] = checkpoint.parameters[name].read()
        return kept[name]

    return read
