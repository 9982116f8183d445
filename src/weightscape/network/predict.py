"""Logits of a trained network."""

import numpy as np
import torch
from torch import Tensor, nn

from weightscape.network.checkpoint import NetworkInfo
from weightscape.network.inputs import normalise, to_unit

BATCH = 512
"""Images in a forward pass: enough to keep a processor busy, little memory."""


def predict(network: nn.Module, images: Tensor, info: NetworkInfo) -> np.ndarray:
    """Return the logits of `images`.

    Parameters
    ----------
    network : torch.nn.Module
        The network; it is in evaluation mode afterwards.
    images : torch.Tensor
        uint8 (n, channels, height, width) on the network's device.
    info : NetworkInfo
        How the network wants its input.

    Returns
    -------
    numpy.ndarray
        float32 (n, classes).
    """
    network.eval()
    with torch.inference_mode():
        parts = [network(normalise(to_unit(part), info)) for part in images.split(BATCH)]
    logits: np.ndarray = torch.cat(parts).cpu().numpy()
    return logits
