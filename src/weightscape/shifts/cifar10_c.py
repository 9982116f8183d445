"""CIFAR-10-C: CIFAR-10's test images under the published corruptions, as published."""

from __future__ import annotations

from typing import ClassVar

from weightscape.shifts import _cifar
from weightscape.shifts._corrupted import Archive, Corrupted


class Cifar10C(Corrupted):
    """CIFAR-10's test images under the named corruptions."""

    archive: ClassVar[Archive] = Archive(
        folder="CIFAR-10-C",
        url="https://zenodo.org/records/2535967/files/CIFAR-10-C.tar",
        checksum="md5:56bf5dcef84df0e2308c6dcbcbbd8499",
    )
    classes: ClassVar[_cifar.ClassList] = _cifar.CIFAR10
