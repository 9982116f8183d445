"""The layer matrices of a network, told from the names and shapes of its parameters alone."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from weightscape.layers.names import ROLES, blocks, natural, role

_WEIGHT = re.compile(r"(?P<layer>.+)(\.weight|(?<=_proj)_weight)$")
_POSITIONS = re.compile(r".*pos(ition)?_embed(ding)?s?$")
_FUSED = re.compile(r"(.*\.)?(qkv|in_proj)$")
_KINDS = {2: "Linear", 3: "Conv1d", 4: "Conv2d", 5: "Conv3d"}


@dataclass(frozen=True)
class LayerMatrix:
    """A linear operator of a network, and where its entries lie.

    Attributes
    ----------
    layer : str
        Name: the parameter's without ``.weight``, with ``.q``, ``.k``, ``.v`` for the parts of a
        fused projection.
    parameter : str
        The parameter that holds it.
    role, block, layer_type : str, int, str
        As in the table `weights`.
    start, stop : int
        The rows of the parameter (its first dimension) that belong to it.
    slices, rows, cols : int
        Shape of the matrix: outputs by inputs, once for every kernel position.
    """

    layer: str
    parameter: str
    role: str
    block: int
    layer_type: str
    start: int
    stop: int
    slices: int
    rows: int
    cols: int


def catalogue(shapes: Mapping[str, tuple[int, ...]], classifier: str) -> list[LayerMatrix]:
    """Return the layer matrices of a network, in network order.

    * Vectors and scalars (norms, biases, class tokens, running statistics) give none.
    * A 2-D weight is a Linear, or an Embedding where its name says so. A table of position
      embeddings is an Embedding too, with the leading ones of its shape dropped.
    * A convolution has one slice of outputs by inputs for every kernel position. Where it sees
      one input channel (depthwise, or a stem that reads grey images) such slices would be
      columns; it is one matrix of outputs by kernel positions instead. The number of groups
      does not show in a shape: other grouped convolutions keep their groups below one another,
      as outputs by inputs per group.
    * A fused projection (``qkv.weight``, ``in_proj_weight``) falls into thirds of its rows.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        Shape of every parameter, in any order; it may hold buffers.
    classifier : str
        Name of the module that holds the classifier, as timm gives it (``fc``, ``head.fc``);
        empty if there is none.

    Returns
    -------
    list of LayerMatrix
        Sorted by block, then by the order in which a block applies its roles, then by name; so
        the order in which a checkpoint keeps its parameters does not matter.
    """
    found: dict[str, tuple[str, tuple[int, ...]]] = {}
    for parameter, shape in shapes.items():
        if (weight := _WEIGHT.match(parameter)) and _is_matrix(shape):
            found[weight["layer"]] = parameter, shape
        elif _POSITIONS.match(parameter) and len(table := _squeezed(shape)) == 2:
            found[parameter] = parameter, table
    block = blocks(found, classifier)
    entries = [
        entry
        for layer, (parameter, shape) in found.items()
        for entry in _entries(layer, parameter, shape, block[layer], classifier)
    ]
    return sorted(entries, key=lambda e: (e.block, ROLES.index(e.role), natural(e.layer)))


def matrix(parameter: NDArray[np.floating], layer: LayerMatrix) -> NDArray[np.float32]:
    """Return the entries of `layer` as a float32 array (slices, rows, cols).

    Parameters
    ----------
    parameter : ndarray
        The whole parameter, in the shape that the catalogue was made from.
    layer : LayerMatrix
        Which part of it, and in what form.
    """
    entries = parameter.reshape(-1, layer.cols, layer.slices)[layer.start : layer.stop]
    return np.ascontiguousarray(entries.transpose(2, 0, 1), np.float32)


def _entries(
    layer: str, parameter: str, shape: tuple[int, ...], block: int, classifier: str
) -> Iterator[LayerMatrix]:
    """Give the one matrix of a layer, or the three of a fused projection."""
    whole_role = role(layer, len(shape) > 2, block, classifier)
    layer_type = "Embedding" if whole_role == "embedding" else _KINDS[len(shape)]
    rows, cols, slices = shape[0], shape[1], prod(shape[2:])
    if cols == 1:
        cols, slices = slices, 1
    parts = [(layer, whole_role)]
    if _FUSED.match(layer) and rows % 3 == 0:
        parts, rows = [(f"{layer}.{part}", part) for part in "qkv"], rows // 3
    for index, (name, part_role) in enumerate(parts):
        yield LayerMatrix(
            name, parameter, part_role, block, layer_type,
            index * rows, (index + 1) * rows, slices, rows, cols,
        )  # fmt: skip


def _is_matrix(shape: tuple[int, ...]) -> bool:
    """Say whether a weight is an operator: not empty, nor a vector with ones behind it."""
    return len(shape) in _KINDS and min(shape) > 0 and (len(shape) == 2 or prod(shape[1:]) > 1)


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Drop the leading ones of a shape that has more than two dimensions."""
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    return shape
