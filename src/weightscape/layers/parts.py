"""Where a matrix lies among several that share a weight."""

from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import NamedTuple


class Part(NamedTuple):
    """The rows of one matrix among those of several.

    Attributes
    ----------
    name : str
        What it is: ``q``, ``k`` or ``v``, or a gate.
    pieces : int
        Equal pieces that the rows of all fall into: heads where they are interleaved by head, else
        one.
    start, stop : int
        Its rows in each of the pieces.
    """

    name: str
    pieces: int
    start: int
    stop: int


def divide(sizes: Mapping[str, int], pieces: int = 1) -> list[Part]:
    """Return the parts of these sizes that lie one after another in each of some equal pieces."""
    bounds = pairwise(accumulate(sizes.values(), initial=0))
    return [Part(name, pieces, *bound) for name, bound in zip(sizes, bounds, strict=True)]
