"""Networks on disk: safetensors files that say what they hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from pydantic import Field
from torch import Tensor, nn

from weightscape.checkpoints.groups import find_groups
from weightscape.config.section import Section
from weightscape.tensors import read_about, read_tensors, write_tensors


class NetworkInfo(Section):
    """What one needs to know to build a network and to feed it."""

    architecture: str = Field(description="Name in timm.")
    in_chans: int = Field(description="Channels of the input.")
    num_classes: int = Field(description="Outputs of the classifier.")
    classifier: str = Field(description="Name of the classifier's module.")
    groups: dict[str, int] = Field(
        {}, description="Groups of its convolutions that have several, by their weights' names."
    )
    mean: tuple[float, ...] = Field(description="Mean of each channel, subtracted from [0, 1].")
    std: tuple[float, ...] = Field(description="Standard deviation of each channel, divided by.")
    img_size: int | None = Field(
        None, description="Height and width that images are brought to; as they are when missing."
    )
    model_args: dict[str, Any] = Field({}, description="Arguments of timm's model, over its own.")
    keep_projection: int = Field(
        0,
        description="Features that the pre-trained head gives, which stands before the classifier;"
        " 0 where the classifier takes its place.",
    )
    small_stem: bool = Field(
        False, description="Whether a ResNet starts with a 3×3 convolution of stride 1."
    )
    head_init: str = Field("linear", description="How its classifier's weights are drawn.")
    source: str = Field("", description="Where the weights come from.")
    license: str = Field("", description="Their licence.")
    failure: str = Field(
        "",
        description="Why its training failed: its weights are of no use. Empty where it did not.",
    )


class SavedNetwork(NamedTuple):
    """A network as a file has it.

    Attributes
    ----------
    tensors : mapping of str to torch.Tensor
        Its state, parameters and buffers.
    info : NetworkInfo
        What it is.
    """

    tensors: Mapping[str, Tensor]
    info: NetworkInfo


def snapshot(module: nn.Module, info: NetworkInfo) -> SavedNetwork:
    """Return a module as a file has it, with the groups of its convolutions."""
    known = info.model_copy(update={"groups": find_groups(module)})
    return SavedNetwork(module.state_dict(), known)


def mark_failed(network: SavedNetwork, reason: str) -> SavedNetwork:
    """Return a network that says why its weights are of no use; as it is without a reason."""
    return network._replace(info=network.info.model_copy(update={"failure": reason}))


def save_network(path: str | Path, network: SavedNetwork, provenance: Mapping[str, Any]) -> None:
    """Write a network and what it is to `path`, whole or not at all."""
    arrays = {name: tensor.detach().cpu().numpy() for name, tensor in network.tensors.items()}
    write_tensors(path, arrays, {"network": network.info.slice(), "provenance": provenance})


def load_network(path: str | Path) -> SavedNetwork:
    """Return the network at `path`."""
    tensors = {name: torch.from_numpy(array) for name, array in read_tensors(path).items()}
    return SavedNetwork(tensors, NetworkInfo(**read_about(path)["network"]))
