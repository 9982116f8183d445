"""CIFAR-10: 60,000 photographs of 32x32 pixels in ten classes of objects and animals."""

from typing import ClassVar

from weightscape.data._cifar import CifarImages


class Cifar10(CifarImages):
    """The 50,000 official training images and the 10,000 test images."""

    torchvision_name: ClassVar[str] = "CIFAR10"
