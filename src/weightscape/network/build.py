"""Networks from timm."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict, Unpack

import timm
import torch
from timm.models import PretrainedCfg
from torch import Tensor, nn

from weightscape.network.dropout import drop_in_blocks
from weightscape.network.inputs import make_adapter
from weightscape.network.live import LiveNetwork
from weightscape.network.regularisers import active_regularisers, switch_off
from weightscape.network.saved import NetworkInfo, SavedNetwork, load_network, snapshot


class Variation(TypedDict, total=False):
    """In what a network departs from its architecture.

    Attributes
    ----------
    img_size : int or None
        Height and width of the input; as the images are when missing.
    model_args : mapping
        Arguments of timm's model.
    keep_projection : bool
        Keep the head that the architecture is pre-trained with, such as CLIP's projection, and
        put the classifier behind it.
    small_stem : bool
        Start a ResNet with a 3×3 convolution of stride 1.
    head_init : {"linear", "timm", "zero"}
        How the classifier's weights are drawn, see `initialise`.
    """

    img_size: int | None
    model_args: Mapping[str, Any]
    keep_projection: bool
    small_stem: bool
    head_init: str


def describe(
    architecture: str, in_chans: int, num_classes: int, **variation: Unpack[Variation]
) -> NetworkInfo:
    """Return what is to know of a timm architecture that has no weights from elsewhere.

    Pixels in [0, 1] are brought to [−1, 1], as timm does where weights prescribe nothing. Where
    the name has the tag of weights, they are normalised as those want it, whatever the network
    starts from: so with and without pre-training they are the same.

    Parameters
    ----------
    architecture : str
        Name in timm, with or without the tag of pre-trained weights.
    in_chans, num_classes : int
        Channels of the input and classes of the output.
    **variation
        Fields of `Variation`.

    Raises
    ------
    ValueError
        If timm knows no single classifier layer of the architecture, or no head of its
        pre-training to keep.
    """
    config = find_config(architecture)
    classifier = config.classifier
    if not isinstance(classifier, str):
        raise ValueError(f"{architecture} has no single classifier layer, but {classifier!r}")
    keep_projection = variation.get("keep_projection", False)
    if keep_projection and not config.num_classes:
        raise ValueError(f"{architecture} has no head of its pre-training to keep")
    return NetworkInfo(
        architecture=architecture,
        in_chans=in_chans,
        num_classes=num_classes,
        classifier=f"{classifier}.fc" if keep_projection else classifier,
        mean=_of_channels(config.mean if "." in architecture else (0.5,), in_chans),
        std=_of_channels(config.std if "." in architecture else (0.5,), in_chans),
        img_size=variation.get("img_size"),
        model_args=dict(variation.get("model_args", {})),
        keep_projection=config.num_classes if keep_projection else 0,
        small_stem=variation.get("small_stem", False),
        head_init=variation.get("head_init", "linear"),
    )


def _of_channels(values: tuple[float, ...], channels: int) -> tuple[float, ...]:
    """Return a value for each channel: those given, or their mean where the numbers differ."""
    if len(values) == channels:
        return tuple(values)
    return (sum(values) / len(values),) * channels


def find_config(architecture: str) -> PretrainedCfg:
    """Return what timm knows of an architecture and, where it has a tag, of its weights.

    Raises
    ------
    ValueError
        If timm does not know it.
    """
    config = timm.get_pretrained_cfg(architecture)
    if config is None:
        raise ValueError(f"timm does not know {architecture}")
    return config


def timm_arguments(
    architecture: str, img_size: int | None, model_args: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what timm is to be given beside the architecture's name, the input's size included.

    An architecture that takes images of any size is not told it.
    """
    size = {"img_size": img_size} if img_size and find_config(architecture).fixed_input_size else {}
    return {**model_args, **size}


def build(
    info: NetworkInfo, dropout: float = 0.0, placement: str = "head", drop_path_rate: float = 0.0
) -> nn.Module:
    """Return the network, randomly initialised from torch's current seed.

    A rate of 0 is none: what timm drops or skips unless it is told not to is switched off, but for
    what the network's own `model_args` ask for.

    Parameters
    ----------
    info : NetworkInfo
        What to build.
    dropout : float, optional
        Rate of dropout.
    placement : {"head", "blocks", "everywhere"}, optional
        Where it acts: on the features before the classifier (timm's `drop_rate`), in every block,
        see `weightscape.network.dropout`, or both.
    drop_path_rate : float, optional
        Rate of stochastic depth at the last block, as timm spreads it over the others.

    Raises
    ------
    ValueError
        If the architecture has no stochastic depth, no 3×3 stem, or no blocks to drop in, and it
        is asked for.
    """
    at_head = dropout if placement in ("head", "everywhere") else 0.0
    network = _timm_model(info, 0.0 if info.keep_projection else at_head, drop_path_rate)
    if info.small_stem:
        _put_small_stem(network, info)
    if info.keep_projection:
        _put_classifier_behind(network, info, at_head)
    if dropout and placement in ("blocks", "everywhere"):
        drop_in_blocks(network, dropout, info.architecture)
    # Convolutions on a CPU are a fifth faster with the channels last.
    return network.to(memory_format=torch.channels_last)


def _timm_model(info: NetworkInfo, dropout: float, drop_path_rate: float) -> nn.Module:
    """Return the model of timm, in which nothing is dropped or skipped but what is asked for."""
    options = timm_arguments(info.architecture, info.img_size, info.model_args)
    if drop_path_rate:
        options["drop_path_rate"] = drop_path_rate
    network = plain = _create(info, dropout, options)
    asked = [key for key in options if "drop" in key]
    if dropout or asked:
        with torch.device("meta"):  # no weights: it shows what acts there without being asked for
            plain = _create(info, 0.0, options | dict.fromkeys(asked, 0.0))
    switch_off(network, active_regularisers(plain))
    return network


def _create(info: NetworkInfo, dropout: float, options: Mapping[str, Any]) -> nn.Module:
    try:
        network: nn.Module = timm.create_model(
            info.architecture,
            in_chans=info.in_chans,
            num_classes=info.keep_projection or info.num_classes,
            drop_rate=dropout,
            **options,
        )
    except TypeError as error:
        raise ValueError(f"{info.architecture} does not take {sorted(options)}: {error}") from error
    return network


def _put_small_stem(network: nn.Module, info: NetworkInfo) -> None:
    stem = getattr(network, "conv1", None)
    if not isinstance(stem, nn.Conv2d) or stem.kernel_size != (7, 7):
        raise ValueError(f"small_stem: {info.architecture} has no 7×7 convolution to replace")
    network.conv1 = nn.Conv2d(info.in_chans, stem.out_channels, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(network.conv1.weight, mode="fan_out", nonlinearity="relu")


def _put_classifier_behind(network: nn.Module, info: NetworkInfo, dropout: float) -> None:
    place = info.classifier.removesuffix(".fc")
    classifier = nn.Linear(info.keep_projection, info.num_classes)
    parts = [
        ("projection", network.get_submodule(place)),
        ("drop", nn.Dropout(dropout)),
        ("fc", classifier),
    ]
    network.set_submodule(place, nn.Sequential(OrderedDict(parts)))


def initialise(info: NetworkInfo, seed: int, pretrained: Mapping[str, Tensor]) -> nn.Module:
    """Return the network with random weights from `seed`, all but the classifier pre-trained.

    Whatever the architecture, the classifier is drawn as `torch.nn.Linear` draws itself, weights
    and bias uniformly within ±1/√features, unless `info` says otherwise: timm's own draws differ
    by a factor of 25 between architectures with few classes, and with them the first losses.

    Parameters
    ----------
    info : NetworkInfo
        What to build.
    seed : int
        Decides the classifier's initial weights, and all others that are not pre-trained.
    pretrained : mapping of str to torch.Tensor
        Weights to start from; empty for a network that starts at random. Its classifier, made
        for other classes, is not used, unless it is a projection to keep.
    """
    torch.manual_seed(seed)
    network = build(info)
    _draw_head(_classifier(network, info), info.head_init)
    head = info.classifier.removesuffix(".fc") if info.keep_projection else info.classifier
    body = {}
    for name, tensor in pretrained.items():
        if not name.startswith(f"{head}."):
            body[name] = tensor
        elif info.keep_projection:
            body[f"{head}.projection{name.removeprefix(head)}"] = tensor
    if body:
        expected = {n for n in network.state_dict() if not n.startswith(f"{info.classifier}.")}
        if expected != body.keys():
            odd = sorted(expected ^ body.keys())
            raise ValueError(f"pretrained weights do not fit {info.architecture}: {odd[:5]}")
        network.load_state_dict(body, strict=False)
    return network


def _classifier(network: nn.Module, info: NetworkInfo) -> nn.Module:
    try:
        return network.get_submodule(info.classifier)
    except AttributeError:
        raise ValueError(
            f"{info.architecture} has no classifier {info.classifier!r}: it is an encoder without a"
            " head; take another architecture"
        ) from None


def _draw_head(classifier: nn.Module, how: str) -> None:
    """Draw the weights of a classifier's layers anew; timm's stay as `build` has drawn them."""
    for layer in classifier.modules():
        if not isinstance(layer, nn.Linear | nn.Conv2d):
            continue
        if how == "linear":
            layer.reset_parameters()
        elif how == "zero":
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)


def restore(
    network: SavedNetwork,
    device: torch.device | str = "cpu",
    dropout: float = 0.0,
    placement: str = "head",
    drop_path_rate: float = 0.0,
) -> LiveNetwork:
    """Return a network with exactly the weights that it was saved with, on the device.

    What it drops while it is trained is as of `build`.
    """
    info = network.info
    module = build(info, dropout, placement, drop_path_rate)
    module.load_state_dict(dict(network.tensors))
    return make_live(module.to(device), info)


def make_live(module: nn.Module, info: NetworkInfo) -> LiveNetwork:
    """Return a module of `build` together with what feeds it."""
    return LiveNetwork(module, make_adapter(info), info.classifier, info.num_classes)


def initial_network(
    network: Mapping[str, Any], num_classes: int, seed: int, pretrained: str | Path | None
) -> SavedNetwork:
    """Return the network that a seed's runs start from.

    Parameters
    ----------
    network : mapping
        What makes it: arguments of `describe`.
    num_classes : int
        Classes of the output.
    seed : int
        Decides the classifier's weights, or all of them without `pretrained`.
    pretrained : str or Path or None
        File of the weights to start from.
    """
    info = describe(**network, num_classes=num_classes)
    if pretrained is None:
        return snapshot(initialise(info, seed, {}), info)
    tensors, source = load_network(pretrained)
    taken = {key: getattr(source, key) for key in ("mean", "std", "source", "license")}
    info = info.model_copy(update=taken)
    return snapshot(initialise(info, seed, tensors), info)
