"""What CIFAR-10 and CIFAR-100 share: the archive of Python batches, read without full unpickling.

References
----------
Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images; the files' names and
checksums are those of ``torchvision.datasets``.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from weightscape.data._options import SmallOptions
    from weightscape.data.labelled import Labelled

NUMPY = {
    *(("numpy", name) for name in ("ndarray", "dtype")),
    *((f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")),
    *((f"numpy.{core}.numeric", "_frombuffer") for core in ("core", "_core")),
}
"""Module and name of what a batch may hold beside Python's own values: what makes an array."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in NUMPY:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no batch needs")
        # The old name of numpy's core still stands in the files, and warns when imported.
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read_batch(file: Path) -> dict[str, Any]:
    """Return the entries of a batch; a pickle that would run code is refused.

    Raises
    ------
    ValueError
        If the file is no pickle of a dictionary of Python's own values and numpy arrays.
    FileNotFoundError
        If it is missing.
    """
    try:
        with file.open("rb") as opened:
            batch = _Unpickler(opened, encoding="latin1").load()
    except OSError:
        raise
    except Exception as error:  # whatever a broken pickle can raise
        raise ValueError(f"{file} is not a batch of CIFAR: {error}") from error
    if not isinstance(batch, dict):
        raise ValueError(f"{file} is not a batch of CIFAR: it holds a {type(batch).__name__}")
    return batch


def fetch_cifar(kind: str, data_root: Path) -> list[Path]:
    """Return the batches of ``torchvision.datasets.<kind>``, downloaded where one is missing.

    Raises
    ------
    FileNotFoundError
        If files are missing and cannot be downloaded.
    ValueError
        If the archive is not the published one.
    """
    from weightscape.data._published import from_archive

    source = _source(kind)
    return from_archive(
        list(_files(source, data_root)),
        source.url,
        data_root / source.filename,
        f"md5:{source.tgz_md5}",
    )


def load_cifar(kind: str, options: SmallOptions, data_root: Path) -> dict[str, Labelled]:
    """Return the official training and test images of ``torchvision.datasets.<kind>``.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is not the published one, or no batch of CIFAR.
    """
    import numpy as np

    from weightscape.data._pixels import resized
    from weightscape.data._published import verify
    from weightscape.data.labelled import Labelled

    source = _source(kind)
    verify(_files(source, data_root), kind.lower(), options.checksums)
    folder = data_root / source.base_folder
    classes = tuple(read_batch(folder / source.meta["filename"])[source.meta["key"]])
    parts = {}
    for part, names in (("train", source.train_list), ("test", source.test_list)):
        images, labels = [], []
        for name, _ in names:
            batch = read_batch(folder / name)
            try:
                pixels = np.asarray(batch["data"]).astype(np.uint8, casting="safe", copy=False)
                images.append(pixels.reshape(-1, 3, 32, 32))
                labels.append(np.asarray(batch.get("labels", batch.get("fine_labels")), np.int64))
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{folder / name} is not a batch of CIFAR: {error}") from error
        parts[part] = Labelled(
            resized(np.concatenate(images), options.image_size), np.concatenate(labels), classes
        )
    return parts


def _source(kind: str) -> Any:
    import torchvision.datasets

    return getattr(torchvision.datasets, kind)


def _files(source: Any, data_root: Path) -> dict[Path, str]:
    listed = [*source.train_list, *source.test_list]
    listed.append((source.meta["filename"], source.meta["md5"]))
    return {data_root / source.base_folder / name: f"md5:{md5}" for name, md5 in listed}
