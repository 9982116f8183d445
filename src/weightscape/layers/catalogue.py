"""The layer matrices of a network, told from the names and shapes of its parameters alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightscape.layers.names import ROLES, blocks, natural, role
from weightscape.layers.projections import Part, fused_parts, is_turned

_WEIGHT = re.compile(r"(.*\.)?(weight(_[ih]h_l\d+\w*)?|\w*_proj_weight)$")
_SUFFIX = re.compile(r"(\.weight|(?<=_proj)_weight)$")
_POSITIONS = re.compile(r".*pos(ition(al)?)?_embed(ding)?s?$")
_EXPERTS = re.compile(r"(.*\.)?\w*(experts?|moe)(\.|$)")
_TABLE = re.compile(
    r".*(bias|rel_|_rel|pos|token|scale|index|idx|mask|alpha|gamma|freq|running|latent|query)"
)
_KINDS = {2: "Linear", 3: "Conv1d", 4: "Conv2d", 5: "Conv3d"}


@dataclass(frozen=True)
class LayerMatrix:
    """A linear operator of a network, and where its entries lie.

    Attributes
    ----------
    layer : str
        Name: the parameter's without ``.weight``, with ``.q``, ``.k``, ``.v`` for the parts of a
        fused projection and ``.0``, ``.1`` … for stacked experts.
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


class Skipped(NamedTuple):
    """A parameter that gives no layer matrix, and why."""

    parameter: str
    reason: str


class Catalogue(NamedTuple):
    """Every parameter of a network: as layer matrices, or with the reason why not."""

    layers: list[LayerMatrix]
    skipped: list[Skipped]


def catalogue(
    shapes: Mapping[str, tuple[int, ...]],
    classifier: str,
    groups: Mapping[str, int] | None = None,
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
    * Nor does a shape show direction. A transposed convolution is stored as inputs by outputs: its
      slices have the same singular values either way. Names such as ``up`` or ``deconv`` prove
      nothing and are not asked.
    * A fused projection (``qkv``, ``in_proj_weight``, ``kv``) falls into its parts where names and
      shapes prove where they lie, see `weightscape.layers.projections.fused_parts`; else it stays
      whole, of no role of its own. The Conv1D of GPT-2 are stored as inputs by outputs and turned.
    * Experts that are stacked in one 3-D parameter are a Linear each.
    * The gates of a recurrent layer stay below one another.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        Shape of every parameter, in any order; it may hold buffers.
    classifier : str
        Name of the module that holds the classifier, as timm gives it (``fc``, ``head.fc``);
        empty if there is none.
    groups : mapping of str to int, optional
        Groups of the convolutions that have several, by parameter; None where they are not known.

    Returns
    -------
    Catalogue
        Its layers are sorted by block, then by the order in which a block applies its roles, then
        by name; so the order in which a checkpoint keeps its parameters does not matter.
    """
    found: dict[str, str] = {}
    skipped = []
    for parameter, shape in shapes.items():
        if reason := _no_operator(parameter, shape):
            skipped.append(Skipped(parameter, reason))
        else:
            name = _SUFFIX.sub("", parameter)
            found[parameter if name in found else name] = parameter
    block = blocks(found, classifier)
    layers = [
        part
        for layer, parameter in found.items()
        for whole in [_whole(layer, parameter, shapes, block, classifier)]
        for part in _parts(whole, shapes, (groups or {}).get(parameter, 1))
    ]
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
    if layer.transposed:
        parameter = parameter.T
    positions = layer.slices // layer.groups
    pieces = parameter.reshape(layer.pieces, -1, layer.cols, positions)[:, layer.start : layer.stop]
    entries = pieces.reshape(layer.groups, layer.rows, layer.cols, positions)
    slices = entries.transpose(0, 3, 1, 2).reshape(layer.slices, layer.rows, layer.cols)
    return np.ascontiguousarray(slices)


def _no_operator(parameter: str, shape: tuple[int, ...]) -> str:
    """Say why a parameter is not a linear operator; nothing if it is."""
    if prod(shape) == 0:
        return "it is empty"
    if not shape:
        return "a scalar has no spectrum"
    is_weight = _is_weight(parameter)
    vector = len(shape) != 2 and prod(shape[1:]) == 1 if is_weight else max(shape) == prod(shape)
    if len(shape) == 1 or vector:
        return "a vector has no spectrum"
    if _POSITIONS.match(parameter) and len(_squeezed(shape)) == 2:
        return ""
    if (is_weight and len(shape) in _KINDS) or _are_experts(parameter, shape):
        return ""
    if not is_weight and _TABLE.match(parameter.rpartition(".")[2].lower()):
        return "a table or a buffer by its name, not an operator"
    if len(shape) == 2:
        return ""
    return f"{len(shape)} dimensions under this name are no known operator"


def _is_weight(parameter: str) -> bool:
    return _WEIGHT.match(parameter) is not None


def _are_experts(parameter: str, shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and _EXPERTS.match(parameter) is not None


def _whole(
    layer: str,
    parameter: str,
    shapes: Mapping[str, tuple[int, ...]],
    block: Mapping[str, int],
    classifier: str,
) -> LayerMatrix:
    """Return a parameter as one matrix, that of stacked experts below one another."""
    shape = shapes[parameter]
    if _POSITIONS.match(parameter):
        shape = _squeezed(shape)
    elif _are_experts(parameter, shape):
        shape = (shape[0] * shape[1], shape[2])
    kind = role(layer, len(shape) > 2, block, classifier)
    layer_type = "Embedding" if kind == "embedding" else _KINDS[len(shape)]
    rows, cols, slices = shape[0], shape[1], prod(shape[2:])
    turned = len(shape) == 2 and is_turned(parameter, shapes)
    if turned:
        rows, cols = cols, rows
    elif cols == 1:
        cols, slices = slices, 1
    return LayerMatrix(
        layer, parameter, kind, block[layer], layer_type, 0, rows, slices, rows, cols, turned
    )


def _parts(
    whole: LayerMatrix, shapes: Mapping[str, tuple[int, ...]], groups: int
) -> list[LayerMatrix]:
    """Return the parts of a fused projection or of stacked experts, else the whole."""
    shape = shapes[whole.parameter]
    if groups > 1 and shape[1] > 1:
        kind = f"Grouped{whole.layer_type}"
        slices, rows = whole.slices * groups, whole.rows // groups
        return [replace(whole, layer_type=kind, groups=groups, slices=slices, rows=rows)]
    if _are_experts(whole.parameter, shape):
        rows = shape[1]
        return [
            _part(whole, str(index), Part(whole.role, 1, index * rows, (index + 1) * rows))
            for index in range(shape[0])
        ]
    parts = fused_parts(whole.parameter, shapes)
    return [_part(whole, part.role, part) for part in parts] or [whole]


def _part(whole: LayerMatrix, name: str, part: Part) -> LayerMatrix:
    """Return a part of a matrix, its name behind that of the whole."""
    return replace(
        whole, layer=f"{whole.layer}.{name}", role=part.role, start=part.start, stop=part.stop,
        pieces=part.pieces, rows=part.pieces * (part.stop - part.start),
    )  # fmt: skip


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Drop the leading ones of a shape that has more than two dimensions."""
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    return shape
