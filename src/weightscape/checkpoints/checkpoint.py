"""A checkpoint: names, shapes and types at once, entries one parameter at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FLOATING = frozenset(
    ("float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2")
)  # fmt: skip
"""The types whose entries are read, by their names in torch; wider than 32 bits only float64."""


class CheckpointError(Exception):
    """Something cannot be read as a checkpoint; the message names it, the fault and the remedy."""


class Stored(NamedTuple):
    """What a checkpoint says of a parameter; the type by its name in torch."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Checkpoint:
    """The parameters of a network, wherever they are kept.

    Attributes
    ----------
    name : str
        How the user calls it: a path or ``timm:<name>``.
    parameters : mapping of str to Stored
        All of them, buffers included.
    read : callable
        Returns the entries of a parameter of floating point, as float64 where they are stored so
        and as float32 otherwise. Raises `OSError` where the file cannot be read.
    classifier : str or None
        Module that holds the classifier; empty for none, None where the checkpoint does not say.
    faults : tuple of str
        What of it cannot be read, such as a missing shard.
    failure : str
        Why its training failed, where it says so itself; its weights are of no use then.
    groups : mapping of str to int, or None
        Groups of the convolutions that have several, by parameter; None where the checkpoint does
        not say, as no state dict does.
    """

    name: str
    parameters: Mapping[str, Stored]
    read: Callable[[str], NDArray[np.floating]]
    classifier: str | None = None
    faults: tuple[str, ...] = ()
    failure: str = ""
    groups: Mapping[str, int] | None = None
