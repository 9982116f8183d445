"""Logits of a trained network."""

import numpy as np
import torch
from torch import Tensor

from weightscape.network.live import LiveNetwork


def predict(network: LiveNetwork, inputs: Tensor) -> np.ndarray:
    """Return the logits of inputs.

    Parameters
    ----------
    network : LiveNetwork
        The network; it is in evaluation mode afterwards.
    inputs : torch.Tensor
        What its `put` gives, on its device or the CPU.

    Returns
    -------
    numpy.ndarray
        float32 (n, classes).
    """
    network.module.eval()
    with torch.inference_mode():
        parts = [network.module(batch) for batch in network.batches(inputs)]
    logits: np.ndarray = torch.cat(parts).cpu().numpy()
    return logits
