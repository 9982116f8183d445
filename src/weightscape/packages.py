"""Files that installed Python packages carry: found by the package's metadata, and checked.

Nothing of a package is imported. What is meant is pinned here with its version and checksum, so
that data and weights from packages are as fixed as published ones.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple


class Package(NamedTuple):
    """Files of a published package.

    Attributes
    ----------
    name, version : str
        What pip calls it.
    folder : str
        Where its files lie below the folder of packages; one file, or all in a folder.
    sha256 : str
        SHA-256 of the one file; of several, of what ``sha256sum`` prints of them, sorted by name.
    license : str
        Their licence, as an SPDX identifier.
    """

    name: str
    version: str
    folder: str
    sha256: str
    license: str

    @property
    def remedy(self) -> str:
        """What to type to have it."""
        return f"pip install --force-reinstall --no-deps {self.name}=={self.version}"


def find_files(package: Package) -> list[Path]:
    """Return the files of an installed package, in the order of their names.

    Nothing is read: see `check_files`.

    Raises
    ------
    FileNotFoundError
        If the package is not installed, or one of its files is missing.
    ValueError
        If another version is installed.
    """
    return [path for path, _ in _recorded(package)]


def check_files(package: Package) -> list[Path]:
    """Return the files of an installed package that are, byte by byte, the published ones.

    Raises
    ------
    FileNotFoundError, ValueError
        As of `find_files`; and if a file is another, or others than the published ones are there.
    """
    files = []
    for path, recorded in _recorded(package):
        if (found := _sha256(path)) != recorded:
            raise ValueError(
                f"{path} is not the file of {package.name} {package.version}: its sha256 is"
                f" {found} and should be {recorded}; {package.remedy}"
            )
        files.append(path)
    check_sum(files, package, f"{package.name} {package.version}")
    return files


def check_sum(files: Sequence[Path], package: Package, what: str) -> None:
    """Compare files, in the order of their paths, with a package's checksum.

    Raises
    ------
    ValueError
        If it is another; `what` is what the message names.
    """
    if len(files) == 1:
        total = _sha256(files[0])
    else:
        lines = "".join(f"{_sha256(file)}  {file.name}\n" for file in files)
        total = hashlib.sha256(lines.encode()).hexdigest()
    if total != package.sha256:
        raise ValueError(
            f"{what} is not what was published: the sha256 of its {len(files)} files is {total}"
            f" and should be {package.sha256}; {package.remedy}"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _recorded(package: Package) -> list[tuple[Path, str]]:
    """Return the files of a package and the checksums that its installer has recorded."""
    try:
        distribution = metadata.distribution(package.name)
    except metadata.PackageNotFoundError:
        raise FileNotFoundError(
            f"the package {package.name} is not installed; {package.remedy} (sha256 of what is"
            f" used of it: {package.sha256})"
        ) from None
    if distribution.version != package.version:
        raise ValueError(
            f"{package.name} is installed in version {distribution.version}, and"
            f" {package.version} is needed (sha256 {package.sha256}); {package.remedy}"
        )
    wanted = [
        file
        for file in distribution.files or ()
        if f"{file}/".startswith(f"{package.folder}/") and file.hash is not None
    ]
    found = []
    for file in sorted(wanted, key=str):
        path = Path(str(file.locate()))
        if not path.is_file():
            raise FileNotFoundError(
                f"{path} of {package.name} {package.version} is missing; {package.remedy}"
            )
        assert file.hash is not None
        padding = "=" * (-len(file.hash.value) % 4)
        found.append((path, base64.urlsafe_b64decode(file.hash.value + padding).hex()))
    if not found:
        raise FileNotFoundError(
            f"{package.name} {package.version} has no {package.folder}; {package.remedy}"
        )
    return found
