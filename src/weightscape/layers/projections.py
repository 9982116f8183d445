"""How networks store their projections: some turned, some several in one.

Names and shapes tell. What they do not prove is not taken apart: such a projection stays one
matrix, of which nothing false is said.
"""

import re
from collections.abc import Mapping
from itertools import repeat
from typing import NamedTuple

Shapes = Mapping[str, tuple[int, ...]]

_CONV1D = re.compile(
    r"(?P<block>(.*\.)?)(attn|crossattention|mlp)\.(c_attn|q_attn|c_fc|c_proj)\.weight"
)
_FUSED = re.compile(
    r"(?P<module>(.*\.)?)(?P<name>(qkv|Wqkv|qkv_proj|c_attn|kv)\.weight|in_proj_weight)"
)
_STAGES = re.compile(r"(?P<network>(.*\.)?)stages\.\d+\.blocks\.\d+\.(\w+\.)+")
_OUTPUTS = ("proj.weight", "out_proj.weight", "o_proj.weight", "Wo.weight")


class Part(NamedTuple):
    """The rows of one projection among those of several.

    Attributes
    ----------
    role : str
        ``q``, ``k`` or ``v``.
    pieces : int
        Equal pieces that the rows of all fall into: heads where they are interleaved by head, else
        one.
    start, stop : int
        Its rows in each of the pieces.
    """

    role: str
    pieces: int
    start: int
    stop: int


def is_turned(parameter: str, shapes: Shapes) -> bool:
    """Say whether a weight is stored as inputs by outputs: whether it is a Conv1D of GPT-2 [1]_.

    Its self-attention tells for the whole block, whose output projection is square: there, `c_attn`
    has three columns for a row. Others give the same names to linear layers, which are stored as
    outputs by inputs (GPT-BigCode, Qwen, the MLP of CLIP).

    Parameters
    ----------
    parameter : str
        The weight.
    shapes : mapping of str to tuple of int
        Shape of every parameter of the network.

    References
    ----------
    .. [1] transformers 5.24, ``models/gpt2/modeling_gpt2.py``; ``openai``, ``imagegpt`` and
       ``decision_transformer`` likewise
    """
    match = _CONV1D.fullmatch(parameter)
    if match is None:
        return False
    fused = shapes.get(f"{match['block']}attn.c_attn.weight", ())
    return len(fused) == 2 and fused[1] == 3 * fused[0]


def fused_parts(parameter: str, shapes: Shapes) -> list[Part]:
    """Return where q, k and v, or k and v, lie in a weight that is several projections.

    * One after another they lie in `in_proj_weight` of torch, in `qkv`, `kv` and `Wqkv` (timm's
      vision transformers, ModernBERT, MPT), in `qkv_proj` beside an `o_proj` (Phi-3), and in
      `c_attn` of a Conv1D (GPT-2). They are equal where each has as many rows as the projection
      of the output has inputs, or, where none is beside them, a whole multiple of its own inputs.
    * Interleaved by head they lie in `qkv` of timm's TinyViT and EfficientFormer, whose
      `attention_biases` are by head; and of its CoAtNet and MaxViT, whose relative positions
      are, unless these are a table of heads by height by width: then one after another.
      Of networks in stages, as these are, a `qkv` with no projection of the output proves nothing.
    * Where this does not show the weight stays whole: `query_key_value` (BLOOM, GPT-NeoX, Falcon,
      Persimmon), `qkv_proj` without an `o_proj` (CodeGen has four shards in the order q, v, k;
      MiniMax is by head), `c_attn` of a linear layer (by head, or one k and v for all, in
      GPT-BigCode, one after another in Qwen), `kv` of HaloNet, `qkv` of LeViT. So does it where q,
      k and v lie one after another and are not equal (grouped queries, keys narrower than values).

    Parameters
    ----------
    parameter : str
        The weight.
    shapes : mapping of str to tuple of int
        Shape of every parameter of the network.

    Returns
    -------
    list of Part
        In the order of the rows, those of outputs by inputs; empty where it is one projection, or
        is to stay whole.

    References
    ----------
    As the networks are in timm 1.0.31 and transformers 5.24.
    """
    match = _FUSED.fullmatch(parameter)
    if match is None:
        return []
    module, name = match["module"], match["name"]
    outputs, inputs = shapes[parameter][:2]
    turned = is_turned(parameter, shapes)
    if turned:
        outputs, inputs = inputs, outputs
    # A Conv1D of cross-attention has its queries elsewhere.
    roles = "kv" if name == "kv.weight" or (turned and outputs == 2 * inputs) else "qkv"
    pieces = _count_pieces(module, name, turned, shapes)
    values = _count_values(module, shapes)
    if values is None and pieces == 1 and outputs % (len(roles) * inputs) == 0:
        values = outputs // len(roles)
    if pieces == 0 or values is None:
        return []
    value = values // pieces
    key = (outputs - values) // (pieces * (len(roles) - 1))
    is_whole = pieces * ((len(roles) - 1) * key + value) == outputs
    if not is_whole or key <= 0 or (pieces == 1 and key != value):
        return []
    starts = [index * key for index in range(len(roles))]
    stops = [*starts[1:], starts[-1] + value]
    return [Part(*part) for part in zip(roles, repeat(pieces), starts, stops)]


def _count_pieces(module: str, name: str, turned: bool, shapes: Shapes) -> int:
    """Return in how many equal pieces q, k and v lie one after another; 0 if it does not show."""

    def shape_of(sibling: str) -> tuple[int, ...]:
        return shapes.get(module + sibling, ())

    if name == "c_attn.weight":
        return int(turned)
    if name == "qkv_proj.weight":
        return int(bool(shape_of("o_proj.weight")))
    if name == "kv.weight":
        return int(not shape_of("pos_embed.height_rel"))
    if name != "qkv.weight":
        return 1
    if biases := shape_of("attention_biases"):
        return biases[0]
    match = _STAGES.fullmatch(module)
    if match and _count_values(module, shapes) is None:
        return 0
    if not match or f"{match['network']}stem.conv2.weight" not in shapes:
        return 1
    table = shape_of("rel_pos.relative_position_bias_table")
    if len(table) == 3:
        return 1
    return (*table[1:], *shape_of("rel_pos.mlp.fc2.weight"), 0)[0]


def _count_values(module: str, shapes: Shapes) -> int | None:
    """Return the inputs of the projection after the attention: the rows of v."""
    found = (shapes.get(module + name, ()) for name in _OUTPUTS)
    return next((shape[1] for shape in found if len(shape) > 1), None)
