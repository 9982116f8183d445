"""From stored images to a network's input."""

import numpy as np
import torch
from torch import Tensor

from weightscape.network.checkpoint import NetworkInfo


def on_device(images: np.ndarray, in_chans: int, device: torch.device) -> Tensor:
    """Return uint8 images on the device, grey ones repeated over the channels that are needed.

    Raises
    ------
    ValueError
        If the images have several channels, but not as many as the network takes.
    """
    channels = images.shape[1]
    if channels not in (1, in_chans):
        raise ValueError(
            f"the images have {channels} channels, the network takes {in_chans}; "
            f"set in_chans: {channels} for the backbone"
        )
    return torch.from_numpy(images).to(device).expand(-1, in_chans, -1, -1)


def to_unit(images: Tensor) -> Tensor:
    """Return uint8 images as float32 in [0, 1], channels last in memory."""
    return images.to(torch.float32, memory_format=torch.channels_last) / 255


def normalise(images: Tensor, info: NetworkInfo) -> Tensor:
    """Return images in [0, 1] as the network wants them: minus mean, over deviation."""
    mean = torch.tensor(info.mean, device=images.device).view(1, -1, 1, 1)
    std = torch.tensor(info.std, device=images.device).view(1, -1, 1, 1)
    return (images - mean) / std
