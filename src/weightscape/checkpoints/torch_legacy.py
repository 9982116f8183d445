"""Pickles as `pickle.dump` writes them, and files as `torch.save` wrote them before torch 1.6.

Such a file is a pickle each of a magic number, a version, facts of the machine, the content and
the keys of the storages, with these behind: every one a count of entries and their bytes, in
little-endian order on every machine (`torch.serialization._legacy_save`, torch 2.15).
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, NamedTuple

from weightscape.checkpoints.floats import SIZES
from weightscape.checkpoints.pickled import to_tree
from weightscape.checkpoints.rebuild import KNOWN, make_storage
from weightscape.checkpoints.span import Held, Reader, Span
from weightscape.checkpoints.storage import Storage
from weightscape.checkpoints.unpickle import Unpickler

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_DEEPEST = 3  # pickles in the bytes of pickles; torch writes one


class _View(NamedTuple):
    storage: Storage
    root: Hashable
    offset: int


class _Storages:
    """The storages that a pickle names, before their bytes are found behind it."""

    def __init__(self, data: Span | Held) -> None:
        self._data = data
        self.found: dict[Hashable, Storage] = {}
        self.views: list[_View] = []

    def load(self, identifier: Any) -> Any:
        """Return the storage of a persistent identifier; of a module what stands in it."""
        if identifier[0] == "module":
            return identifier[1]
        _, kind, key, _, count, view = identifier
        root = self.found.setdefault(str(key), make_storage((self._data, str(key)), kind, count))
        if view is None:
            return root
        name, start, count = view
        part = make_storage((self._data, str(key), str(name)), kind, count)
        self.views.append(_View(part, str(key), start * SIZES[part.dtype]))
        return part

    def fill(self, keys: Any, reader: Reader) -> None:
        """Find the bytes of the storages in what is left of the file."""
        for key in keys:
            storage = self.found[str(key)]
            count = int.from_bytes(reader.take(8), "little")
            storage.data = reader.skip(count * SIZES[storage.dtype])
        for part, root, offset in self.views:
            whole = self.found[root].data
            if whole is not None and 0 <= offset <= whole.size - part.size:
                part.data = whole.part(offset, part.size)


def read_stream(path: Path) -> Any:
    """Return the tree of a pickle, or of a file of `torch.save` that is no zip file.

    Raises
    ------
    OSError
        If the file cannot be read.
    EOFError, LookupError, TypeError, ValueError, pickle.UnpicklingError
        If it is no such file, or is damaged.
    """
    return to_tree(*_load(Span(path, 0, path.stat().st_size), 0))


def _load(data: Span | Held, depth: int) -> tuple[Any, int]:
    """Return the objects of a pickle, and how long it is."""
    if depth > _DEEPEST:
        raise ValueError("pickles lie in pickles without end")
    inner: dict[Span | Held, Any] = {}

    def load_inner(part: Any) -> Any:
        part = Held(part) if isinstance(part, bytes | str) else part
        if part not in inner:
            inner[part], _ = _load(part, depth + 1)
        return inner[part]

    storages = _Storages(data)
    with Reader(data) as reader:
        known = {**KNOWN, "torch.storage._load_from_bytes": load_inner}
        unpickler = Unpickler(reader, known, storages.load)
        content = unpickler.load()
        if not isinstance(content, int) or content != _MAGIC:
            return content, reader.taken
        if unpickler.load() != _VERSION:
            raise ValueError("it is of a version of torch.save that is not known")
        unpickler.load()
        content = unpickler.load()
        storages.fill(unpickler.load(), reader)
        return content, reader.taken
