"""Projections, and gates of an MLP, that one file keeps in one parameter and another apart."""

import re
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import Checkpoint, Tensor
from weightscape.layers.gates import gate_parts
from weightscape.layers.operators import Shapes
from weightscape.layers.parts import Part
from weightscape.layers.projections import fused_parts
from weightscape.layers.turned import is_turned
from weightscape.parameters.made import Made

_APART = re.compile(r"(?P<module>(.*\.)?)(?P<name>\w+)\.weight")
_NAMES = {
    "q": ("q_proj", "query", "q", "q_lin", "to_q", "wq"),
    "k": ("k_proj", "key", "k", "k_lin", "to_k", "wk"),
    "v": ("v_proj", "value", "v", "v_lin", "to_v", "wv"),
    "gate": ("gate_proj", "w1"),
    "up": ("up_proj", "w3"),
}
_FUSED = re.compile(
    r"(?P<module>(.*\.)?)(in_proj_weight"
    r"|(qkv|kv|qkv_proj|Wqkv|wqkv|c_attn|query_key_value|gate_up_proj)\.weight)"
)


def find_projections(wanted: Checkpoint, given: Checkpoint) -> list[Made]:
    """Return the projections of one file as another file has them.

    Where `weightscape.layers.projections.fused_parts`, or of an MLP
    `weightscape.layers.gates.gate_parts`, says how they lie in one, they are put together, or taken
    apart.

    Parameters
    ----------
    wanted, given : Checkpoint
        What is made of parameters of `given` has names and shapes of `wanted`.
    """
    here, there = _shapes(wanted), _shapes(given)
    missing = [name for name in here if name not in there]
    fused = {name: match["module"] for name in there if (match := _FUSED.fullmatch(name))}
    modules = {module: name for name, module in fused.items()}
    return [
        *(made for name in missing for made in _together(name, here, wanted, given)),
        *(made for name in missing for made in _apart(name, here[name], modules, there, given)),
    ]


def _together(name: str, shapes: Shapes, wanted: Checkpoint, given: Checkpoint) -> Iterator[Made]:
    match = _FUSED.fullmatch(name)
    parts = _parts(name, shapes, wanted) if match else []
    if match is None or not parts:
        return
    candidates = [[f"{match['module']}{n}.weight" for n in _NAMES.get(p.name, ())] for p in parts]
    names = [next((n for n in each if n in given.parameters), "") for each in candidates]
    if not all(names):
        return
    turned = is_turned(name, shapes)
    tensors = [given.parameters[n] for n in names]
    if all(
        tensor.shape == _shape(part, shapes[name], turned)
        for part, tensor in zip(parts, tensors, strict=True)
    ):
        read = partial(_join, tensors, parts[0].pieces, turned)
        yield Made(name, Tensor(shapes[name], tensors[0].dtype, read), tuple(names))


def _apart(
    name: str, shape: tuple[int, ...], modules: dict[str, str], shapes: Shapes, given: Checkpoint
) -> Iterator[Made]:
    match = _APART.fullmatch(name)
    fused = modules.get(match["module"]) if match else None
    if match is None or fused is None:
        return
    turned = is_turned(fused, shapes)
    for part in _parts(fused, shapes, given):
        is_it = match["name"] in _NAMES.get(part.name, ())
        if is_it and _shape(part, shapes[fused], turned) == shape:
            stored = given.parameters[fused]
            read = partial(_cut, stored, part, turned)
            yield Made(name, Tensor(shape, stored.dtype, read), (fused,))


def _parts(name: str, shapes: Shapes, checkpoint: Checkpoint) -> list[Part]:
    parts = fused_parts(name, shapes, checkpoint.config)
    return parts or gate_parts(name, shapes, checkpoint.config)


def _shapes(checkpoint: Checkpoint) -> dict[str, tuple[int, ...]]:
    return {name: tensor.shape for name, tensor in checkpoint.parameters.items()}


def _shape(part: Part, fused: tuple[int, ...], turned: bool) -> tuple[int, ...]:
    return part.pieces * (part.stop - part.start), fused[0 if turned else 1]


def _join(parts: Sequence[Tensor], pieces: int, turned: bool) -> NDArray[np.floating]:
    entries = [part.read() for part in parts]
    inputs = entries[0].shape[1]
    joined = np.concatenate([each.reshape(pieces, -1, inputs) for each in entries], axis=1)
    rows = joined.reshape(-1, inputs)
    return rows.T if turned else rows


def _cut(fused: Tensor, part: Part, turned: bool) -> NDArray[np.floating]:
    entries = fused.read().T if turned else fused.read()
    pieces = entries.reshape(part.pieces, -1, entries.shape[1])
    return pieces[:, part.start : part.stop].reshape(-1, entries.shape[1])
