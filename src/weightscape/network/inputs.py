"""From stored images to a network's input, and which adapter a network has."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from weightscape.data.pixels import fit_size, scale_to_unit
from weightscape.network.live import InputAdapter
from weightscape.network.saved import NetworkInfo

PIXELS = 512 * 64 * 64
"""Pixels in a forward pass, and images at most 512: enough to keep a processor busy."""


def make_adapter(info: NetworkInfo) -> InputAdapter:
    """Return what feeds the network that `info` is of; all of timm's take images."""
    return ImageInput(info)


@dataclass(frozen=True)
class ImageInput(InputAdapter):
    """Images, stored as uint8 (n, channels, height, width) and augmented in [0, 1].

    Attributes
    ----------
    info : NetworkInfo
        Channels, size and normalisation that the network wants.
    """

    info: NetworkInfo

    def put(self, inputs: np.ndarray, device: torch.device) -> Tensor:
        """Return images on the device, grey ones repeated over the channels that are needed.

        What is mapped from disk, or takes more than half of a GPU's free memory, stays where it is.

        Raises
        ------
        ValueError
            If the images have several channels, but not as many as the network takes.
        """
        channels, wanted = inputs.shape[1], self.info.in_chans
        if channels not in (1, wanted):
            raise ValueError(
                f"the images have {channels} channels, the network takes {wanted}; "
                f"set in_chans: {channels} for the backbone"
            )
        pixels = torch.from_numpy(inputs)
        if _fits(inputs, device):
            pixels = pixels.to(device)
        return pixels.expand(-1, wanted, -1, -1)

    def decode(self, batch: Tensor) -> Tensor:
        """Return uint8 images as float32 in [0, 1], of the height and width that are wanted."""
        return fit_size(scale_to_unit(batch), self.info.img_size)

    def encode(self, batch: Tensor) -> Tensor:
        """Return images in [0, 1] as the network wants them: minus mean, over deviation."""
        mean = torch.tensor(self.info.mean, device=batch.device).view(1, -1, 1, 1)
        std = torch.tensor(self.info.std, device=batch.device).view(1, -1, 1, 1)
        return (batch - mean) / std

    def batch_size(self, inputs: Tensor) -> int:
        """Return how many images a forward pass may take, by their size."""
        side = self.info.img_size or max(inputs.shape[2:])
        return max(1, min(512, PIXELS // side**2))


def _fits(images: np.ndarray, device: torch.device) -> bool:
    if isinstance(images, np.memmap):
        return False
    return device.type != "cuda" or images.nbytes < torch.cuda.mem_get_info(device)[0] / 2
