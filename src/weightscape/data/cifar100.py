"""CIFAR-100: 60,000 photographs of 32x32 pixels in a hundred fine classes."""

from typing import ClassVar

from weightscape.data._cifar import CifarImages


class Cifar100(CifarImages):
    """The 50,000 official training images and the 10,000 test images."""

    torchvision_name: ClassVar[str] = "CIFAR100"
