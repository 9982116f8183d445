"""Features of images in a network, before its classifier."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.numpy import load_file, save
from torch import Tensor, nn

from weightscape.files import beside
from weightscape.network.build import restore
from weightscape.network.checkpoint import NetworkInfo
from weightscape.network.device import select_device
from weightscape.network.inputs import on_device
from weightscape.network.predict import inputs

Embeddings = npt.NDArray[np.float32]


def embed(
    tensors: Mapping[str, Tensor],
    info: NetworkInfo,
    images: npt.NDArray[np.uint8],
    device: str,
    threads: int,
) -> Embeddings:
    """Return the features that the classifier of a network sees.

    Parameters
    ----------
    tensors, info
        The network; it runs in evaluation mode, and its classifier has no say.
    images : ndarray of uint8, shape (n, channels, height, width)
        The images, on disk or in memory; a batch at a time is brought to the device.
    device : {"cpu", "cuda"}
        Where to compute.
    threads : int
        Threads of an operation on the CPU.

    Returns
    -------
    ndarray of float32, shape (n, features)
        What timm's ``forward_head(…, pre_logits=True)`` gives, projected where the network keeps
        the projection of its pre-training.

    Raises
    ------
    FloatingPointError
        If a feature is not a finite number.
    """
    place = select_device(device, threads)
    network: Any = restore(tensors, info).to(place).eval()
    after: Callable[[Tensor], Tensor] = nn.Identity()
    if info.keep_projection:
        after = network.get_submodule(f"{info.classifier.removesuffix('.fc')}.projection")
    pixels = on_device(images, info.in_chans, place)
    parts = []
    with torch.inference_mode():
        for batch in inputs(pixels, info, place):
            features = network.forward_head(network.forward_features(batch), pre_logits=True)
            parts.append(after(features).float().cpu())
    embeddings: Embeddings = torch.cat(parts).numpy()
    if not np.isfinite(embeddings).all():
        raise FloatingPointError(f"a feature of {info.architecture} is not finite")
    return embeddings


def save_embeddings(
    path: str | Path, embeddings: Mapping[str, Embeddings], provenance: Mapping[str, Any]
) -> None:
    """Write embeddings by the name of their images to `path` as safetensors."""
    about = json.dumps({"provenance": provenance}, sort_keys=True)
    with beside(path) as unfinished:
        unfinished.write_bytes(save(dict(embeddings), metadata={"weightscape": about}))


def load_embeddings(path: str | Path) -> dict[str, Embeddings]:
    """Return the embeddings that `save_embeddings` has written, by name."""
    return load_file(path)
