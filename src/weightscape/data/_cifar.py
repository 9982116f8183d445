"""What CIFAR-10 and CIFAR-100 share: the archive of Python batches, read without full unpickling.

References
----------
Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images; the files' names and
checksums are those of ``torchvision.datasets``.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, ClassVar

from weightscape.data._published import fetch_archive
from weightscape.data._small import Part, SmallImages

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


class CifarImages(SmallImages):
    """Photographs of CIFAR, in the order of the files."""

    torchvision_name: ClassVar[str]
    """What ``torchvision.datasets`` calls the set, and where it lists the files."""

    @classmethod
    def fetch(cls, data_root: Path) -> list[Path]:
        """Return the batches, downloaded where one is missing."""
        listed = cls._listed()
        return fetch_archive(
            list(cls.files(data_root)),
            listed.url,
            data_root / listed.filename,
            f"md5:{listed.tgz_md5}",
        )

    @classmethod
    def files(cls, data_root: Path) -> dict[Path, str]:
        """Return the batches and the names of the classes, with their published checksums."""
        listed = cls._listed()
        files = [*listed.train_list, *listed.test_list]
        files.append((listed.meta["filename"], listed.meta["md5"]))
        return {data_root / listed.base_folder / name: f"md5:{md5}" for name, md5 in files}

    def read(self, data_root: Path) -> tuple[tuple[str, ...], dict[str, Part]]:
        """Return the names of the classes and the official parts.

        Raises
        ------
        ValueError
            If a file is no batch of CIFAR.
        """
        import numpy as np

        listed = self._listed()
        folder = data_root / listed.base_folder
        classes = tuple(read_batch(folder / listed.meta["filename"])[listed.meta["key"]])
        parts = {}
        for part, names in (("train", listed.train_list), ("test", listed.test_list)):
            batches = [_images_of(folder / name) for name, _ in names]
            images, labels = zip(*batches, strict=True)
            parts[part] = Part(np.concatenate(images), np.concatenate(labels))
        return classes, parts

    @classmethod
    def _listed(cls) -> Any:
        import torchvision.datasets

        return getattr(torchvision.datasets, cls.torchvision_name)


def _images_of(file: Path) -> Part:
    import numpy as np

    batch = read_batch(file)
    try:
        pixels = np.asarray(batch["data"]).astype(np.uint8, casting="safe", copy=False)
        labels = np.asarray(batch.get("labels", batch.get("fine_labels")), np.int64)
        return Part(pixels.reshape(-1, 3, 32, 32), labels)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file} is not a batch of CIFAR: {error}") from error
