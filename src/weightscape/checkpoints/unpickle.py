"""Pickles of every protocol, read without importing or calling anything that they name.

What a stream refers to over and over is referred to and never copied, so that memory stays in
proportion to its length.

The machine of the format is the one of the standard library's `pickletools`, whose text of the
opcodes this follows. The library's own unpicklers are not used: they allocate what a stream
announces before they look whether it is there, and hash whatever stands where a key should.
"""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from struct import Struct
from typing import Any

from weightscape.checkpoints.span import Reader

_SMALL = 4096  # bytes up to which bytes are read, and not left in the file
_LONGEST_NAME = 500
_LONGEST_NUMBER = 1000


@dataclass(frozen=True)
class Global:
    """The name of a class or function, which is not imported."""

    name: str


@dataclass
class Made:
    """An object of a class that is not imported, by all that the stream says of it.

    Attributes
    ----------
    name : str
        Module and name of what has made it.
    arguments : tuple
        What that was given.
    states : list
        What the object was to take over, in turn; a dictionary has its attributes.
    entries : list
        What it holds as a list.
    items : dict
        What it holds as a dictionary.
    """

    name: str
    arguments: tuple[Any, ...] = ()
    states: list[Any] = field(default_factory=list)
    entries: list[Any] = field(default_factory=list)
    items: dict[Any, Any] = field(default_factory=dict)

    @property
    def dictionaries(self) -> list[dict[Any, Any]]:
        """Return the states with attributes; an object with slots has a pair of them."""
        found = []
        for state in self.states:
            for part in state if isinstance(state, tuple) and len(state) == 2 else (state,):
                if isinstance(part, dict):
                    found.append(part)
        return found


class Unpickler:
    """The objects of a stream of pickles, one pickle after the other.

    Dictionaries, lists (sets too), tuples, texts, numbers and None are themselves. Bytes are a
    `Span` of the file where they are many. What is made by a function of `known` is what that
    returns; it may have a method `build` that takes the state. Every other object is a `Made`.

    Parameters
    ----------
    reader : Reader
        The stream.
    known : mapping of str to callable
        Functions in place of those that a pickle names, by module and name.
    persistent : callable
        Returns the object of a persistent identifier.
    """

    def __init__(
        self,
        reader: Reader,
        known: Mapping[str, Callable[..., Any]],
        persistent: Callable[[Any], Any],
    ) -> None:
        self._reader = reader
        self._known = known
        self._persistent = persistent
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._steps = self._make_steps()

    def load(self) -> Any:
        """Return the object of the next pickle.

        Raises
        ------
        EOFError, LookupError, TypeError, ValueError, pickle.UnpicklingError
            If the stream is no pickle, or is damaged.
        """
        self._stack, self._marks, self._memo = [], [], {}
        take, steps = self._reader.take, self._steps
        while (code := take(1)) != pickle.STOP:
            step = steps.get(code)
            if step is None:
                raise pickle.UnpicklingError(f"there is no opcode {code!r}")
            step()
        return self._stack.pop()

    def _make_steps(self) -> dict[bytes, Callable[[], None]]:
        number, text, payload = self._number, self._text, self._payload
        u1, u2, u4, u8 = (Struct(code) for code in ("<B", "<H", "<I", "<Q"))
        make: dict[bytes, Callable[[], Any]] = {
            pickle.NONE: lambda: None, pickle.NEWTRUE: lambda: True, pickle.NEWFALSE: lambda: False,
            pickle.EMPTY_DICT: dict, pickle.EMPTY_LIST: list, pickle.EMPTY_SET: list,
            pickle.EMPTY_TUPLE: tuple,
            pickle.BININT: partial(number, Struct("<i")), pickle.BININT1: partial(number, u1),
            pickle.BININT2: partial(number, u2), pickle.BINFLOAT: partial(number, Struct(">d")),
            pickle.INT: self._integer, pickle.LONG: lambda: int(self._line().rstrip("L")),
            pickle.FLOAT: lambda: float(self._line()),
            pickle.LONG1: partial(self._long, u1), pickle.LONG4: partial(self._long, u4),
            pickle.SHORT_BINUNICODE: partial(text, u1), pickle.BINUNICODE: partial(text, u4),
            pickle.BINUNICODE8: partial(text, u8),
            pickle.SHORT_BINSTRING: partial(text, u1, "latin-1"),
            pickle.BINSTRING: partial(text, u4, "latin-1"),
            pickle.UNICODE: lambda: self._reader.take_line().decode("raw-unicode-escape"),
            pickle.STRING: self._string,
            pickle.SHORT_BINBYTES: partial(payload, u1), pickle.BINBYTES: partial(payload, u4),
            pickle.BINBYTES8: partial(payload, u8), pickle.BYTEARRAY8: partial(payload, u8),
            pickle.BINGET: lambda: self._memo[number(u1)],
            pickle.LONG_BINGET: lambda: self._memo[number(u4)],
            pickle.GET: lambda: self._memo[int(self._line())],
            pickle.GLOBAL: lambda: _name(self._line(), self._line()),
            pickle.STACK_GLOBAL: lambda: _name(*self._pop(2)),
            pickle.TUPLE: lambda: tuple(self._pop_mark()),
            pickle.TUPLE1: partial(self._tuple, 1), pickle.TUPLE2: partial(self._tuple, 2),
            pickle.TUPLE3: partial(self._tuple, 3),
            pickle.LIST: self._pop_mark, pickle.FROZENSET: self._pop_mark,
            pickle.DICT: lambda: self._fill({}, self._pop_mark()),
            pickle.DUP: lambda: self._stack[-1],
            pickle.BINPERSID: lambda: self._persistent(self._stack.pop()),
            pickle.REDUCE: lambda: self._call(*self._pop(2)),
            pickle.NEWOBJ: lambda: self._call(*self._pop(2)),
            pickle.NEWOBJ_EX: self._call_with_keywords,
            pickle.INST: lambda: self._call(
                _name(self._line(), self._line()), tuple(self._pop_mark())
            ),
            pickle.OBJ: self._call_marked,
        }  # fmt: skip
        change: dict[bytes, Callable[[], Any]] = {
            pickle.PROTO: lambda: self._reader.take(1), pickle.FRAME: lambda: self._reader.take(8),
            pickle.MARK: lambda: self._marks.append(len(self._stack)),
            pickle.POP: self._drop, pickle.POP_MARK: self._pop_mark,
            pickle.MEMOIZE: lambda: self._memoize(len(self._memo)),
            pickle.BINPUT: lambda: self._memoize(number(u1)),
            pickle.LONG_BINPUT: lambda: self._memoize(number(u4)),
            pickle.PUT: lambda: self._memoize(int(self._line())),
            pickle.APPEND: lambda: self._extend(self._pop(1)),
            pickle.APPENDS: lambda: self._extend(self._pop_mark()),
            pickle.ADDITEMS: lambda: self._extend(self._pop_mark()),
            pickle.SETITEM: lambda: self._set_items(self._pop(2)),
            pickle.SETITEMS: lambda: self._set_items(self._pop_mark()),
            pickle.BUILD: self._build,
        }  # fmt: skip
        return {code: partial(self._put, part) for code, part in make.items()} | change

    def _put(self, make: Callable[[], Any]) -> None:
        self._stack.append(make())

    def _pop(self, count: int) -> list[Any]:
        if len(self._stack) < count:
            raise IndexError("the stack is too short")
        items = self._stack[-count:]
        del self._stack[-count:]
        return items

    def _pop_mark(self) -> list[Any]:
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def _drop(self) -> None:
        if self._marks and self._marks[-1] == len(self._stack):
            self._marks.pop()
        else:
            self._stack.pop()

    def _tuple(self, count: int) -> tuple[Any, ...]:
        return tuple(self._pop(count))

    def _memoize(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    def _line(self) -> str:
        return self._reader.take_line().decode()

    def _number(self, form: Struct) -> Any:
        return form.unpack(self._reader.take(form.size))[0]

    def _integer(self) -> int | bool:
        line = self._line()
        return {"00": False, "01": True}[line] if line in ("00", "01") else int(line)

    def _long(self, form: Struct) -> int:
        size = self._number(form)
        if size > _LONGEST_NUMBER:
            raise ValueError(f"a number has {size} bytes")
        return int.from_bytes(self._reader.take(size), "little", signed=True)

    def _text(self, form: Struct, encoding: str = "utf-8") -> str:
        return str(self._reader.take(self._number(form)), encoding, "surrogatepass")

    def _string(self) -> str:
        quoted = self._reader.take_line()
        if len(quoted) < 2 or quoted[:1] != quoted[-1:] or quoted[:1] not in (b"'", b'"'):
            raise pickle.UnpicklingError("a text has no quotes")
        return quoted[1:-1].decode("unicode-escape")

    def _payload(self, form: Struct) -> Any:
        size = self._number(form)
        return self._reader.take(size) if size <= _SMALL else self._reader.skip(size)

    def _call(self, function: Any, arguments: Any) -> Any:
        if not isinstance(arguments, tuple):
            raise TypeError("arguments are no tuple")
        name = function.name if isinstance(function, Global | Made) else "object"
        known = self._known.get(name) if isinstance(function, Global) else None
        return known(*arguments) if known else Made(name, arguments)

    def _call_with_keywords(self) -> Any:
        function, arguments, keywords = self._pop(3)
        made = self._call(function, arguments)
        if isinstance(made, Made):
            made.states.append(keywords)
        return made

    def _call_marked(self) -> Any:
        function, *arguments = self._pop_mark()
        return self._call(function, tuple(arguments))

    def _extend(self, items: list[Any]) -> None:
        owner = self._stack[-1]
        entries = owner.entries if isinstance(owner, Made) else owner
        if not isinstance(entries, list):
            raise TypeError("what is no list has entries")
        entries.extend(items)

    def _set_items(self, items: list[Any]) -> None:
        owner = self._stack[-1]
        target = owner.items if isinstance(owner, Made) else owner
        if not isinstance(target, dict):
            raise TypeError("what is no dictionary has items")
        self._fill(target, items)

    def _fill(self, owner: dict[Any, Any], items: list[Any]) -> dict[Any, Any]:
        if len(items) % 2:
            raise ValueError("a key has no value")
        for key, value in zip(items[::2], items[1::2], strict=True):
            owner[_as_key(key, len(owner))] = value
        return owner

    def _build(self) -> None:
        (state,) = self._pop(1)
        owner = self._stack[-1]
        if isinstance(owner, Made):
            owner.states.append(state)
        elif hasattr(owner, "build"):
            owner.build(state)


def _name(module: Any, name: Any) -> Global:
    if not isinstance(module, str) or not isinstance(name, str):
        raise TypeError("the name of a class is no text")
    if len(module) + len(name) > _LONGEST_NAME:
        raise ValueError("the name of a class is too long")
    return Global(f"{module}.{name}")


def _as_key(key: Any, index: int) -> Any:
    """Return what stands for a key: itself, or a text where its hash is not known to be cheap."""
    parts = key if isinstance(key, tuple) else (key,)
    if all(part is None or isinstance(part, str | int | float | bytes) for part in parts):
        return key
    return f"{key.name if isinstance(key, Global | Made) else 'key'} {index}"
