"""Features of examples in a network, before its classifier."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from weightscape.config.place import Place
from weightscape.network.build import restore
from weightscape.network.device import select_device
from weightscape.network.live import LiveNetwork
from weightscape.network.saved import SavedNetwork
from weightscape.tensors import read_tensors, write_tensors

Embeddings = npt.NDArray[np.float32]


def embed(network: SavedNetwork, inputs: npt.NDArray[Any], place: Place) -> Embeddings:
    """Return the features that the classifier of a saved network sees.

    Parameters
    ----------
    network : SavedNetwork
        The network; its classifier has no say.
    inputs : ndarray, shape (n, ...)
        Stored inputs, on disk or in memory; a batch at a time is brought to the device.
    place : Place
        Where to compute.

    Raises
    ------
    FloatingPointError
        If a feature is not a finite number.
    """
    live = restore(network, select_device(*place))
    try:
        return features_of(live, live.put(inputs))
    except FloatingPointError as error:
        raise FloatingPointError(f"{network.info.architecture}: {error}") from error


def features_of(network: LiveNetwork, inputs: Tensor, size: int | None = None) -> Embeddings:
    """Return the features that the classifier of a network sees.

    Parameters
    ----------
    network : LiveNetwork
        The network; it is in evaluation mode afterwards.
    inputs : torch.Tensor
        What its `put` gives.
    size : int, optional
        Rows of a forward pass; as many as the adapter says when missing.

    Returns
    -------
    ndarray of float32, shape (n, features)
        What its classifier is called with.

    Raises
    ------
    FloatingPointError
        If a feature is not a finite number.
    """
    seen: list[Tensor] = []

    def keep(head: nn.Module, given: tuple[Tensor, ...]) -> None:
        seen.append(given[0].flatten(1).float().cpu())

    network.module.eval()
    hook = network.head.register_forward_pre_hook(keep)
    try:
        with torch.inference_mode():
            for batch in network.batches(inputs, size):
                network.module(batch)
    finally:
        hook.remove()
    features: Embeddings = torch.cat(seen).numpy()
    if not np.isfinite(features).all():
        raise FloatingPointError("a feature before the classifier is not a finite number")
    return features


def save_embeddings(
    path: str | Path, embeddings: Mapping[str, Embeddings], provenance: Mapping[str, Any]
) -> None:
    """Write embeddings by the name of their images to `path` as safetensors."""
    write_tensors(path, embeddings, {"provenance": provenance})


def load_embeddings(path: str | Path) -> dict[str, Embeddings]:
    """Return the embeddings that `save_embeddings` has written, by name."""
    return read_tensors(path)
