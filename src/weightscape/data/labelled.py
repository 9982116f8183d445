"""Labelled images in memory and on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from weightscape.data.large import allocate, read_tensors, taken, write_tensors
from weightscape.files import beside

METADATA_KEY = "weightscape"
ONE_DOMAIN = np.zeros(0, np.int64)


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
    domains : ndarray of int64, shape (n,), optional
        Index of each image's domain in `domain_names`; 0 for all when missing.
    domain_names : tuple of str, optional
        Names of the domains; one without a name where the images come from one source.

    Raises
    ------
    ValueError
        If a type or shape is another, a label or domain has no name, or two share a name.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    domains: npt.NDArray[np.int64] = field(default_factory=lambda: ONE_DOMAIN)
    domain_names: tuple[str, ...] = ("",)

    def __post_init__(self) -> None:
        if self.domains is ONE_DOMAIN:
            object.__setattr__(self, "domains", np.zeros(len(self.labels), np.int64))
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise ValueError(
                "images must be uint8 of shape (n, channels, height, width), "
                f"not {self.images.dtype} of shape {self.images.shape}"
            )
        self._check_indices("labels", self.labels, "classes", self.classes)
        self._check_indices("domains", self.domains, "domain_names", self.domain_names)

    def _check_indices(
        self, name: str, indices: npt.NDArray[np.int64], of: str, names: tuple[str, ...]
    ) -> None:
        if indices.dtype != np.int64 or indices.shape != self.images.shape[:1]:
            raise ValueError(
                f"{name} must be int64 of shape ({len(self.images)},) as there are images, "
                f"not {indices.dtype} of shape {indices.shape}"
            )
        if len(set(names)) != len(names):
            raise ValueError(f"{of} must have names of their own: {names}")
        if len(self) and not 0 <= indices.min() <= indices.max() < len(names):
            raise ValueError(
                f"{name} must lie in 0..{len(names) - 1}, not in {indices.min()}..{indices.max()}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, indices: npt.NDArray[np.integer[Any]]) -> Labelled:
        """Return the images at `indices`, in that order, under the same classes and domains."""
        return replace(
            self,
            images=taken(self.images, indices),
            labels=self.labels[indices],
            domains=self.domains[indices],
        )


def concatenate(parts: Sequence[Labelled]) -> Labelled:
    """Return the images of all `parts`, one part after the other.

    Raises
    ------
    ValueError
        If there is no part, or two differ in their classes, domains' names or image shapes.
    """
    if not parts:
        raise ValueError("nothing to concatenate")
    _check_alike(parts)
    images = allocate((sum(map(len, parts)), *parts[0].images.shape[1:]))
    np.concatenate([part.images for part in parts], out=images)
    return Labelled(
        images=images,
        labels=np.concatenate([part.labels for part in parts]),
        classes=parts[0].classes,
        domains=np.concatenate([part.domains for part in parts]),
        domain_names=parts[0].domain_names,
    )


def save(path: str | Path, labelled: Labelled, provenance: Mapping[str, Any]) -> None:
    """Write `labelled` to `path` as safetensors, classes and `provenance` in the metadata."""
    tensors: dict[str, npt.NDArray[Any]] = {
        "images": labelled.images,
        "labels": labelled.labels,
        "domains": labelled.domains,
    }
    _write(path, tensors, labelled, provenance)


def load(path: str | Path) -> Labelled:
    """Return what `save` has written to `path`.

    Raises
    ------
    ValueError
        If the file is none of `save`'s.
    """
    tensors, about = _read(path, ("images", "labels", "domains"))
    names = tuple(about["classes"]), tuple(about["domain_names"])
    return Labelled(tensors["images"], tensors["labels"], names[0], tensors["domains"], names[1])


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
        "images": _stacked([part.images for part in parts]),
        "labels": parts[0].labels,
        "severities": np.array(list(shift), dtype=np.int64),
    }
    _write(path, tensors, parts[0], provenance)


def load_shift(path: str | Path) -> dict[int, Labelled]:
    """Return what `save_shift` has written to `path`, in its order of severities.

    Raises
    ------
    ValueError
        If the file is none of `save_shift`'s.
    """
    tensors, about = _read(path, ("images", "labels", "severities"))
    return {
        int(severity): Labelled(images, tensors["labels"], tuple(about["classes"]))
        for severity, images in zip(tensors["severities"], tensors["images"], strict=True)
    }


def _stacked(images: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    stacked = allocate((len(images), *images[0].shape))
    for place, part in zip(stacked, images, strict=True):
        place[...] = part
    return stacked


def provenance_of(path: str | Path) -> dict[str, Any]:
    """Return the JSON block that `save` or `save_shift` has put into the metadata of `path`."""
    with safe_open(path, framework="numpy") as file:
        provenance: dict[str, Any] = _about(path, file.metadata())["provenance"]
    return provenance


def _check_alike(parts: Sequence[Labelled]) -> None:
    for what in (
        {part.classes for part in parts},
        {part.domain_names for part in parts},
        {part.images.shape[1:] for part in parts},
    ):
        if len(what) > 1:
            raise ValueError(
                f"parts must have one set of classes and of domains and one image shape, not {what}"
            )


def _write(
    path: str | Path,
    tensors: Mapping[str, npt.NDArray[Any]],
    names: Labelled,
    provenance: Mapping[str, Any],
) -> None:
    about = {
        "classes": names.classes,
        "domain_names": names.domain_names,
        "provenance": provenance,
    }
    # One entry, because safetensors writes several in an order that differs from run to run.
    metadata = {METADATA_KEY: json.dumps(about, sort_keys=True)}
    with beside(path) as unfinished:
        write_tensors(unfinished, tensors, metadata)


def _read(
    path: str | Path, names: tuple[str, ...]
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    try:
        with safe_open(path, framework="numpy") as file:
            about = _about(path, file.metadata())
        return read_tensors(path, names), about
    except (SafetensorError, KeyError) as error:
        raise ValueError(f"{path} does not hold {', '.join(names)}: {error}") from error


def _about(path: str | Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    if METADATA_KEY not in (metadata or {}):
        raise ValueError(f"{path} has no entry {METADATA_KEY!r} in its metadata")
    about: dict[str, Any] = json.loads((metadata or {})[METADATA_KEY])
    return about
