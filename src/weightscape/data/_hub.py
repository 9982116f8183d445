"""Image sets that the Hugging Face hub has as Parquet files: columns image, domain and label."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from weightscape.data._published import OFFLINE, check, explain_lack, is_offline

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data._inventory import Inventory

BATCH = 32
"""Images that are read from a file at a time."""

_log = logging.getLogger(__name__)


class Hub(NamedTuple):
    """A set on the hub.

    Attributes
    ----------
    repo, revision : str
        Name of the repository, and the commit that is meant.
    files : dict of str to str
        The files in it, and their checksums, empty where only the hub itself gives them.
    """

    repo: str
    revision: str
    files: dict[str, str]


def fetch_hub(hub: Hub, folder: Path, otherwise: str) -> list[Path]:
    """Return the files of `hub` in `folder`, downloaded where one is missing.

    Parameters
    ----------
    hub : Hub
        Where they are.
    folder : Path
        Where they go, under the names that they have on the hub.
    otherwise : str
        What else may be put there, for the message.

    Raises
    ------
    FileNotFoundError
        If a file is missing and cannot be downloaded; the message says what to put where.
    ValueError
        If what is downloaded is not the published file.
    """
    for name, published in hub.files.items():
        if not (folder / name).is_file():
            _download(hub, name, published, folder, otherwise)
    return [folder / name for name in hub.files]


def _download(hub: Hub, name: str, published: str, folder: Path, otherwise: str) -> None:
    file = folder / name
    remedy = (
        f"put into {folder} the files {', '.join(hub.files)} of the data set {hub.repo} on the"
        f" Hugging Face hub, revision {hub.revision}, or {otherwise}"
    )
    if is_offline():
        raise explain_lack(str(file), remedy, OFFLINE)
    from huggingface_hub import HfApi, hf_hub_download

    _log.info("downloading %s of %s to %s", name, hub.repo, folder)
    kind, commit = "dataset", hub.revision
    try:
        if not published:
            about: Any = HfApi().get_paths_info(hub.repo, name, repo_type=kind, revision=commit)[0]
            published = f"sha256:{about.lfs.sha256}"
        hf_hub_download(hub.repo, name, repo_type=kind, revision=commit, local_dir=folder)
    except Exception as error:  # whatever a download can raise
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise explain_lack(str(file), remedy, reason) from error
    try:
        check(file, published)
    except ValueError:
        file.unlink()  # else it would count as fetched
        raise


def read_inventory(files: Sequence[Path], domain_names: tuple[str, ...]) -> Inventory:
    """Return what there is in Parquet files with an image, a domain and a label in every row.

    Parameters
    ----------
    files : sequence of Path
        The files, read in this order. The images are structs of their ``bytes`` and ``path``;
        domains and labels are text or, with their names in the metadata, numbers.
    domain_names : tuple of str
        Names of the domains, in the order of their indices.

    Returns
    -------
    Inventory
        Classes are in the order of their plain names, images in that of the rows.

    Raises
    ------
    ValueError
        If a file is not of this kind or has another domain.
    """
    import numpy as np

    from weightscape.data._inventory import Inventory
    from weightscape.data._tree import plain

    named: list[npt.NDArray[Any]] = []
    of_domain: list[npt.NDArray[np.int64]] = []
    classes: set[str] = set()
    known = [plain(name) for name in domain_names]
    for file in files:
        names, values = _column(file, "domain")
        other = [name for name in names[np.unique(values)] if plain(name) not in known]
        if other:
            raise ValueError(f"{file} has the domain {other[0]!r}, not {', '.join(domain_names)}")
        places = [known.index(plain(n)) if plain(n) in known else -1 for n in names]
        of_domain.append(np.array(places, np.int64)[values])
        names, values = _column(file, "label")
        classes.update(names)
        named.append(names[values])
    ordered = sorted(classes, key=lambda name: (plain(name), name))
    place = {name: k for k, name in enumerate(ordered)}
    labels = np.array([place[name] for names in named for name in names], np.int64)
    ends = np.cumsum([len(names) for names in named])

    def images(rows: npt.NDArray[np.int64]) -> Iterator[tuple[str, bytes]]:
        for file, start, end in zip(files, [0, *ends[:-1]], ends, strict=True):
            yield from _images(file, rows[(rows >= start) & (rows < end)] - start)

    return Inventory(tuple(ordered), labels, np.concatenate(of_domain), images)


def _column(file: Path, name: str) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Return the names that a column refers to, and for each row which of them."""
    import numpy as np
    import pyarrow.parquet as pq

    try:
        reader = pq.ParquetFile(file)
        missing = {"image", "domain", "label"} - set(reader.schema_arrow.names)
        if missing:
            raise ValueError(f"it has no column {', '.join(sorted(missing))}")
        values = reader.read([name]).column(name)
        if values.null_count:
            raise ValueError(f"its column {name} has rows without a value")
        metadata = reader.schema_arrow.metadata or {}
        info = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {})
        names = info.get("features", {}).get(name, {}).get("names")
        if names is None:
            found, indices = np.unique(values.to_numpy().astype(str), return_inverse=True)
            return found.astype(object), indices
        indices = values.to_numpy().astype(np.int64)
        if len(indices) and not 0 <= indices.min() <= indices.max() < len(names):
            raise ValueError(f"its column {name} has numbers without a name")
        return np.array(names, object), indices
    except (OSError, ValueError, TypeError) as error:  # those of pyarrow are among them
        raise ValueError(
            f"{file} is not the Parquet file of images it should be: {error}"
        ) from error


def _images(file: Path, rows: npt.NDArray[np.int64]) -> Iterator[tuple[str, bytes]]:
    """Yield the images in ascending `rows`; of row groups without one of them, nothing is read."""
    import pyarrow.parquet as pq

    reader = pq.ParquetFile(file, pre_buffer=False)
    start = 0
    for group in range(reader.num_row_groups):
        end = start + reader.metadata.row_group(group).num_rows
        wanted = set(rows[(rows >= start) & (rows < end)].tolist())
        if wanted:
            for batch in reader.iter_batches(BATCH, row_groups=[group], columns=["image"]):
                for row, image in enumerate(batch.column(0), start):
                    if row in wanted:
                        value = image.as_py() or {}
                        yield f"{file}, row {row} ({value.get('path')})", value.get("bytes") or b""
                start += batch.num_rows
        start = end
