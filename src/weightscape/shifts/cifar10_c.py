"""CIFAR-10-C: CIFAR-10's test images under the published corruptions, as published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from weightscape.shifts._corrupted import Archive, CorruptedOptions, corrupted, fetch_corrupted

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled
    from weightscape.shifts.source import Source

ARCHIVE = Archive(
    source="cifar10_c",
    folder="CIFAR-10-C",
    url="https://zenodo.org/records/2535967/files/CIFAR-10-C.tar",
    checksum="md5:56bf5dcef84df0e2308c6dcbcbbd8499",
)


class Options(CorruptedOptions):
    """Which corruptions are tested, and at which severities."""


def fetch(data_root: Path) -> list[Path]:
    """Return the arrays in ``CIFAR-10-C``; see `weightscape.shifts._corrupted.fetch_corrupted`."""
    return fetch_corrupted(ARCHIVE, data_root)


def shift(source: Source, severity: int, options: Options, seed: int) -> Labelled:
    """Return the corrupted test images; see `weightscape.shifts._corrupted.corrupted`."""
    return corrupted(ARCHIVE, source, severity, options, seed)
