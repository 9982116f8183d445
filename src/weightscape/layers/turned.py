"""Weights that are stored as inputs by outputs: names, shapes and biases prove it."""

import re

from weightscape.layers.gates import halves
from weightscape.layers.operators import Shapes, are_experts

_CONV1D = re.compile(
    r"(?P<block>(.*\.)?)(attn|crossattention|mlp)\.(c_attn|q_attn|c_fc|c_proj)\.weight"
)


def is_turned(parameter: str, shapes: Shapes) -> bool:
    """Say whether a weight is stored as inputs by outputs.

    * So is a Conv1D of GPT-2 [1]_. Its self-attention tells for the whole block, whose output
      projection is square: there, `c_attn` has three columns for a row. Others give the same names
      to linear layers, which are stored as outputs by inputs (GPT-BigCode, Qwen, the MLP of CLIP).
    * So is a weight whose bias is as long as its second side and not as its first: a transposed
      convolution, a Conv1D.
    * So are the stacked experts of Llama 4 and gpt-oss, not those of Mixtral and most others; see
      `weightscape.layers.gates.halves`.

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
    shape = shapes[parameter]
    if are_experts(parameter, shape):
        return halves(parameter, shapes).turned
    if match := _CONV1D.fullmatch(parameter):
        fused = shapes.get(f"{match['block']}attn.c_attn.weight", ())
        if len(fused) == 2 and fused[1] == 3 * fused[0]:
            return True
    if len(shape) < 2 or not parameter.endswith("weight"):
        return False
    outputs = shapes.get(f"{parameter.removesuffix('weight')}bias", ())
    return outputs == shape[1:2] != shape[:1]
