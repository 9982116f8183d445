"""Labelled images in memory and on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialised

from weightscape.files import beside

METADATA_KEY = "weightscape"


@dataclass(frozen=True, eq=False)
class Labelled:
    """Images with one class each.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, channels, height, width)
        The images.
    labels : ndarray of int64, shape (n,)
        Index of each image's class in `classes`.
    classes : tuple of str
        Names of the classes; a class may be without images.

    Raises
    ------
    ValueError
        If a type or shape is another, a label names no class, or two classes share a name.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise ValueError(
                "images must be uint8 of shape (n, channels, height, width), "
                f"not {self.images.dtype} of shape {self.images.shape}"
            )
        if self.labels.dtype != np.int64 or self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"labels must be int64 of shape ({len(self.images)},) as there are images, "
                f"not {self.labels.dtype} of shape {self.labels.shape}"
            )
        if len(set(self.classes)) != len(self.classes):
            raise ValueError(f"classes must have names of their own: {self.classes}")
        if len(self) and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            raise ValueError(
                f"labels must lie in 0..{len(self.classes) - 1}, "
                f"not in {self.labels.min()}..{self.labels.max()}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, indices: npt.NDArray[np.integer[Any]]) -> Labelled:
        """Return the images at `indices`, in that order, under the same classes."""
        return replace(self, images=self.images[indices], labels=self.labels[indices])


def concatenate(parts: Sequence[Labelled]) -> Labelled:
    """Return the images of all `parts`, one part after the other.

    Raises
    ------
    ValueError
        If there is no part, or two differ in their classes or image shapes.
    """
    if not parts:
        raise ValueError("nothing to concatenate")
    _check_alike(parts)
    return Labelled(
        images=np.concatenate([part.images for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        classes=parts[0].classes,
    )


def save(path: str | Path, labelled: Labelled, provenance: Mapping[str, Any]) -> None:
    """Write `labelled` to `path` as safetensors, classes and `provenance` in the metadata."""
    tensors: dict[str, npt.NDArray[Any]] = {"images": labelled.images, "labels": labelled.labels}
    _write(path, tensors, labelled.classes, provenance)


def load(path: str | Path) -> Labelled:
    """Return what `save` has written to `path`.

    Raises
    ------
    ValueError
        If the file is none of `save`'s.
    """
    tensors, classes = _read(path, ("images", "labels"))
    return Labelled(tensors["images"], tensors["labels"], classes)


def save_shift(
    path: str | Path, shift: Mapping[int, Labelled], provenance: Mapping[str, Any]
) -> None:
    """Write the images of every severity of a shift to one safetensors file.

    Parameters
    ----------
    path : str or Path
        Where the file goes. Its tensors are ``images`` (severities, n, channels, height, width),
        ``labels`` (n,) and ``severities`` (severities,).
    shift : mapping of int to Labelled
        The images by severity.
    provenance : mapping
        Kept as JSON in the file's metadata.

    Raises
    ------
    ValueError
        If there is no severity, or two differ in anything but the pixels.
    """
    parts = list(shift.values())
    if not parts:
        raise ValueError("a shift needs at least one severity")
    _check_alike(parts)
    if any(not np.array_equal(part.labels, parts[0].labels) for part in parts):
        raise ValueError("the severities of a shift must have the same labels")
    tensors: dict[str, npt.NDArray[Any]] = {
        "images": np.stack([part.images for part in parts]),
        "labels": parts[0].labels,
        "severities": np.array(list(shift), dtype=np.int64),
    }
    _write(path, tensors, parts[0].classes, provenance)


def load_shift(path: str | Path) -> dict[int, Labelled]:
    """Return what `save_shift` has written to `path`, in its order of severities.

    Raises
    ------
    ValueError
        If the file is none of `save_shift`'s.
    """
    tensors, classes = _read(path, ("images", "labels", "severities"))
    return {
        int(severity): Labelled(images, tensors["labels"], classes)
        for severity, images in zip(tensors["severities"], tensors["images"], strict=True)
    }


def provenance_of(path: str | Path) -> dict[str, Any]:
    """Return the JSON block that `save` or `save_shift` has put into the metadata of `path`."""
    with safe_open(path, framework="numpy") as file:
        provenance: dict[str, Any] = _about(path, file.metadata())["provenance"]
    return provenance


def _check_alike(parts: Sequence[Labelled]) -> None:
    for what in {part.classes for part in parts}, {part.images.shape[1:] for part in parts}:
        if len(what) > 1:
            raise ValueError(f"parts must have one set of classes and one image shape, not {what}")


def _write(
    path: str | Path,
    tensors: Mapping[str, npt.NDArray[Any]],
    classes: tuple[str, ...],
    provenance: Mapping[str, Any],
) -> None:
    # One entry, because safetensors writes several in an order that differs from run to run.
    about = json.dumps({"classes": classes, "provenance": provenance}, sort_keys=True)
    # safetensors writes the buffer as it lies in memory, whatever the strides say.
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    # Not `save_file`: it makes files that nobody but their owner can read.
    with beside(path) as unfinished:
        unfinished.write_bytes(serialised(contiguous, metadata={METADATA_KEY: about}))


def _read(
    path: str | Path, names: tuple[str, ...]
) -> tuple[dict[str, npt.NDArray[Any]], tuple[str, ...]]:
    try:
        with safe_open(path, framework="numpy") as file:
            classes = tuple(_about(path, file.metadata())["classes"])
            return {name: file.get_tensor(name) for name in names}, classes
    except SafetensorError as error:
        raise ValueError(f"{path} does not hold {', '.join(names)}: {error}") from error


def _about(path: str | Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    if METADATA_KEY not in (metadata or {}):
        raise ValueError(f"{path} has no entry {METADATA_KEY!r} in its metadata")
    about: dict[str, Any] = json.loads((metadata or {})[METADATA_KEY])
    return about
