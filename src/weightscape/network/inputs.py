"""From stored images to a network's input."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from weightscape.network.checkpoint import NetworkInfo


def on_device(images: np.ndarray, in_chans: int, device: torch.device) -> Tensor:
    """Return uint8 images on the device, grey ones repeated over the channels that are needed.

    What is mapped from disk, or takes more than half of a GPU's free memory, stays where it is.

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
    pixels = torch.from_numpy(images)
    if _fits(images, device):
        pixels = pixels.to(device)
    return pixels.expand(-1, in_chans, -1, -1)


def _fits(images: np.ndarray, device: torch.device) -> bool:
    if isinstance(images, np.memmap):
        return False
    return device.type != "cuda" or images.nbytes < torch.cuda.mem_get_info(device)[0] / 2


def to_unit(images: Tensor) -> Tensor:
    """Return uint8 images as float32 in [0, 1], channels last in memory."""
    return images.to(torch.float32, memory_format=torch.channels_last) / 255


def sized(images: Tensor, img_size: int | None) -> Tensor:
    """Return images of a height and width, or as they are where none is given.

    Bilinear, with an anti-aliasing filter where they become smaller, as torchvision's Resize.
    """
    if img_size is None or images.shape[2:] == (img_size, img_size):
        return images
    size = (img_size, img_size)
    return interpolate(images, size, mode="bilinear", align_corners=False, antialias=True)


def normalise(images: Tensor, info: NetworkInfo) -> Tensor:
    """Return images in [0, 1] as the network wants them: minus mean, over deviation."""
    mean = torch.tensor(info.mean, device=images.device).view(1, -1, 1, 1)
    std = torch.tensor(info.std, device=images.device).view(1, -1, 1, 1)
    return (images - mean) / std
