"""Examples in memory and on disk: arrays of any modality with labels and domains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from weightscape.tensors import allocate, read_about, read_tensors, take_rows, write_tensors

INPUTS = "images"
"""Name of the inputs among the tensors of a file, whatever their modality."""

ONE_DOMAIN = np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Examples:
    """What a network learns from or is tested on: inputs with one class each.

    Parameters
    ----------
    inputs : ndarray, shape (n, ...)
        An example each along the first axis. What the others are, and of which type, is the
        modality's concern, see `images.check_images`.
    labels : ndarray of int64, shape (n,)
        Index of each example's class in `classes`.
    classes : tuple of str
        Names of the classes; a class may be without examples.
    domains : ndarray of int64, shape (n,), optional
        Index of each example's domain in `domain_names`; 0 for all when missing.
    domain_names : tuple of str, optional
        Names of the domains; one without a name where the examples come from one source.

    Raises
    ------
    ValueError
        If labels or domains are of another type or number, one has no name, or two share a name.
    """

    inputs: npt.NDArray[Any]
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    domains: npt.NDArray[np.int64] = field(default_factory=lambda: ONE_DOMAIN)
    domain_names: tuple[str, ...] = ("",)

    def __post_init__(self) -> None:
        if self.domains is ONE_DOMAIN:
            object.__setattr__(self, "domains", np.zeros(len(self.labels), np.int64))
        self._check_indices("labels", self.labels, "classes", self.classes)
        self._check_indices("domains", self.domains, "domain_names", self.domain_names)

    def _check_indices(
        self, name: str, indices: npt.NDArray[np.int64], of: str, names: tuple[str, ...]
    ) -> None:
        if indices.dtype != np.int64 or indices.shape != self.inputs.shape[:1]:
            raise ValueError(
                f"{name} must be int64 of shape {self.inputs.shape[:1]} as there are inputs, "
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

    def subset(self, indices: npt.NDArray[np.integer[Any]]) -> Examples:
        """Return the examples at `indices`, in that order, under the same classes and domains."""
        return replace(
            self,
            inputs=take_rows(self.inputs, indices),
            labels=self.labels[indices],
            domains=self.domains[indices],
        )


def concatenate(parts: Sequence[Examples]) -> Examples:
    """Return the examples of all `parts`, one part after the other.

    Raises
    ------
    ValueError
        If there is no part, or two differ in their classes, domains' names or kind of inputs.
    """
    if not parts:
        raise ValueError("nothing to concatenate")
    _check_alike(parts)
    first = parts[0].inputs
    inputs = allocate((sum(map(len, parts)), *first.shape[1:]), dtype=first.dtype)
    np.concatenate([part.inputs for part in parts], out=inputs)
    return Examples(
        inputs=inputs,
        labels=np.concatenate([part.labels for part in parts]),
        classes=parts[0].classes,
        domains=np.concatenate([part.domains for part in parts]),
        domain_names=parts[0].domain_names,
    )


def save(path: str | Path, examples: Examples, provenance: Mapping[str, Any]) -> None:
    """Write `examples` as safetensors, with classes and `provenance` as JSON in the metadata.

    Parameters
    ----------
    path : str or Path
        Where the file goes. Its tensors are ``images``, ``labels`` and ``domains``: ``images`` are
        the inputs, whatever their modality.
    examples : Examples
        What to write.
    provenance : mapping
        Kept in the metadata.

    Raises
    ------
    ValueError
        If safetensors has no such type as the inputs are of.
    """
    tensors: dict[str, npt.NDArray[Any]] = {
        INPUTS: examples.inputs,
        "labels": examples.labels,
        "domains": examples.domains,
    }
    _write(path, tensors, examples, provenance)


def load(path: str | Path) -> Examples:
    """Return what `save` has written to `path`.

    Raises
    ------
    ValueError
        If the file is none of `save`'s.
    """
    tensors, about = _read(path, (INPUTS, "labels", "domains"))
    names = tuple(about["classes"]), tuple(about["domain_names"])
    return Examples(tensors[INPUTS], tensors["labels"], names[0], tensors["domains"], names[1])


def save_shift(
    path: str | Path, shift: Mapping[int, Examples], provenance: Mapping[str, Any]
) -> None:
    """Write the examples of every severity of a shift to one safetensors file.

    Parameters
    ----------
    path : str or Path
        Where the file goes. Its tensors are ``images`` (severities, n, ...), the inputs of any
        modality, ``labels`` (n,) and ``severities`` (severities,).
    shift : mapping of int to Examples
        The examples by severity.
    provenance : mapping
        Kept as JSON in the file's metadata.

    Raises
    ------
    ValueError
        If there is no severity, or two differ in anything but the values of their inputs.
    """
    parts = list(shift.values())
    if not parts:
        raise ValueError("a shift needs at least one severity")
    _check_alike(parts)
    if any(not np.array_equal(part.labels, parts[0].labels) for part in parts):
        raise ValueError("the severities of a shift must have the same labels")
    tensors: dict[str, npt.NDArray[Any]] = {
        INPUTS: _stacked([part.inputs for part in parts]),
        "labels": parts[0].labels,
        "severities": np.array(list(shift), dtype=np.int64),
    }
    _write(path, tensors, parts[0], provenance)


def load_shift(path: str | Path) -> dict[int, Examples]:
    """Return what `save_shift` has written to `path`, in its order of severities.

    Raises
    ------
    ValueError
        If the file is none of `save_shift`'s.
    """
    tensors, about = _read(path, (INPUTS, "labels", "severities"))
    return {
        int(severity): Examples(inputs, tensors["labels"], tuple(about["classes"]))
        for severity, inputs in zip(tensors["severities"], tensors[INPUTS], strict=True)
    }


def _stacked(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    stacked = allocate((len(parts), *parts[0].shape), dtype=parts[0].dtype)
    for place, part in zip(stacked, parts, strict=True):
        place[...] = part
    return stacked


def provenance_of(path: str | Path) -> dict[str, Any]:
    """Return the JSON block that `save` or `save_shift` has put into the metadata of `path`."""
    provenance: dict[str, Any] = read_about(path)["provenance"]
    return provenance


def _check_alike(parts: Sequence[Examples]) -> None:
    for what in (
        {part.classes for part in parts},
        {part.domain_names for part in parts},
        {(part.inputs.dtype.name, *part.inputs.shape[1:]) for part in parts},
    ):
        if len(what) > 1:
            raise ValueError(
                "parts must have one set of classes and of domains, and inputs of one type and"
                f" shape, not {what}"
            )


def _write(
    path: str | Path,
    tensors: Mapping[str, npt.NDArray[Any]],
    names: Examples,
    provenance: Mapping[str, Any],
) -> None:
    about = {
        "classes": names.classes,
        "domain_names": names.domain_names,
        "provenance": provenance,
    }
    write_tensors(path, tensors, about)


def _read(
    path: str | Path, names: tuple[str, ...]
) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
    try:
        about = read_about(path)
        return read_tensors(path, names), about
    except (ValueError, KeyError) as error:
        raise ValueError(f"{path} does not hold {', '.join(names)}: {error}") from error
