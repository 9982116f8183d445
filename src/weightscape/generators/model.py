"""What generators are given and give: the words between them and the rules."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from weightscape.config.place import Place


@dataclass(frozen=True, eq=False)
class Model:
    """What a generator has learned.

    Attributes
    ----------
    arrays : dict of str to ndarray
        Plain arrays.
    facts : dict
        What JSON can hold.
    """

    arrays: dict[str, npt.NDArray[Any]]
    facts: dict[str, Any]


class Setting(NamedTuple):
    """What a generator is told beside its options.

    Attributes
    ----------
    classes : tuple of str
        Names of the classes.
    shape : tuple of int
        Channels, height and width of the images.
    seed : int
        Decides every draw.
    place : Place
        Where networks run.
    state : Path or None
        File for the state of a training, should its process be killed; None keeps none.
    identity : str
        What is trained, and how: a state of another identity is not gone on from.
    """

    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    seed: int
    place: Place = Place()
    state: Path | None = None
    identity: str = ""


Draw = Callable[[int, range], npt.NDArray[np.uint8]]
"""Gives images of a class, by its index, as uint8 (n, channels, height, width).

The images of a class are a stream: the range says which of them. An image is the same whichever
others it is asked for with.
"""
