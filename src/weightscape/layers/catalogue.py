"""The layer matrices of a network, told from the names and shapes of its parameters alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightscape.layers.blocks import blocks
from weightscape.layers.gates import gate_parts
from weightscape.layers.names import natural
from weightscape.layers.operators import (
    KINDS,
    Shapes,
    are_experts,
    is_positions,
    squeezed,
    why_no_operator,
)
from weightscape.layers.parts import Part
from weightscape.layers.projections import fused_parts
from weightscape.layers.roles import ROLES, role
from weightscape.layers.turned import is_turned

_SUFFIX = re.compile(r"(\.weight|(?<=_proj)_weight)$")


@dataclass(frozen=True)
class LayerMatrix:
    """A linear operator of a network, and where its entries lie.

    Attributes
    ----------
    layer : str
        Name: the parameter's without ``.weight``, with ``.0``, ``.1`` … for stacked experts and
        ``.q``, ``.k``, ``.v`` or the gate for the parts of what is fused.
    parameter : str
        The parameter that holds it.
    role, block, layer_type : str, int, str
        As in the table `weights`.
    start, stop : int
        The rows that belong to it, of the parameter as rows of `cols` inputs: in every piece.
    slices, rows, cols : int
        Shape of the matrix: outputs by inputs, once for every kernel position of every group.
    transposed : bool
        Whether the parameter is stored as inputs by outputs.
    pieces : int
        Equal pieces of the parameter's rows, each of which holds a part of the matrix.
    groups : int
        Groups of a convolution, whose rows lie below one another in the parameter.
    member : int or None
        Which of the matrices that are stacked in the parameter; None where it is no stack.
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
    transposed: bool = False
    pieces: int = 1
    groups: int = 1
    member: int | None = None


class Skipped(NamedTuple):
    """A parameter that gives no layer matrix, and why."""

    parameter: str
    reason: str


class Catalogue(NamedTuple):
    """Every parameter of a network: as layer matrices, or with the reason why not."""

    layers: list[LayerMatrix]
    skipped: list[Skipped]


def catalogue(
    shapes: Shapes,
    classifier: str,
    groups: Mapping[str, int] | None = None,
    config: Mapping[str, Any] | None = None,
) -> Catalogue:
    """Return the layer matrices of a network, in network order, and what gives none.

    * Vectors and scalars (norms, biases, class tokens, running statistics) are skipped, and so
      are empty parameters, tables (relative positions, biases of attention) and parameters of
      three and more dimensions that are not called a weight.
    * A 2-D weight is a Linear, or an Embedding where its name says so. A table of position
      embeddings is an Embedding too, with the leading ones of its shape dropped.
    * A convolution has one slice of outputs by inputs for every kernel position. Where it sees
      one input channel (depthwise, or a stem that reads grey images) such slices would be
      columns; it is one matrix of outputs by kernel positions instead.
    * A convolution whose `groups` are known is a GroupedConv: block diagonal, with one slice of a
      group's outputs by its inputs for every kernel position of every group. A shape does not
      show groups. Where they are not known the groups lie below one another, as outputs by inputs
      of a group, and the spectrum is not that of the operator but of these rows.
    * Nor does a shape show direction. A transposed convolution, and a Conv1D of GPT-2, is stored as
      inputs by outputs, and turned where its bias or its neighbours show it, see
      `weightscape.layers.turned.is_turned`. Where nothing does, as in one of as many inputs as
      outputs, the sides are those of storage and the singular values the same. Names such as
      ``up`` or ``deconv`` prove nothing and are not asked. An Embedding is words by width.
    * A fused projection (``qkv``, ``in_proj_weight``, ``query_key_value``) falls into its parts
      where names, shapes and `config` prove where they lie, see
      `weightscape.layers.projections.fused_parts`; else it stays whole, of no role of its own.
    * Experts that are stacked in one 3-D parameter are a Linear each. The gates of a recurrent
      layer, and a gate that shares a weight with what it multiplies, are matrices of their own,
      see `weightscape.layers.gates.gate_parts`.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        Shape of every parameter, in any order; it may hold buffers.
    classifier : str
        Name of the module that holds the classifier, as timm gives it (``fc``, ``head.fc``);
        empty if there is none.
    groups : mapping of str to int, optional
        Groups of the convolutions that have several, by parameter; None where they are not known.
    config : mapping, optional
        What ``config.json`` of transformers says of the network; None where there is none.

    Returns
    -------
    Catalogue
        Its layers are sorted by block, then by the order in which a block applies its roles, then
        by name; so the order in which a checkpoint keeps its parameters does not matter.
    """
    found: dict[str, str] = {}
    skipped = []
    for parameter in shapes:
        if reason := why_no_operator(parameter, shapes):
            skipped.append(Skipped(parameter, reason))
        else:
            name = _SUFFIX.sub("", parameter)
            found[parameter if name in found else name] = parameter
    block, count = blocks(found, classifier)
    layers = []
    for layer, parameter in found.items():
        is_first = count > 0 and block[layer] == 0
        is_conv = _is_conv(parameter, shapes[parameter])
        has_bias = f"{layer}.bias" in shapes
        kind = role(_told(layer, shapes), is_conv, is_first, classifier, has_bias)
        group = (groups or {}).get(parameter, 1)
        whole = _whole(layer, parameter, shapes, group, (kind, block[layer]))
        layers += _parts(whole, shapes, config)
    layers.sort(key=lambda e: (e.block, ROLES.index(e.role), natural(e.layer)))
    return Catalogue(layers, skipped)


def matrix(parameter: NDArray[np.floating], layer: LayerMatrix) -> NDArray[np.floating]:
    """Return the entries of `layer` as a contiguous array (slices, rows, cols), of the same dtype.

    Parameters
    ----------
    parameter : ndarray
        The whole parameter, in the shape that the catalogue was made from.
    layer : LayerMatrix
        Which part of it, and in what form.
    """
    if layer.member is not None:
        parameter = parameter[layer.member]
    if layer.transposed:
        parameter = parameter.swapaxes(0, 1)
    positions = layer.slices // layer.groups
    pieces = parameter.reshape(layer.pieces, -1, layer.cols, positions)[:, layer.start : layer.stop]
    entries = pieces.reshape(layer.groups, layer.rows, layer.cols, positions)
    slices = entries.transpose(0, 3, 1, 2).reshape(layer.slices, layer.rows, layer.cols)
    return np.ascontiguousarray(slices)


def _told(layer: str, shapes: Shapes) -> str:
    """Return the name that tells the role: `w3` of an MLP is its second layer beside a `w12`."""
    stem = layer.removesuffix("w3")
    return f"{stem}w2" if stem != layer and f"{stem}w12.weight" in shapes else layer


def _is_conv(parameter: str, shape: tuple[int, ...]) -> bool:
    return len(shape) > 2 and not is_positions(parameter) and not are_experts(parameter, shape)


def _whole(
    layer: str, parameter: str, shapes: Shapes, groups: int, place: tuple[str, int]
) -> LayerMatrix:
    """Return a parameter as one matrix, the first one of a stack of experts."""
    kind, block = place
    shape = squeezed(shapes[parameter]) if is_positions(parameter) else shapes[parameter]
    if are_experts(parameter, shape):
        shape = shape[1:]
    layer_type = "Embedding" if kind == "embedding" else KINDS[len(shape)]
    rows, cols, slices = shape[0], shape[1], prod(shape[2:])
    turned = groups == 1 and is_turned(parameter, shapes)
    if turned:
        rows, cols = cols, rows
    elif cols == 1:
        cols, slices, groups = slices, 1, 1
    elif groups > 1:
        layer_type, rows, slices = f"Grouped{layer_type}", rows // groups, slices * groups
    return LayerMatrix(
        layer, parameter, kind, block, layer_type, 0, groups * rows, slices, rows, cols, turned,
        groups=groups,
    )  # fmt: skip


def _parts(
    whole: LayerMatrix, shapes: Shapes, config: Mapping[str, Any] | None
) -> list[LayerMatrix]:
    """Return the matrices that a parameter holds: experts, parts of a projection, gates."""
    members = [whole]
    if are_experts(whole.parameter, shapes[whole.parameter]):
        members = [
            replace(whole, layer=f"{whole.layer}.{index}", member=index)
            for index in range(shapes[whole.parameter][0])
        ]
    parts = fused_parts(whole.parameter, shapes, config) or gate_parts(
        whole.parameter, shapes, config
    )
    return [_part(member, part) for member in members for part in parts] or members


def _part(whole: LayerMatrix, part: Part) -> LayerMatrix:
    """Return a part of a matrix, its name behind that of the whole."""
    return replace(
        whole, layer=f"{whole.layer}.{part.name}", start=part.start, stop=part.stop,
        role=part.name if part.name in ("q", "k", "v") else whole.role,
        pieces=part.pieces, rows=part.pieces * (part.stop - part.start),
    )  # fmt: skip
