"""From the objects of a pickle to a tree: dictionaries and lists with tensors as leaves."""

from collections.abc import Mapping
from typing import Any

from weightscape.checkpoints.arrays import Array
from weightscape.checkpoints.checkpoint import Tensor
from weightscape.checkpoints.floats import SIZES
from weightscape.checkpoints.inert import Inert, Module
from weightscape.checkpoints.storage import Storage, make_tensor
from weightscape.checkpoints.unpickle import Global, Made

_DEEPEST = 100  # levels; networks nest some tens, and Python calls itself some hundred times
_COST = 64  # of an entry beside its name, about what it takes in bytes
_LEAST = 2**20


def to_tree(content: Any, taken: int) -> Any:
    """Return what a pickle holds as a tree, in which nothing holds itself.

    A network is its state dict by torch's naming, one of TorchScript too. Any other object stands
    where it is found first, and elsewhere without its content.

    Parameters
    ----------
    content : Any
        An object of `weightscape.checkpoints.unpickle.Unpickler`.
    taken : int
        Bytes of the pickle; a tree may be so many times as large, but not more.

    Raises
    ------
    ValueError
        If it nests too deep, or refers to the same parts so often that the tree is far larger
        than the pickle.
    """
    return _Growing(_LEAST + _COST * taken).grow(content, 0)


class _Growing:
    """A tree that may grow up to a limit."""

    def __init__(self, left: int) -> None:
        self._left = left
        self._above: set[int] = set()
        self._seen: set[int] = set()

    def grow(self, part: Any, depth: int) -> Any:
        if isinstance(part, Tensor | str | int | float | complex | None):
            return part
        if isinstance(part, Storage):
            return make_tensor(part, 0, (part.size // SIZES[part.dtype],), (1,))
        if isinstance(part, Array):
            return self.grow(part.content, depth + 1)
        if isinstance(part, Global):
            return part.name
        if not isinstance(part, dict | list | tuple | Made) or id(part) in self._above:
            return None
        if depth > _DEEPEST:
            raise ValueError(f"it nests more than {_DEEPEST} levels deep")
        self._above.add(id(part))
        try:
            if isinstance(part, Made):
                return self._grow_made(part, depth)
            if isinstance(part, dict):
                return self._grow_items(part, depth)
            return [self._paid(self.grow(entry, depth + 1)) for entry in part]
        finally:
            self._above.discard(id(part))

    def _grow_items(self, items: Mapping[Any, Any], depth: int) -> dict[Any, Any]:
        return {
            key: self._paid(self.grow(value, depth + 1), _length(key))
            for key, value in items.items()
        }

    def _grow_made(self, made: Made, depth: int) -> Any:
        attributes = self._attributes(made)
        if _is_module(made, attributes):
            module = Module(made.name)
            self._add_state(module, "", made, depth)
            return module
        inert = Inert(made.name)
        if id(made) in self._seen:
            return inert
        self._seen.add(id(made))
        others = [("arguments", made.arguments), ("entries", made.entries)]
        if not made.dictionaries:
            others += [("state", state) for state in made.states]
        inert.update(self._grow_items(dict(other for other in others if other[1]), depth))
        inert.update(self._grow_items(attributes, depth))
        inert.update(self._grow_items(made.items, depth))
        return inert

    def _add_state(self, found: Module, prefix: str, made: Made, depth: int) -> None:
        """Add the state dict of a module below `prefix`, as `torch.nn.Module.state_dict` does."""
        if depth > _DEEPEST:
            raise ValueError(f"it nests more than {_DEEPEST} levels deep")
        attributes = self._attributes(made)
        if "_modules" in attributes and "_parameters" in attributes:
            transient = attributes.get("_non_persistent_buffers_set") or ()
            buffers = _dict(attributes.get("_buffers"))
            kept = {name: part for name, part in buffers.items() if name not in transient}
            tensors = _dict(attributes["_parameters"]) | kept
            modules = _dict(attributes["_modules"])
        else:
            tensors = modules = attributes
        for name, part in tensors.items():
            if isinstance(part, Tensor):
                found[f"{prefix}{name}"] = self._paid(part, len(prefix) + _length(name))
        groups, width = attributes.get("groups"), attributes.get("in_channels")
        if isinstance(groups, int) and isinstance(width, int) and 1 < groups < width:
            found.groups[f"{prefix}weight"] = groups
        for name, part in modules.items():
            if isinstance(part, Made) and id(part) not in self._above:
                self._above.add(id(part))
                self._paid(None, len(prefix) + _length(name))
                self._add_state(found, f"{prefix}{name}.", part, depth + 1)
                self._above.discard(id(part))

    def _attributes(self, made: Made) -> dict[Any, Any]:
        attributes: dict[Any, Any] = {}
        for part in made.dictionaries:
            self._paid(None, _COST * len(part))
            attributes.update(part)
        return attributes

    def _paid(self, part: Any, size: int = 0) -> Any:
        self._left -= _COST + size
        if self._left < 0:
            raise ValueError("it refers to the same parts over and over")
        return part


def _length(key: Any) -> int:
    """Return the length of a text; zero for what is none."""
    return len(key) if isinstance(key, str) else 0


def _is_module(made: Made, attributes: Mapping[Any, Any]) -> bool:
    return made.name.startswith("__torch__.") or {"_modules", "_parameters"} <= attributes.keys()


def _dict(part: Any) -> dict[Any, Any]:
    return part if isinstance(part, dict) else {}
