"""CIFAR-100-C: CIFAR-100's test images under the published corruptions, as published."""

from __future__ import annotations

from typing import ClassVar

from weightscape.shifts import _cifar
from weightscape.shifts._corrupted import Archive, Corrupted


class Cifar100C(Corrupted):
    """CIFAR-100's test images under the named corruptions."""

    archive: ClassVar[Archive] = Archive(
        folder="CIFAR-100-C",
        url="https://zenodo.org/records/3555552/files/CIFAR-100-C.tar",
        checksum="md5:11f0ed0f1191edbf9fa23466ae6021d3",
    )
    classes: ClassVar[_cifar.ClassList] = _cifar.CIFAR100
