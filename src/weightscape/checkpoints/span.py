"""A span of bytes: of a file, read when it is asked for, or in memory."""

from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Span(NamedTuple):
    """Bytes of a file, from `start` on.

    They are read by file position: a mapping of the file would keep all that is read in memory,
    and a file that becomes shorter would end the process.
    """

    path: Path
    start: int
    size: int

    def part(self, offset: int, size: int) -> "Span":
        """Return a part of the span."""
        return Span(self.path, self.start + offset, size)

    def read(self, offset: int, size: int) -> NDArray[np.uint8]:
        """Return bytes of the span.

        Raises
        ------
        OSError
            If the file cannot be read, or has become shorter.
        """
        with open(self.path, "rb") as file:
            file.seek(self.start + offset)
            data = np.fromfile(file, np.uint8, size)
        if data.size < size:
            raise OSError(f"{self.path} has become shorter while it was read")
        return data


class Held(NamedTuple):
    """Bytes in memory; a text stands for those of its encoding latin-1."""

    data: bytes | str

    @property
    def size(self) -> int:
        """Return how many there are."""
        return len(self.data)

    def part(self, offset: int, size: int) -> "Held":
        """Return a part of them."""
        return Held(self.data[offset : offset + size])

    def read(self, offset: int, size: int) -> NDArray[np.uint8]:
        """Return bytes of the span.

        Raises
        ------
        OSError
            If the text has characters that stand for no byte.
        """
        part = self.data[offset : offset + size]
        try:
            return np.frombuffer(part.encode("latin-1") if isinstance(part, str) else part, "u1")
        except UnicodeEncodeError as error:
            raise OSError(f"a text stands for no bytes: {error.reason}") from error


class Reader:
    """Bytes in turn; never more is asked of a file than its span has.

    Attributes
    ----------
    taken : int
        How many have been returned; those skipped are not among them.
    """

    def __init__(self, data: Span | Held) -> None:
        self.taken = 0
        self._data = data
        self._left = data.size
        self._file: BinaryIO
        if isinstance(data, Span):
            self._file = open(data.path, "rb")
            self._file.seek(data.start)
        else:
            self._file = BytesIO(data.read(0, data.size).tobytes())

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def position(self) -> int:
        """Return how many bytes lie behind."""
        return self._data.size - self._left

    def take(self, size: int) -> bytes:
        """Return the next bytes.

        Raises
        ------
        EOFError
            If there are fewer.
        """
        if size > self._left:
            raise EOFError(f"{size} bytes are announced and {self._left} are left")
        data = self._file.read(size)
        if len(data) < size:
            raise EOFError("the file has become shorter while it was read")
        self._left -= size
        self.taken += size
        return data

    def take_line(self) -> bytes:
        """Return the next bytes up to a line's end, without it.

        Raises
        ------
        EOFError
            If there is no line's end.
        """
        line = self._file.readline(self._left)
        if not line.endswith(b"\n"):
            raise EOFError("a line has no end")
        self._left -= len(line)
        self.taken += len(line)
        return line[:-1]

    def skip(self, size: int) -> Span | Held:
        """Return the next bytes without reading them.

        Raises
        ------
        EOFError
            If there are fewer.
        """
        if not 0 <= size <= self._left:
            raise EOFError(f"{size} bytes are announced and {self._left} are left")
        part = self._data.part(self.position, size)
        self._left -= size
        self._file.seek(size, 1)
        return part
