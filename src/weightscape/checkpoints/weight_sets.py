"""The sets of weights in what a file holds, and what lies beside them.

A set of weights is a dictionary of names with tensors. Files nest it under one of a few usual keys,
hold several of them (the network and a running average of it, a generator and a discriminator), and
keep other tensors beside: the state of the optimizer, a confusion matrix, a random state.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

from weightscape.checkpoints.averages import split_averages
from weightscape.checkpoints.checkpoint import FLOATING, Tensor
from weightscape.checkpoints.inert import Module
from weightscape.checkpoints.keys import (
    is_optimizer,
    is_parameter,
    may_be_parameter,
    names_set,
    names_stray,
    names_training,
    names_weights,
    rank,
)

Path = tuple[str, ...]
"""The keys that lead to a part of a file."""

TRAINING = "the state of a training, not weights"
"""Why a part of a file, or a file, is no set of weights."""

_DEEPEST = 32  # levels of dictionaries


class WeightSet(NamedTuple):
    """The weights of one network: its parameters by name, and the groups of its convolutions."""

    parameters: dict[str, Tensor]
    groups: dict[str, int] | None = None


class WeightSets(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    sets : dict of str to WeightSet
        By the keys that lead there, joined by dots; empty for the file as a whole.
    others : dict of str to str
        What else has tensors, by its keys, and why it is no set of weights.
    """

    sets: dict[str, WeightSet]
    others: dict[str, str]


def find_weight_sets(tree: Any) -> WeightSets:
    """Return the sets of weights in a tree, the one that people mean by the file first.

    First are the weights that were trained: those under the keys `weightscape.checkpoints.keys`
    calls usual, in its order, then others in the order of the file; then discriminators and
    critics; then averages and teachers. Below a usual key, and wherever a parameter lies directly
    beside them, dictionaries are parts of one network, and their keys are joined with dots;
    elsewhere they are sets of their own, and tensors beside them are none of their parameters. A
    set whose tensors are all those of an earlier one is named, not given twice; so is one without
    matrices (the weights of the classes in a loss) beside one that has some.

    Parameters
    ----------
    tree : Any
        Nested dictionaries and lists with `Tensor` leaves, as `read_tree` gives them.
    """
    finds = _Finds()
    _search({"tensor": tree} if isinstance(tree, Tensor) else tree, (), finds)
    sets = finds.likely or {
        path: weights
        for path, weights in finds.unlikely.items()
        if any(tensor.dtype in FLOATING for tensor in weights.parameters.values())
    }
    found = {
        (*path, below) if below else path: WeightSet(part, _cut(weights.groups, below))
        for path, weights in sets.items()
        for below, part in split_averages(weights.parameters).items()
    }
    ordered = sorted(found, key=rank)
    same = _find_same({path: found[path].parameters for path in ordered})
    others = dict(finds.others) | {
        path: f"the same tensors as {_call(first)}" for path, first in same.items()
    }
    for path in finds.unlikely.keys() - sets.keys():
        others[path] = "its names are not those of parameters"
    kept = [path for path in ordered if path not in same]
    empty = [path for path in kept if not _has_matrix(found[path].parameters)]
    if len(empty) < len(kept):
        kept = [path for path in kept if path not in empty]
        others |= dict.fromkeys(empty, "vectors and numbers alone, which have no spectrum")
    for place, names in finds.stray.items():
        near = next((path for path in kept if path[: len(place)] == place), None)
        beside = "no weights" if near is None else f"{_call(near)} and is none of its parameters"
        others |= {(*place, name): f"lies beside {beside}" for name in names}
    return WeightSets(
        {".".join(path): found[path] for path in kept},
        {".".join(path): reason for path, reason in others.items()},
    )


def _has_matrix(parameters: Mapping[str, Tensor]) -> bool:
    return any(len(tensor.shape) > 1 for tensor in parameters.values())


def _cut(groups: dict[str, int] | None, prefix: str) -> dict[str, int] | None:
    """Return the groups of the parameters below a prefix, without it."""
    if groups is None or not prefix:
        return groups
    start = f"{prefix}."
    return {name[len(start) :]: n for name, n in groups.items() if name.startswith(start)}


def _find_same(sets: Mapping[Path, Mapping[str, Tensor]]) -> dict[Path, Path]:
    """Return which sets have no tensors but those of an earlier one, and which that is."""
    signs: dict[Path, frozenset[Hashable]] = {}
    having: dict[Hashable, list[Path]] = {}
    same = {}
    for path, parameters in sets.items():
        mine = _sign(parameters.values())
        near = having.get(next(iter(mine), None), [])
        first = next((first for first in near if mine <= signs[first]), None)
        if first is not None:
            same[path] = first
            continue
        signs[path] = mine
        for sign in mine:
            having.setdefault(sign, []).append(path)
    return same


def _sign(tensors: Iterable[Tensor]) -> frozenset[Hashable]:
    """Return what tells the tensors of several entries; nothing where the file does not say."""
    signs = {(each.storage, each.shape) for each in tensors if prod(each.shape) > 1}
    return frozenset() if any(storage is None for storage, _ in signs) else frozenset(signs)


@dataclass
class _Finds:
    """What a search has come upon: every dictionary once, by the path it is first seen at."""

    likely: dict[Path, WeightSet] = field(default_factory=dict)
    unlikely: dict[Path, WeightSet] = field(default_factory=dict)
    others: dict[Path, str] = field(default_factory=dict)
    stray: dict[Path, list[str]] = field(default_factory=dict)
    seen: dict[int, Path] = field(default_factory=dict)
    full: dict[int, bool] = field(default_factory=dict)


def _search(node: Any, path: Path, finds: _Finds) -> None:
    """Note what lies at a place in the tree and below it."""
    if id(node) in finds.seen:
        finds.others[path] = f"the same tensors as {_call(finds.seen[id(node)])}"
        return
    finds.seen[id(node)] = path
    if is_optimizer(node):
        finds.others[path] = TRAINING
        return
    usual = any(map(names_weights, path))
    tensors, parts = {}, {}
    for name, value in _entries(node):
        if isinstance(value, Tensor):
            tensors[name] = value
        elif not _holds_tensors(value, finds.full):
            continue
        elif is_optimizer(value) or (names_training(name) and not usual):
            finds.others[*path, name] = TRAINING
        else:
            parts[name] = value
    inside, apart = _divide(tensors, parts, usual)
    are_beside = bool(apart and not inside) and not any(map(is_parameter, tensors))
    beside = [name for name in tensors if are_beside or (names_stray(name) and len(tensors) > 1)]
    if beside:
        finds.stray[path] = beside
    for name in beside:
        del tensors[name]
    weights = _join(tensors, {name: parts[name] for name in inside}, path, finds)
    if isinstance(node, Module):
        weights = weights._replace(groups=node.groups)
    if weights.parameters:
        likely = not path or usual or any(map(may_be_parameter, weights.parameters))
        (finds.likely if likely else finds.unlikely)[path] = weights
    for name in sorted(apart, key=lambda name: rank((name,))):
        _search(parts[name], (*path, name), finds)


def _divide(
    tensors: Mapping[str, Tensor], parts: Mapping[str, Any], usual: bool
) -> tuple[list[str], list[str]]:
    """Return which parts belong to one network with the tensors, and which are sets of their own.

    Parameters
    ----------
    tensors, parts : mapping
        What lies at one place: tensors, and dictionaries with tensors in them.
    usual : bool
        Whether the place is one where weights are kept.
    """
    sets = [name for name in parts if names_set(name)]
    if usual and len(sets) < len(parts):
        return list(parts), []
    paths = any("/" in name or "." in name for name in parts)
    if any(map(is_parameter, tensors)) or (paths and not sets):
        return [name for name in parts if name not in sets], sets
    return [], list(parts)


def _join(
    tensors: Mapping[str, Tensor], parts: dict[str, Any], path: Path, finds: _Finds
) -> WeightSet:
    """Return the network that has tensors of its own and those in its parts, by joined names."""
    parameters = dict(tensors)
    groups: dict[str, int] = {}
    waiting = [(name, part, 0) for name, part in reversed(parts.items())]
    while waiting:
        prefix, node, depth = waiting.pop()
        if isinstance(node, Tensor):
            parameters[prefix] = node
        elif depth > _DEEPEST or not _holds_tensors(node, finds.full):
            continue
        elif id(node) in finds.seen:
            finds.others[*path, prefix] = f"the same tensors as {_call(finds.seen[id(node)])}"
        else:
            finds.seen[id(node)] = (*path, prefix)
            if isinstance(node, Module):
                groups |= {f"{prefix}.{key}": count for key, count in node.groups.items()}
            inner = [(f"{prefix}.{key}", value, depth + 1) for key, value in _entries(node)]
            waiting += reversed(inner)
    return WeightSet(parameters, groups or None)


def _holds_tensors(node: Any, full: dict[int, bool], depth: int = 0) -> bool:
    """Return whether a dictionary or list has tensors in it; `full` keeps what is known of them."""
    if not isinstance(node, Mapping | list) or depth > _DEEPEST:
        return False
    if id(node) not in full:
        full[id(node)] = any(
            isinstance(value, Tensor) or _holds_tensors(value, full, depth + 1)
            for _, value in _entries(node)
        )
    return full[id(node)]


def _entries(node: Any) -> Iterator[tuple[str, Any]]:
    """Give the entries of a dictionary or a list, the latter's by their number."""
    if isinstance(node, Mapping):
        for index, (key, value) in enumerate(node.items()):
            yield _name(key, index), value
    elif isinstance(node, list):
        yield from ((str(index), value) for index, value in enumerate(node))


def _name(key: Any, index: int) -> str:
    """Return a key as text; what is no text or short number by its place in the dictionary."""
    if isinstance(key, str):
        return key
    short = isinstance(key, float) or (isinstance(key, int) and abs(key) < 10**18)
    return str(key) if short else f"{type(key).__name__} {index}"


def _call(path: Path) -> str:
    return ".".join(path) or "the weights"
