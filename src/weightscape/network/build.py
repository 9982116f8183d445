"""Networks from timm."""

from collections.abc import Mapping
from pathlib import Path

import timm
import torch
from torch import Tensor, nn

from weightscape.network.checkpoint import NetworkInfo, load_tensors


def describe(architecture: str, in_chans: int, num_classes: int) -> NetworkInfo:
    """Return what is to know of a timm architecture that has no weights from elsewhere.

    Pixels in [0, 1] are brought to [−1, 1], as timm does where weights prescribe nothing.
    """
    config = timm.get_pretrained_cfg(architecture)
    classifier = config.classifier if config else None
    if not isinstance(classifier, str):
        raise ValueError(f"{architecture} has no single classifier layer, but {classifier!r}")
    return NetworkInfo(
        architecture=architecture,
        in_chans=in_chans,
        num_classes=num_classes,
        classifier=classifier,
        mean=(0.5,) * in_chans,
        std=(0.5,) * in_chans,
    )


def build(info: NetworkInfo, dropout: float = 0.0) -> nn.Module:
    """Return the network, randomly initialised from torch's current seed.

    Parameters
    ----------
    info : NetworkInfo
        What to build.
    dropout : float, optional
        Rate of the dropout between the pooled features and the classifier (timm's `drop_rate`).
    """
    network: nn.Module = timm.create_model(
        info.architecture,
        in_chans=info.in_chans,
        num_classes=info.num_classes,
        drop_rate=dropout,
    )
    # Convolutions on a CPU are a fifth faster with the channels last.
    return network.to(memory_format=torch.channels_last)


def initialise(info: NetworkInfo, seed: int, pretrained: Mapping[str, Tensor]) -> nn.Module:
    """Return the network with random weights from `seed`, all but the classifier pre-trained.

    Parameters
    ----------
    info : NetworkInfo
        What to build.
    seed : int
        Decides the classifier's initial weights, and all others that are not pre-trained.
    pretrained : mapping of str to torch.Tensor
        Weights to start from; empty for a network that starts at random. Its classifier, made
        for other classes, is not used.
    """
    torch.manual_seed(seed)
    network = build(info)
    body = {
        name: tensor
        for name, tensor in pretrained.items()
        if not name.startswith(f"{info.classifier}.")
    }
    if body:
        expected = {n for n in network.state_dict() if not n.startswith(f"{info.classifier}.")}
        if expected != body.keys():
            odd = sorted(expected ^ body.keys())
            raise ValueError(f"pretrained weights do not fit {info.architecture}: {odd[:5]}")
        network.load_state_dict(body, strict=False)
    return network


def restore(tensors: Mapping[str, Tensor], info: NetworkInfo, dropout: float = 0.0) -> nn.Module:
    """Return the network with exactly the weights `tensors`."""
    network = build(info, dropout)
    network.load_state_dict(dict(tensors))
    return network


def initial_network(
    architecture: str, in_chans: int, num_classes: int, seed: int, pretrained: str | Path | None
) -> tuple[nn.Module, NetworkInfo]:
    """Return the network that a seed's runs start from, and what it is.

    Parameters
    ----------
    architecture : str
        Name in timm.
    in_chans, num_classes : int
        Channels of the input and classes of the output.
    seed : int
        Decides the classifier's weights, or all of them without `pretrained`.
    pretrained : str or Path or None
        File of the weights to start from.
    """
    info = describe(architecture, in_chans, num_classes)
    if pretrained is None:
        return initialise(info, seed, {}), info
    tensors, source = load_tensors(pretrained)
    info = info.model_copy(update={"mean": source.mean, "std": source.std})
    return initialise(info, seed, tensors), info
