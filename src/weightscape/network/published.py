"""Backbones whose weights come ready-made: published ones, those of a file, or random ones."""

from pathlib import Path

import timm
import torch
from torch import nn

from weightscape.config.backbone import Backbone
from weightscape.config.packaged import PACKAGED
from weightscape.network.build import build, describe, find_config, timm_arguments
from weightscape.network.packaged import load_packaged
from weightscape.network.saved import SavedNetwork, snapshot
from weightscape.seeds import seed_for


def load_published(backbone: Backbone, data_root: str | Path) -> SavedNetwork:
    """Return a backbone with the weights and the head that it comes with.

    What is known of it has the mean and standard deviation that the weights want, their source and
    licence.

    Parameters
    ----------
    backbone : Backbone
        Its `pretrained` is `timm`, `package`, `checkpoint` or `random`.
    data_root : str or Path
        Folder of downloads; timm's lie in its folder `hub`.

    Raises
    ------
    FileNotFoundError
        If the file or package is missing, or published weights are and cannot be downloaded; the
        message says what to do.
    ValueError
        If the weights do not fit the architecture, or those of a package are not the published.
    """
    config = find_config(backbone.architecture)
    info = describe(
        backbone.architecture,
        backbone.in_chans,
        config.num_classes or 1,
        img_size=backbone.img_size,
        model_args=backbone.model_args,
        small_stem=backbone.small_stem,
    )
    if backbone.pretrained == "random":
        torch.manual_seed(seed_for("random", backbone.name))
        random = info.model_copy(update={"source": "random"})
        return snapshot(build(info), random)
    network = _with_weights(backbone, Path(data_root, "hub"))
    return snapshot(network, info.model_copy(update=_origin(backbone)))


def _origin(backbone: Backbone) -> dict[str, str]:
    """Return where the weights of a backbone come from, and their licence."""
    if backbone.checkpoint:
        return {"source": backbone.checkpoint, "license": ""}
    if backbone.package:
        package = PACKAGED[backbone.package].package
        source = f"{package.name} {package.version}, sha256 {package.sha256}"
        return {"source": source, "license": package.license}
    return {
        "source": _hub_name(backbone),
        "license": find_config(backbone.architecture).license or "",
    }


def _with_weights(backbone: Backbone, folder: Path) -> nn.Module:
    options = timm_arguments(backbone.architecture, backbone.img_size, backbone.model_args)
    if backbone.checkpoint:
        if not Path(backbone.checkpoint).is_file():
            raise FileNotFoundError(f"checkpoint: there is no file {backbone.checkpoint}")
        options["pretrained_cfg_overlay"] = {"file": backbone.checkpoint}
    if backbone.package:
        with torch.device("meta"):
            plain: nn.Module = timm.create_model(backbone.architecture)
        expected = {name: tensor.shape for name, tensor in plain.state_dict().items()}
        tensors = load_packaged(backbone.package, expected)
        options["pretrained_cfg_overlay"] = {"state_dict": tensors}
    try:
        network: nn.Module = timm.create_model(
            backbone.architecture,
            pretrained=True,
            in_chans=backbone.in_chans,
            cache_dir=folder,
            **options,
        )
    except OSError as error:
        raise FileNotFoundError(
            f"the weights of {backbone.architecture} are not here and cannot be fetched ({error});"
            f" run once where there is a network, which keeps them in {folder}, or download"
            f" model.safetensors from {_hub_name(backbone)} of the Hugging Face hub and set"
            " pretrained: checkpoint and checkpoint: <that file>"
        ) from error
    except (RuntimeError, KeyError) as error:
        origin = backbone.checkpoint or backbone.package or backbone.architecture
        raise ValueError(
            f"{origin}: its weights do not fit {backbone.architecture}: {error}"
        ) from error
    return network


def _hub_name(backbone: Backbone) -> str:
    config = find_config(backbone.architecture)
    # Of some architectures the hub has the weights under the name of another.
    name = config.hf_hub_id or "timm/"
    return f"{name}{backbone.architecture}" if name.endswith("/") else name
