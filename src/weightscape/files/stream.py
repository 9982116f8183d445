"""The layer matrices of a checkpoint and their changes, one in memory at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import FLOATING, Checkpoint, Tensor
from weightscape.layers.catalogue import Catalogue, LayerMatrix, Skipped, catalogue, matrix
from weightscape.layers.names import infer_classifier
from weightscape.spectra.change import Start
from weightscape.spectra.rounding import bound_rounding
from weightscape.spectra.stream import Layer

_GIGA = 1e9
_Entries = NDArray[np.floating] | str
"""The entries of a layer, or the reason why there are none."""


def layers_of(checkpoint: Checkpoint) -> Catalogue:
    """Return the layer matrices of a checkpoint, and its other parameters with the reason.

    Weights that are not of floating point, or are to be multiplied by a scale kept beside them,
    are skipped: the spectrum of their codes is not that of the weight.
    """
    stored = checkpoint.parameters
    shapes = {name: about.shape for name, about in stored.items()}
    classifier = checkpoint.classifier
    if classifier is None:
        weights = (name for name, shape in shapes.items() if len(shape) > 1)
        classifier = infer_classifier(name.removesuffix(".weight") for name in weights)
    layers, skipped = catalogue(shapes, classifier, checkpoint.groups)
    why = {layer.parameter: _no_numbers(layer.parameter, stored) for layer in layers}
    return Catalogue(
        [layer for layer in layers if not why[layer.parameter]],
        skipped + [Skipped(name, reason) for name, reason in why.items() if reason],
    )


def stream(
    checkpoint: Checkpoint, base: Checkpoint | None, layers: Iterable[LayerMatrix], limit: float
) -> Iterator[Layer]:
    """Give every layer with its entries, and with a base its change after it.

    What cannot be read, or not be compared, comes with the obstacle in place of its entries.

    Parameters
    ----------
    checkpoint, base : Checkpoint
        What to read, and what to compare it with.
    layers : iterable of LayerMatrix
        Layers of `checkpoint`; those of one parameter follow one another, so that it is read once.
    limit : float
        Memory that the analysis of a layer may take, in GB.

    Yields
    ------
    Layer
        Its identifiers are the columns of `checkpoint_spectra` from `parameter` to `stage`, and
        `layer_type`.
    """
    read, read_base = _keeping_one(checkpoint), base and _keeping_one(base)
    for layer in layers:
        values = _too_large(layer, checkpoint, base, limit) or _entries(read, layer)
        start: _Entries = ""
        if base and read_base and not isinstance(values, str):
            start = _incomparable(layer, checkpoint, base) or _entries(read_base, layer)
        yield _weights(layer, checkpoint, values, start)
        if base:
            yield _change(layer, checkpoint, base, values, start)


def free_memory() -> float:
    """Return the memory that is free, in GB, as Linux tells it; infinite where nothing is told."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return float("inf")
    (free,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    return int(free) * 1024 / _GIGA


def _weights(
    layer: LayerMatrix, checkpoint: Checkpoint, values: _Entries, start: _Entries
) -> Layer:
    found = _layer(layer, checkpoint, "finetuned", values)
    if isinstance(values, str):
        return found
    dtype = checkpoint.parameters[layer.parameter].dtype
    return found._replace(
        start=None if isinstance(start, str) else Start(start),
        rounding=None if dtype == values.dtype.name else bound_rounding(values, (dtype,)),
    )


def _change(
    layer: LayerMatrix, checkpoint: Checkpoint, base: Checkpoint, values: _Entries, start: _Entries
) -> Layer:
    if isinstance(values, str):
        return _layer(layer, checkpoint, "delta", values)
    if isinstance(start, str):
        return _layer(layer, checkpoint, "delta", f"in the base, {start}")
    with np.errstate(invalid="ignore"):  # inf − inf, which the analysis reports
        change = np.subtract(values, start, dtype=np.float64)
    dtypes = [each.parameters[layer.parameter].dtype for each in (checkpoint, base)]
    return _layer(layer, checkpoint, "delta", change)._replace(
        rounding=bound_rounding(values, dtypes, start)
    )


def _layer(layer: LayerMatrix, checkpoint: Checkpoint, stage: str, values: _Entries) -> Layer:
    identifiers = {
        "parameter": layer.parameter,
        "dtype": checkpoint.parameters[layer.parameter].dtype,
        "layer": layer.layer,
        "role": layer.role,
        "block": layer.block,
        "layer_type": layer.layer_type,
        "stage": stage,
    }
    if isinstance(values, str):
        nothing = np.broadcast_to(np.float32(0), (layer.slices, layer.rows, layer.cols))
        return Layer(identifiers, nothing, layer.layer_type, obstacle=values)
    return Layer(identifiers, values, layer.layer_type)


def _entries(read: Callable[[str], NDArray[np.floating]], layer: LayerMatrix) -> _Entries:
    try:
        return matrix(read(layer.parameter), layer)
    except MemoryError:
        return "there is not enough memory to read it"
    except OSError as error:
        return f"it cannot be read: {error}"


def _incomparable(layer: LayerMatrix, checkpoint: Checkpoint, base: Checkpoint) -> str:
    name = layer.parameter
    if name not in base.parameters:
        return "there is no such parameter"
    if (shape := base.parameters[name].shape) != checkpoint.parameters[name].shape:
        return f"the parameter has the shape {shape}"
    return _no_numbers(name, base.parameters)


def _no_numbers(name: str, stored: Mapping[str, Tensor]) -> str:
    """Say why entries are not those of the weight; nothing if they are."""
    dtype = stored[name].dtype
    if dtype not in FLOATING:
        return (
            f"{dtype} entries are an index or a quantised weight, which has to be dequantised first"
        )
    scales = (f"{name}_scale", f"{name}_scale_inv", f"{name.removesuffix('weight')}scale_weight")
    if dtype.startswith("float8") and any(scale in stored for scale in scales):
        return f"{dtype} entries are multiples of a scale beside them: dequantise them first"
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
