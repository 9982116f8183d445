"""Which parameters are linear operators, told from names and shapes; why the others are none."""

import re
from collections.abc import Mapping
from math import prod

Shapes = Mapping[str, tuple[int, ...]]

KINDS = {2: "Linear", 3: "Conv1d", 4: "Conv2d", 5: "Conv3d"}
"""The layer types of weights by their dimensions."""

_WEIGHT = re.compile(r"(.*\.)?(weight(_[ih]h_l\d+\w*)?|\w*_proj_weight)$")
_POSITIONS = re.compile(r".*pos(ition(al)?)?_embed(ding)?s?$")
_EXPERTS = re.compile(r"(.*\.)?(\w*(experts?|moe|_exps|attn_[kv]_b)(\.|$)|(in|out)put_linear\.)")
_NORM = re.compile(r"(.*[._])?(\w*norm\d*|rms|ln_?\w?|bn\d*)\.weight$", re.IGNORECASE)
_BILINEAR = re.compile(r"(.*[._])?(bil|bilin|bilinear|biaffine)\d*\.weight$", re.IGNORECASE)
_RELATIVE = re.compile(r".*rel(ative)?_(attention_|attn_|position_|pos_)?([xy]_)?bias\.weight$")
_CODEBOOK = re.compile(
    r"(.*\.)?(_?codebooks?(\..*)?"
    r"|(\w*quantizers?|quantize|\w*vq(_?vae)?)(\.\w+)?\._?embed(ding)?s?(\.weight)?)$"
)
_TABLE = re.compile(
    r".*(bias|rel_|_rel|pos|token|scale|index|idx|mask|alpha|gamma|freq|running|latent|query"
    r"|queue|queries|memory_bank|embed_avg|confmat|confusion|histogram|tables|lookup|bucket"
    r"|a_log|anchor|tril|triu|causal|codebook|integer"
    r"|adjacency|laplacian|transitions|filters|prior|exp_avg|noise_const|time_(decay|first|faaaa)$"
    r"|ssm_a$)"
    r"|(.*_)?(pe|cos|sin|cov|covariance|filt|ema|fb|mel|dct|hist|adj|centers?|avg|[hc]0)(_.*)?$|d$"
)


def why_no_operator(parameter: str, shapes: Shapes) -> str:
    """Say why a parameter is not a linear operator; nothing if it is.

    Parameters
    ----------
    parameter : str
        Its name.
    shapes : mapping of str to tuple of int
        Shape of every parameter of the network: that of a bias beside a weight tells a norm.
    """
    shape = shapes[parameter]
    if prod(shape) == 0:
        return "it is empty"
    if not shape:
        return "a scalar has no spectrum"
    is_weight = _WEIGHT.match(parameter) is not None
    is_weight &= len(shape) == 2 or not parameter.endswith("_proj_weight")
    vector = len(shape) != 2 and prod(shape[1:]) == 1 if is_weight else max(shape) == prod(shape)
    if len(shape) == 1 or vector:
        return "a vector has no spectrum"
    if _POSITIONS.match(parameter) and len(squeezed(shape)) == 2:
        return ""
    if is_weight and (reason := _no_matrix(parameter, shape, shapes)):
        return reason
    if _CODEBOOK.match(parameter):
        return "a codebook by its name, whose rows are looked up and multiply nothing"
    if (is_weight and len(shape) in KINDS) or are_experts(parameter, shape):
        return ""
    if not is_weight and _TABLE.match(parameter.rpartition(".")[2].lower()):
        return "a table or a buffer by its name, not an operator"
    if len(shape) == 2:
        return ""
    return f"{len(shape)} dimensions under this name are no known operator"


def is_positions(parameter: str) -> bool:
    """Say whether a parameter is a table of position embeddings, by its name."""
    return _POSITIONS.match(parameter) is not None


def are_experts(parameter: str, shape: tuple[int, ...]) -> bool:
    """Say whether a parameter holds the matrices of several experts, by its name."""
    return len(shape) == 3 and _EXPERTS.match(parameter) is not None


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Drop the leading ones of a shape that has more than two dimensions."""
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    return shape


def _no_matrix(weight: str, shape: tuple[int, ...], shapes: Shapes) -> str:
    """Say why what is called a weight is no matrix; nothing if it may be one.

    A norm over several axes has a bias of the shape of its weight, which no operator has. Of a
    bilinear map ``x₁ᵀ W x₂`` the shape is that of a Conv1d. CondConv keeps a kernel in a row, and
    beside it what mixes them (``routing_fn`` in timm).
    """
    if shapes.get(f"{weight.removesuffix('weight')}bias") == shape:
        return "the weight of a norm, which has a bias of the same shape: it scales each entry"
    if _NORM.match(weight):
        return "the weight of a norm by its name: it scales each entry"
    if _RELATIVE.match(weight):
        return "a table of biases of attention by relative position, not an operator"
    routing = shapes.get(f"{weight.removesuffix('.weight').rpartition('.')[0]}.routing_fn.weight")
    if len(shape) == 2 and routing and routing[0] == shape[0] and "routing_fn" not in weight:
        return "the kernels of several convolutions, a row each, that every input mixes anew"
    if len(shape) == 3 and _BILINEAR.match(weight):
        return "a bilinear map by its name: a matrix per output, and no one of them is applied"
    return ""
