"""Logits of a trained network."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from weightscape.network.checkpoint import NetworkInfo
from weightscape.network.inputs import normalise, sized, to_unit

PIXELS = 512 * 64 * 64
"""Pixels in a forward pass, and images at most 512: enough to keep a processor busy."""


def predict(network: nn.Module, images: Tensor, info: NetworkInfo) -> np.ndarray:
    """Return the logits of `images`.

    Parameters
    ----------
    network : torch.nn.Module
        The network; it is in evaluation mode afterwards.
    images : torch.Tensor
        uint8 (n, channels, height, width), on the network's device or the CPU.
    info : NetworkInfo
        How the network wants its input.

    Returns
    -------
    numpy.ndarray
        float32 (n, classes).
    """
    network.eval()
    device = next(network.parameters()).device
    with torch.inference_mode():
        parts = [network(batch) for batch in inputs(images, info, device)]
    logits: np.ndarray = torch.cat(parts).cpu().numpy()
    return logits


def inputs(images: Tensor, info: NetworkInfo, device: torch.device) -> Iterator[Tensor]:
    """Yield uint8 images, batch by batch, on the device and as the network wants them."""
    side = info.img_size or max(images.shape[2:])
    for batch in images.split(max(1, min(512, PIXELS // side**2))):
        yield normalise(sized(to_unit(batch.to(device)), info.img_size), info)
