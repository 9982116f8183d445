"""Published weights that an installed package carries, under the names that timm gives tensors."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from weightscape.config.packaged import PACKAGED, Packaged
from weightscape.packages import check_files


class Rule(NamedTuple):
    """How a part of a tensor's name is called in timm: a pattern and what replaces it."""

    pattern: str
    replacement: str


EFFICIENTNET_PYTORCH = (
    Rule(r"^_conv_stem\.", r"conv_stem."),
    Rule(r"^_bn0\.", r"bn1."),
    # The first stage has no expansion: its blocks are a depthwise and a pointwise convolution.
    Rule(r"^_blocks\.(0\.\d+)\._depthwise_conv\.", r"blocks.\1.conv_dw."),
    Rule(r"^_blocks\.(0\.\d+)\._bn1\.", r"blocks.\1.bn1."),
    Rule(r"^_blocks\.(0\.\d+)\._project_conv\.", r"blocks.\1.conv_pw."),
    Rule(r"^_blocks\.(0\.\d+)\._bn2\.", r"blocks.\1.bn2."),
    Rule(r"^_blocks\.(\d+\.\d+)\._expand_conv\.", r"blocks.\1.conv_pw."),
    Rule(r"^_blocks\.(\d+\.\d+)\._bn0\.", r"blocks.\1.bn1."),
    Rule(r"^_blocks\.(\d+\.\d+)\._depthwise_conv\.", r"blocks.\1.conv_dw."),
    Rule(r"^_blocks\.(\d+\.\d+)\._bn1\.", r"blocks.\1.bn2."),
    Rule(r"^_blocks\.(\d+\.\d+)\._project_conv\.", r"blocks.\1.conv_pwl."),
    Rule(r"^_blocks\.(\d+\.\d+)\._bn2\.", r"blocks.\1.bn3."),
    Rule(r"^_conv_head\.", r"conv_head."),
    Rule(r"^_bn1\.", r"bn2."),
    Rule(r"^_fc\.", r"classifier."),
)
"""Names of the package ``efficientnet_pytorch``, block n of all as block b of stage s."""

NAMINGS = {"efficientnet_pytorch": EFFICIENTNET_PYTORCH}
"""The rules by the name that an entry of `PACKAGED` gives them."""


def load_packaged(name: str, expected: Mapping[str, torch.Size]) -> dict[str, Tensor]:
    """Return the weights that a package carries.

    Parameters
    ----------
    name : str
        Name of the package, one of `PACKAGED`.
    expected : mapping of str to torch.Size
        Names and shapes of the tensors of timm's network.

    Raises
    ------
    FileNotFoundError
        If the package, or its file, is missing.
    ValueError
        If another version is installed, its file is not the published one, or a tensor is left
        over, missing or of another shape; the message names it.
    """
    entry = PACKAGED[name]
    (file,) = check_files(entry.package)
    tensors: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    renamed = rename(tensors, entry, expected)
    _check_fit(renamed, entry, expected)
    return renamed


def rename(
    tensors: Mapping[str, Tensor], entry: Packaged, expected: Iterable[str]
) -> dict[str, Tensor]:
    """Return tensors under timm's names; one that no rule knows keeps its own."""
    stages = _stages(expected)
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        # A number over all blocks says in which stage it is once the stages' depths are known.
        new = re.sub(r"(?<=^_blocks\.)\d+", lambda m: stages.get(int(m[0]), m[0]), name)
        for rule in NAMINGS[entry.naming]:
            new, count = re.subn(rule.pattern, rule.replacement, new)
            if count:
                break
        if new in found:
            raise ValueError(f"{entry.package.name}: two of its tensors would be {new}")
        found[new] = tensor
    return found


def _stages(expected: Iterable[str]) -> dict[int, str]:
    """Return ``stage.block`` for the blocks counted over all stages, from timm's own names."""
    pairs = {
        (int(match[1]), int(match[2]))
        for name in expected
        if (match := re.match(r"blocks\.(\d+)\.(\d+)\.", name))
    }
    return {number: f"{stage}.{block}" for number, (stage, block) in enumerate(sorted(pairs))}


def _check_fit(
    tensors: Mapping[str, Tensor], entry: Packaged, expected: Mapping[str, torch.Size]
) -> None:
    for names, what in (
        (tensors.keys() - expected.keys(), "are left over"),
        (expected.keys() - tensors.keys(), "are missing"),
    ):
        if names:
            listed = ", ".join(sorted(names)[:5])
            raise ValueError(
                f"the weights of {entry.package.name} do not fit {entry.architecture}:"
                f" {len(names)} tensors {what}, such as {listed}"
            )
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            raise ValueError(
                f"the weights of {entry.package.name} do not fit {entry.architecture}: {name} has"
                f" the shape {tuple(tensors[name].shape)} and should have {tuple(shape)}"
            )
