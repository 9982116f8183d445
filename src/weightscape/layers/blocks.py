"""How deep a layer lies: the residual or transformer blocks of a network, told from its names."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from weightscape.layers.names import belongs, is_head, natural

_BLOCKS = (
    r"block\.\d+(?=\.layer\.\d)|blocks\.\d+(?=\.\d\.fn\.)",  # T5, ConvMixer: lists of parts
    r"(down_blocks\.\d+|up_blocks\.\d+|mid_block)\.(resnets|attentions)\.\d+",  # UNet of diffusers
    r"middle_block\.\d+|mid\.(block|attn)_\d+",  # UNet, and autoencoder, of latent diffusion
    r"layer\d+\.\d+|(bottom_up|backbone)\.res[2-5]\.\d+",  # ResNet; as in detectron2
    r"stage\d+\.\d+|level\d+(\.tree\d+)+",  # HRNet, ShuffleNet; DLA
    r"\w*blocks?\d+\.\d+",  # the first SegFormer and PVT; CoaT
    r"s\d+\.b\d+",  # RegNet
    r"Mixed_\d\w|inception\d\w|conv[2-9]_\d+",  # Inception, GoogLeNet, DPN
    r"denseblock\d+\.denselayer\d+|dense_block\d+",  # DenseNet, RDNet
    r"encoder_layer_\d+|transformer_encoder\.\d+",  # torchvision's ViT; NesT
    r"(stages?|layers|network)\.\d+\.((blocks|layers)\.)?\d+",  # ConvNeXt, ByobNet, Swin, VOLO
    r"(?<!pos_conv_embed\.)\w*(?<!downsample_)(?<!conv_)(?<!pos_)(blocks?|layers?)(_token_only)?"
    r"\.\d+(\.\d+)?",  # most
    r"h\.\d+|self_attends\.\d+|blk\.\d+",  # GPT-2; Perceiver; llama.cpp
    # torchvision's chains, whose member 0 may be the stem
    r"features(?!\.0(\.(0|conv|bn)\b.*)?$)(\.\d+)+",
)
_BLOCK = re.compile(rf"(^|\.)({'|'.join(_BLOCKS)})(?=\.|$)")
_APART = (
    # The two halves of a block of XLM are in lists of their own.
    (re.compile(r"(attentions|ffns)(\.\d+\.(\w+_lin|lin[12]))$"), r"layers\2"),
    # A convolution by position belongs to the first block of every stage of Twins.
    (re.compile(r"^pos_block\.(\d+)\."), r"blocks.\1.0."),
)
_ORDER = (
    r"patch_embed|visual",
    r"",
    r"qformer|multimodal_model",  # BLIP-2, FLAVA: what joins the towers
    r"\w*decoder\w*|dec|language_model|attentions|parallel_blocks|single_transformer_blocks",
)
"""Parts of networks in the order in which they are applied; those of no other place are second."""

_BETWEEN = re.compile(
    r"(?P<list>(.*\.)?(\w*patch_embed(ding)?s\.|patch_embed|downsample_layers\.|(?P<ends>transition)))"
    r"(?P<stage>\d+)\..*"
)
_PROJECTION = re.compile(r"((?:.*\.)?patch_embed)\.(backbone\.pool\.)?proj")


def block_names(names: Iterable[str]) -> list[str]:
    """Return the names of the residual or transformer blocks among modules or in their names.

    They are in the order in which a network applies them: an encoder's before a decoder's, and
    those of other towers by name.
    """
    return _ordered(_block_of(name) for name in names)


def blocks(names: Iterable[str], classifier: str) -> tuple[dict[str, int], int]:
    """Return the block of every layer of a network, told from their names, and how many there are.

    Parameters
    ----------
    names : iterable of str
        Names of all layers, in any order: checkpoints keep them sorted by letter.
    classifier : str
        Name of the module that holds the classifier.

    Returns
    -------
    block : dict of str to int
        The block of every layer: 0 before the first residual or transformer block, then 1 to n,
        and n + 1 for the classifier and the other heads. The blocks of an encoder come before
        those of a decoder; those of several towers follow one another. A layer between two
        stages (the downsampling of ConvNeXt) counts to the block before it. What is outside the
        blocks and no head by its name counts as before them.
    count : int
        How many blocks there are.
    """
    names = list(names)
    found = {name: _block_of(name) for name in names}
    inner = _ordered(key for name, key in found.items() if key != name)
    # A layer that is itself a member of a list (the convolutions of VGG) is a block where the list
    # has blocks too, or is a chain; an MLP's list of layers (the boxes of DETR) is none.
    ordered = _ordered(
        key
        for name, key in found.items()
        if key != name or "features." in name or _has_any(inner, name.rpartition(".")[0])
    )
    number = {key: index for index, key in enumerate(ordered, start=1)}
    between = _Between(number, found)

    def block(name: str) -> int:
        if belongs(name, classifier):
            return len(ordered) + 1
        key = found[name]
        while key not in number and "." in key:
            key = key.rpartition(".")[0]
        if key in number:
            return number[key]
        if is_head(name) and not between.is_inside(name):
            return len(ordered) + 1
        return between.block(name)

    return {name: block(name) for name in names}, len(ordered)


def _ordered(keys: Iterable[str]) -> list[str]:
    """Return the blocks among blocks and stages, in the order in which a network applies them."""
    found = {key for key in keys if key}
    # Of `layers.1` and `layers.1.blocks.0` the former is a stage.
    stages = {key[: dot.start()] for key in found for dot in re.finditer(r"\.", key)}
    return sorted(found - stages, key=_place)


def _block_of(name: str) -> str:
    """Return the part of a name that names a block or a stage; empty where none does."""
    for pattern, place in _APART:
        name = pattern.sub(place, name)
    match = _BLOCK.search(name)
    return name[: match.end()] if match else ""


def _place(key: str) -> list[tuple[int, list[str | int]]]:
    """Return the sorting key of a block; a UNet's residual and attention blocks alternate."""
    key = re.sub(r"(?<=mid\.)attn_(\d+)$", r"block_\1_attn", key)
    parts = re.sub(r"(resnets|attentions)\.(\d+)$", r"\2.\1", key).split(".")
    return [(_order(part), natural(part)) for part in parts]


def _order(part: str) -> int:
    places = (place for place, names in enumerate(_ORDER) if re.fullmatch(names, part))
    return next(places, 1)


class _Stage(NamedTuple):
    """A stage that a layer lies in: of `stages.1.downsample`, the list, the number, the part."""

    parent: str
    number: int
    part: str


def _has_any(keys: Iterable[str], module: str) -> bool:
    return any(key.startswith(f"{module}.") for key in keys)


class _Between:
    """Where layers between two stages stand."""

    def __init__(self, number: Mapping[str, int], keys: Mapping[str, str]) -> None:
        self.number = number
        self.held: dict[str, dict[int, list[int]]] = {}
        for key, block in number.items():
            for match in re.finditer(r"\d+", key):
                stages = self.held.setdefault(key[: match.start()], {})
                stages.setdefault(int(match[0]), []).append(block)
        found: dict[tuple[str, str], set[int]] = {}
        for name, key in keys.items():
            if key not in number and (stage := self.stage(name)):
                found.setdefault((stage.parent, stage.part), set()).add(stage.number)
        self.ends = {each for each, indices in found.items() if self.is_end(*each, indices)}

    def stage(self, name: str) -> _Stage | None:
        """Return the innermost stage that a layer lies in; None where it lies in none."""
        for match in reversed([*re.finditer(r"(\d+)\.(\w+)", name)]):
            parent = name[: match.start()]
            # The digit of a network's own name (`wav2vec2`) numbers nothing.
            if parent in self.held and (parent.endswith(".") or len(self.held[parent]) > 1):
                return _Stage(parent, int(match[1]), match[2])
        return None

    def is_inside(self, name: str) -> bool:
        """Say whether a layer lies in a stage that has blocks."""
        stage = self.stage(name)
        return stage is not None and stage.number in self.held[stage.parent]

    def is_end(self, parent: str, part: str, indices: set[int]) -> bool:
        """Say whether a part ends its stages: the last one, behind which no stage is, lacks it."""
        stages = self.held[parent]
        lacking = min(stages) in indices and max(stages) not in indices
        return lacking or re.match(r"((\w+_)?transition|root)", part) is not None

    def behind(self, members: str, stage: int) -> int:
        """Return the last block of the stages before `stage`, which lists like `members` hold.

        Like `patch_embeds.` are lists such as `blocks.`, like `patch_embed` numbered names.
        """
        parent = "".join(members.removesuffix(".").rpartition(".")[:2])
        dot = r"\." if members.endswith(".") else ""
        like = re.compile(rf"{re.escape(parent)}\w*?{dot}(\d+)")
        found = [(int(m[1]), block) for key, block in self.number.items() if (m := like.match(key))]
        first = min((block for _, block in found), default=1) - 1
        return max((block for number, block in found if number < stage), default=first)

    def block(self, name: str) -> int:
        """Return the block that a layer outside all blocks follows; 0 where it is before them."""
        if match := _BETWEEN.fullmatch(name):
            return self.behind(match["list"], int(match["stage"]) + bool(match["ends"]))
        if match := _PROJECTION.fullmatch(name):
            return max((n for key, n in self.number.items() if belongs(key, match[1])), default=0)
        if stage := self.stage(name):
            stages = self.held[stage.parent]
            last = stage.number if stage[::2] in self.ends else stage.number - 1
            before = [max(found) for index, found in stages.items() if index <= last]
            return max(before, default=min(map(min, stages.values())) - 1)
        return 0
