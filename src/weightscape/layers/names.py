"""What the name of a module says: its role in the network, and how deep it lies.

The names are those of timm and torchvision, and of the commoner Hugging Face transformers.
"""

import re
from collections.abc import Iterable, Mapping

ROLES = (
    "stem", "embedding", "q", "k", "v", "attn_out", "mlp_in", "mlp_out", "conv", "downsample",
    "other", "classifier",
)  # fmt: skip
"""The roles, in the order in which a block applies its layers."""

_MLP = r"(mlp|ffn|feed_forward|block_sparse_moe|(shared_)?experts?)\.(\d+\.)?"
_PATTERNS = (
    ("other", r"(^|\.)(se|se_module)\."),  # squeeze and excitation
    ("embedding", r"(^|\.)(?!patch)(wte|wpe|embed_tokens|(\w+_)?embed(ding)?s?)$"),
    ("downsample", r"(^|\.)(downsample|shortcut|reduction)(\.|$)"),
    ("q", r"(^|\.)(q|q_proj|q_attn|query)$"),
    ("k", r"(^|\.)(k|k_proj|key)$"),
    ("v", r"(^|\.)(v|v_proj|value)$"),
    ("attn_out", r"(attn|attention)\w*\.(\w+\.)*(proj|out_proj|o_proj|c_proj|dense|to_out\.0)$"),
    ("mlp_in", rf"(^|\.)({_MLP}(fc1(_[gx])?|0|c_fc|gate_proj|up_proj|gate_up_proj|w1|w3|linear_1"
               r"|input_linear)|linear1|intermediate\.dense)$"),
    ("mlp_out", rf"(^|\.)({_MLP}(fc2|3|c_proj|down_proj|w2|linear_2|output_linear)"
                r"|linear2|output\.dense)$"),
)  # fmt: skip

_BLOCK = re.compile(
    r"(^|\.)("
    r"(stages?|layers)\.\d+\.(blocks\.)?\d+"  # ConvNeXt, ByobNet, Swin
    r"|layer\d+\.\d+"  # ResNet
    r"|s\d+\.b\d+"  # RegNet
    r"|(blocks|resblocks|layers?|h)\.\d+(\.\d+)?"  # transformers, EfficientNet
    r"|encoder_layer_\d+"  # torchvision's ViT
    r"|denseblock\d+\.denselayer\d+"
    r"|features(?!\.0\b)(\.\d+)+"  # torchvision's chains, whose member 0 is the stem
    r")(?=\.|$)"
)
_CLASSIFIER = re.compile(
    r"(model\.)?(fc|heads?|classif|classifier|last_linear|lm_head|score)"
    r"(\.(head\.|fc\.|classifier\.)?(fc|fc2|l|linear|head|classifier|proj|out_proj|\d+))?$"
)
_HEAD = re.compile(r"(fc|heads?|conv_head|classifier|attn_?pool|final_conv|pre_logits)(\.|$)")


def natural(name: str) -> list[str | int]:
    """Return a sorting key that takes the digits in `name` as numbers: ``b.2`` before ``b.10``."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def belongs(name: str, module: str) -> bool:
    """Say whether `name` is `module` or lies within it; nothing lies within an empty name."""
    return bool(module) and f"{name}.".startswith(f"{module}.")


def infer_classifier(names: Iterable[str]) -> str:
    """Return the layer that is the classifier by its name; empty where none is called so.

    Asked where a checkpoint does not say which it is. The names are those that timm, torchvision
    and Hugging Face give their heads; of several (``classifier.0``, ``classifier.3``) it is the
    last. The place in a file proves nothing: files keep parameters sorted by letter.
    """
    heads = [name for name in names if _CLASSIFIER.match(name)]
    return max(heads, key=natural, default="")


def role(name: str, is_conv: bool, block: Mapping[str, int], classifier: str) -> str:
    """Return the role of a layer, one of `ROLES`.

    Parameters
    ----------
    name : str
        Name of the layer.
    is_conv : bool
        Whether it is a convolution.
    block : mapping of str to int
        The block of every layer: one of block 0 that has no other role is the stem, if there are
        blocks behind it.
    classifier : str
        Name of the module that holds the classifier.
    """
    if belongs(name, classifier):
        return "classifier"
    for candidate, pattern in _PATTERNS:
        if re.search(pattern, name) and not (candidate == "embedding" and is_conv):
            return candidate
    if block[name] == 0 and any(_BLOCK.search(other) for other in block):
        return "stem"
    return "conv" if is_conv else "other"


def block_names(names: Iterable[str]) -> list[str]:
    """Return the names of the residual or transformer blocks among modules or in their names."""
    keys = {name[: match.end()] for name in names if (match := _BLOCK.search(name))}
    # Of `layers.1` and `layers.1.blocks.0` the former is a stage.
    inner = {key for key in keys if not any(other.startswith(f"{key}.") for other in keys)}
    return sorted(inner, key=natural)


def blocks(names: Iterable[str], classifier: str) -> dict[str, int]:
    """Return the block of every layer of a network, told from their names.

    Parameters
    ----------
    names : iterable of str
        Names of all layers, in any order: checkpoints keep them sorted by letter.
    classifier : str
        Name of the module that holds the classifier.

    Returns
    -------
    dict of str to int
        The block of every layer: 0 before the first residual or transformer block, then 1 to n,
        and n + 1 for the classifier and what else follows the blocks. A layer between two
        stages (the downsampling of ConvNeXt) counts to the block before it.
    """
    names = list(names)
    found = {name: name[: match.end()] for name in names if (match := _BLOCK.search(name))}
    ordered = block_names(names)
    number = {key: index for index, key in enumerate(ordered, start=1)}

    def block(name: str) -> int:
        if belongs(name, classifier):
            return len(ordered) + 1
        if found.get(name) in number:
            return number[found[name]]
        if _HEAD.match(name):
            return len(ordered) + 1
        stage = re.match(r"\D*\d+", name)
        if stage and any(belongs(key, stage.group()) for key in ordered):
            return sum(natural(key) < natural(stage.group()) for key in ordered)
        return 0

    return {name: block(name) for name in names}
