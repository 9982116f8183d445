"""A weight that is made of other tensors of the file, and what is left of these then."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from weightscape.checkpoints.checkpoint import FLOATING, Tensor


class Made(NamedTuple):
    """A weight as the network uses it, and the tensors that the file keeps in its place.

    Attributes
    ----------
    name : str
        The parameter of the module, as ``a.weight``.
    weight : Tensor or str
        The weight, or the reason why it cannot be made of what the file holds.
    factors : tuple of str
        What it is made of; `name` itself may be one of them.
    """

    name: str
    weight: Tensor | str
    factors: tuple[str, ...]


class Step(NamedTuple):
    """What a step leaves.

    Attributes
    ----------
    parameters : dict of str to Tensor
        The parameters, in the order of the file.
    skipped : dict of str to str
        What is no parameter of its own, with the reason.
    """

    parameters: dict[str, Tensor]
    skipped: dict[str, str]


def put(parameters: Mapping[str, Tensor], made: Iterable[Made]) -> Step:
    """Put what is made in the place of the first of its factors; name the others as such."""
    of = {factor: entry for entry in made for factor in (entry.name, *entry.factors)}
    left: dict[str, Tensor] = {}
    skipped: dict[str, str] = {}
    for name, tensor in parameters.items():
        entry = of.get(name)
        if entry is None:
            left[name] = tensor
            continue
        if isinstance(entry.weight, str):
            skipped[entry.name] = entry.weight
        else:
            left[entry.name] = entry.weight
        if name != entry.name:
            skipped[name] = f"a factor of {entry.name}"
    return Step(left, skipped)


def are_floating(*tensors: Tensor) -> bool:
    """Say whether all tensors are of a type whose entries are numbers as they are stored."""
    return all(tensor.dtype in FLOATING for tensor in tensors)
