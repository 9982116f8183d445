"""From stored images to values in [0, 1] of a size."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate


def scale_to_unit(images: Tensor) -> Tensor:
    """Return uint8 images as float32 in [0, 1], channels last in memory."""
    return images.to(torch.float32, memory_format=torch.channels_last) / 255


def fit_size(images: Tensor, img_size: int | None) -> Tensor:
    """Return images of a height and width, or as they are where none is given.

    Bilinear, with an anti-aliasing filter where they become smaller, as torchvision's Resize.
    """
    if img_size is None or images.shape[2:] == (img_size, img_size):
        return images
    size = (img_size, img_size)
    return interpolate(images, size, mode="bilinear", align_corners=False, antialias=True)
