"""Files that others publish: their checksums, their download, and where they may come from."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

from weightscape.atomic import beside
from weightscape.config.fetched import RECORD
from weightscape.config.plugins import Plugin, module_of

CHECKSUMS = (
    "Compare files, and numbers of images and classes, with what is published; false for a set in"
    " the same format that is not the published one."
)
"""What the option `checksums` does."""

OFFLINE = "HF_HUB_OFFLINE is set"
CHUNK = 2**20  # bytes
TIMEOUT = 60.0  # seconds without an answer

_log = logging.getLogger(__name__)


def name_of(plugin: type[Plugin] | Plugin) -> str:
    """Return the name of a plug-in, which its record and messages have."""
    return module_of(plugin).rpartition(".")[2]


def is_offline() -> bool:
    """Return whether the environment variable ``HF_HUB_OFFLINE`` switches downloads off."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def explain_lack(what: str, remedy: str, why: str = "") -> FileNotFoundError:
    """Return the error that says what is missing, why it is not downloaded, and what to do."""
    reason = f" and cannot be downloaded ({why})" if why else ""
    return FileNotFoundError(f"{what} is missing{reason}; {remedy}")


def checksum(file: Path, algorithm: str) -> str:
    """Return a file's checksum in hexadecimal: of hashlib's kinds, or ``git``'s name of a blob."""
    if algorithm != "git":
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, algorithm).hexdigest()
    content = file.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def check(file: Path, published: str, name: Path | None = None, remedy: str = "") -> None:
    """Compare a file with its published checksum.

    Parameters
    ----------
    file : Path
        The file.
    published : str
        Its checksum as ``md5:c58f…``; see `checksum` for the kinds.
    name : Path, optional
        What to call the file, if not by its own name.
    remedy : str, optional
        What to do where it is another.

    Raises
    ------
    ValueError
        If the file is another.
    """
    algorithm, _, expected = published.partition(":")
    found = checksum(file, algorithm)
    if found != expected:
        raise ValueError(
            f"{name or file} is not the published file: its {algorithm} checksum is {found} and "
            f"should be {expected}; {remedy or 'remove or replace it'}"
        )


def verify(files: Mapping[Path, str], source: str, checksums: bool) -> None:
    """See that the files that a plug-in reads are there, and with `checksums` the published ones.

    Parameters
    ----------
    files : mapping of Path to str
        The files with their published checksums, empty where none is known.
    source : str
        Name of the plug-in.
    checksums : bool
        Whether to compare checksums.

    Raises
    ------
    FileNotFoundError, ValueError
        If a file is missing, or not the published one.
    """
    record = RECORD.format(source=source)
    for file, published in files.items():
        if not file.is_file():
            raise explain_lack(str(file), f"remove {record}, and the next run fetches it")
        if checksums and published:
            check(
                file,
                published,
                remedy=f"remove it and {record}, and the next run fetches it, or set the option"
                " checksums to false if it is meant to be another",
            )


def download(url: str, file: Path, published: str) -> None:
    """Download a file, whole and as published or not at all.

    Raises
    ------
    FileNotFoundError
        If it cannot be downloaded; the message says what to put where.
    ValueError
        If what comes is not the published file.
    """
    from http.client import HTTPException
    from urllib.request import urlopen

    from weightscape.data._pixels import report_progress

    remedy = f"put there what {url} gives; a copy from elsewhere will do, its checksum decides"
    if is_offline():
        raise explain_lack(str(file), remedy, OFFLINE)
    _log.info("downloading %s to %s", url, file)
    try:
        with beside(file) as unfinished:
            with urlopen(url, timeout=TIMEOUT) as answer, unfinished.open("wb") as target:
                count = int(answer.headers.get("Content-Length") or 0) // CHUNK
                for chunk in report_progress(
                    iter(lambda: answer.read(CHUNK), b""), count, "MiB are here"
                ):
                    target.write(chunk)
            check(unfinished, published, file)
    except (OSError, HTTPException) as error:
        raise explain_lack(str(file), remedy, str(getattr(error, "reason", error))) from error


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar archive into `folder`; every file appears there whole or not at all."""
    _log.info("unpacking %s", archive)
    temporary = folder / f".{archive.name}.unpacked"
    shutil.rmtree(temporary, ignore_errors=True)  # what a killed process has left
    with tarfile.open(archive) as tar:
        tar.extractall(temporary, filter="data")
    # Small files last: labels beside arrays say that these are there.
    found = [file for file in temporary.rglob("*") if file.is_file()]
    for file in sorted(found, key=lambda file: (-file.stat().st_size, file)):
        target = folder / file.relative_to(temporary)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
    shutil.rmtree(temporary)


def fetch_archive(files: list[Path], url: str, archive: Path, published: str) -> list[Path]:
    """Return `files`, after unpacking the archive that they come in beside it, if one is missing.

    The archive is downloaded where it is missing too, and kept.

    Raises
    ------
    FileNotFoundError
        If files are missing, and the archive cannot be downloaded or lacks them.
    ValueError
        If the archive is not the published one.
    """
    if all(file.is_file() for file in files):
        return files
    if archive.is_file():
        check(archive, published)
    else:
        download(url, archive, published)
    unpack(archive, archive.parent)
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise explain_lack(str(missing[0]), f"it should be in {archive}")
    return files
