"""Queries, keys and values that a network keeps in one weight.

Names and shapes tell where they lie, and for networks that interleave them by head the
configuration beside the weights. What none of them proves is not taken apart: such a projection
stays one matrix, of which nothing false is said.
"""

import re
from collections.abc import Mapping
from typing import Any

from weightscape.layers.operators import Shapes
from weightscape.layers.parts import Part, divide
from weightscape.layers.turned import is_turned

_FUSED = re.compile(
    r"(?P<module>(.*\.)?)(?P<name>in_proj_weight"
    r"|(qkv|Wqkv|wqkv|qkv_proj|c_attn|kv|query_key_value|kv_b_proj)\.weight)"
)
_STAGES = re.compile(r"(?P<network>(.*\.)?)stages\.\d+\.blocks\.\d+\.(\w+\.)+")
_OUTPUTS = ("proj.weight", "out_proj.weight", "o_proj.weight", "Wo.weight")
_BY_HEAD = ("bloom", "gpt_neox", "gpt_neox_japanese", "persimmon", "minimax")


def fused_parts(
    parameter: str, shapes: Shapes, config: Mapping[str, Any] | None = None
) -> list[Part]:
    """Return where q, k and v, or k and v, lie in a weight that is several projections.

    * One after another they lie in `in_proj_weight` of torch, in `qkv`, `kv` and `Wqkv` (timm's
      vision transformers, ModernBERT, MPT), in `qkv_proj` beside an `o_proj` (Phi-3), and in
      `c_attn` of a Conv1D (GPT-2). They are equal where each has as many rows as the projection
      of the output has inputs, or, where none is beside them, a whole multiple of its own inputs.
      In `qkv_proj` and `Wqkv` the queries may be more than the keys and values, which share heads:
      the projection of the output has as many inputs as there are queries.
    * Interleaved by head they lie in `qkv` of timm's TinyViT and EfficientFormer, whose
      `attention_biases` are by head; and of its CoAtNet and MaxViT, whose relative positions
      are, unless these are a table of heads by height by width: then one after another.
      Of networks in stages, as these are, a `qkv` with no projection of the output proves nothing.
      So they do, keys and values, in `kv_b_proj` (DeepSeek), whose heads follow from the shapes.
    * Interleaved by head, or by the heads that share keys and values, they lie in
      `query_key_value` of BLOOM, GPT-NeoX, Falcon and Persimmon, in `c_attn` of GPT-BigCode,
      `wqkv` of InternLM 2 and `qkv_proj` of MiniMax; in four shards of q, v and k in `qkv_proj` of
      CodeGen. The configuration has to say which of these a network is, and its heads.
    * Where nothing shows it the weight stays whole: the above with no configuration, `c_attn` of
      a linear layer (one after another in Qwen), `kv` of HaloNet, `qkv` of LeViT. So does it where
      q, k and v lie one after another and differ otherwise (keys narrower than values).

    Parameters
    ----------
    parameter : str
        The weight.
    shapes : mapping of str to tuple of int
        Shape of every parameter of the network.
    config : mapping, optional
        What ``config.json`` of transformers says of the network.

    Returns
    -------
    list of Part
        In the order of the rows, those of outputs by inputs; empty where it is one projection, or
        is to stay whole.

    References
    ----------
    As the networks are in timm 1.0.31 and transformers 5.24; InternLM 2 as in its repository.
    """
    match = _FUSED.fullmatch(parameter)
    if match is None or len(shapes[parameter]) < 2:
        return []
    module, name = match["module"], match["name"]
    outputs, inputs = shapes[parameter][:2]
    turned = is_turned(parameter, shapes)
    if turned:
        outputs, inputs = inputs, outputs
    if name == "kv_b_proj.weight":
        return _latent_parts(module, outputs, shapes)
    if found := _configured_parts(name, outputs, turned, config or {}):
        return found
    # A Conv1D of cross-attention has its queries elsewhere.
    roles = "kv" if name == "kv.weight" or (turned and outputs == 2 * inputs) else "qkv"
    pieces = _count_pieces(module, name, turned, shapes)
    values = _count_values(module, shapes)
    if values and pieces and name in ("qkv_proj.weight", "Wqkv.weight"):
        return _shared_parts(values, outputs)
    if values is None and pieces == 1 and outputs % (len(roles) * inputs) == 0:
        values = outputs // len(roles)
    if pieces == 0 or values is None:
        return []
    value = values // pieces
    key = (outputs - values) // (pieces * (len(roles) - 1))
    is_whole = pieces * ((len(roles) - 1) * key + value) == outputs
    if not is_whole or key <= 0 or (pieces == 1 and key != value):
        return []
    return divide(dict.fromkeys(roles, key) | {"v": value}, pieces)


def _configured_parts(
    name: str, outputs: int, turned: bool, config: Mapping[str, Any]
) -> list[Part]:
    """Return the parts of a weight where the configuration says how they lie; else nothing."""
    kind = config.get("model_type")
    heads = next((config[k] for k in ("num_attention_heads", "n_head") if config.get(k)), None)
    if kind == "codegen" and name == "qkv_proj.weight" and outputs % 12 == 0:
        return divide(dict.fromkeys("qvk", outputs // 12), 4)
    groups = None
    if kind in _BY_HEAD and name in ("query_key_value.weight", "qkv_proj.weight"):
        groups = heads
    elif kind == "falcon" and name == "query_key_value.weight":
        groups = 1 if config.get("multi_query") else heads
        if config.get("new_decoder_architecture"):
            groups = config.get("num_kv_heads")
    elif kind == "gpt_bigcode" and name == "c_attn.weight" and not turned:
        groups = 1 if config.get("multi_query") else heads
    elif kind == "internlm2" and name == "wqkv.weight":
        groups = config.get("num_key_value_heads")
    if not isinstance(heads, int) or not isinstance(groups, int) or groups < 1:
        return []
    width = outputs // (heads + 2 * groups)
    if heads % groups or width * (heads + 2 * groups) != outputs:
        return []
    return divide({"q": heads // groups * width, "k": width, "v": width}, groups)


def _shared_parts(queries: int, outputs: int) -> list[Part]:
    """Return q, k and v one after another, where heads of queries may share keys and values."""
    shared = (outputs - queries) // 2
    if shared <= 0 or queries % shared or queries + 2 * shared != outputs:
        return []
    return divide({"q": queries, "k": shared, "v": shared})


def _latent_parts(module: str, outputs: int, shapes: Shapes) -> list[Part]:
    """Return k and v of DeepSeek's latent attention, by head.

    The rows of all keys that are not rotated are those of `kv_b_proj` less the values, which the
    projection of the output takes; a head of queries has as many, and those that are rotated,
    which are the rows of `kv_a_proj_with_mqa` beyond its latent ones.
    """
    latent = shapes[f"{module}kv_b_proj.weight"][1]
    down = shapes.get(f"{module}kv_a_proj_with_mqa.weight", (0,))[0]
    found = (shapes.get(f"{module}{name}.weight", (0,)) for name in ("q_b_proj", "q_proj"))
    queries = max(shape[0] for shape in found)
    values = _count_values(module, shapes) or 0
    keys, rotated = outputs - values, down - latent
    heads = (queries - keys) // rotated if rotated > 0 else 0
    if heads <= 0 or keys + heads * rotated != queries or values % heads or keys % heads:
        return []
    return divide({"k": keys // heads, "v": values // heads}, heads)


def _count_pieces(module: str, name: str, turned: bool, shapes: Shapes) -> int:
    """Return in how many equal pieces q, k and v lie one after another; 0 if it does not show."""

    def shape_of(sibling: str) -> tuple[int, ...]:
        return shapes.get(module + sibling, ())

    if name == "c_attn.weight":
        return int(turned)
    if name in ("query_key_value.weight", "wqkv.weight"):
        return 0
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
