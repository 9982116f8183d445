"""Zip files as `torch.save` has written them since torch 1.6, and TorchScript archives."""

from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from weightscape.checkpoints.checkpoint import CheckpointError
from weightscape.checkpoints.pickled import to_tree
from weightscape.checkpoints.rebuild import KNOWN, make_storage
from weightscape.checkpoints.span import Reader, Span
from weightscape.checkpoints.storage import Storage
from weightscape.checkpoints.unpickle import Unpickler

_LOCAL = 30  # bytes of the header before a record, whose name and extra field follow
_PICKLE = "data.pkl"


class _Records:
    """The records of an archive of torch, which are stored as they are."""

    def __init__(self, path: Path, archive: ZipFile) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._infos = {info.filename: info for info in archive.infolist()}
        pickles = [name for name in self._infos if f"/{name}".endswith(f"/{_PICKLE}")]
        self._folder = min(pickles, key=lambda name: name.count("/")).removesuffix(_PICKLE)
        order = self.find("byteorder") if self.has("byteorder") else None
        self._order = ">" if order and bytes(order.read(0, order.size)) == b"big" else "<"

    def has(self, name: str) -> bool:
        return f"{self._folder}{name}" in self._infos

    def find(self, name: str) -> Span:
        """Return where a record lies.

        Raises
        ------
        CheckpointError
            If it is compressed or encrypted: it might then be far larger than the file.
        """
        info: ZipInfo = self._infos[f"{self._folder}{name}"]
        if info.compress_type != ZIP_STORED or info.flag_bits & 1:
            raise CheckpointError(
                f"{self._path}: its record {name} is compressed or encrypted, which torch.save "
                "never does; unpack the archive and pack it again without compression"
            )
        header = Span(self._path, info.header_offset, _LOCAL).read(0, _LOCAL).tobytes()
        lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:], "little")
        start = info.header_offset + _LOCAL + lengths
        if header[:4] != b"PK\x03\x04" or start + info.file_size > self._size:
            raise ValueError(f"the record {name} is not where the directory says")
        return Span(self._path, start, info.file_size)

    def load(self, identifier: Any) -> Storage:
        """Return the storage of a persistent identifier."""
        _, kind, key, _, count = identifier
        storage = make_storage((self._path, str(key)), kind, count, self._order)
        if self.has(f"data/{key}"):
            storage.data = self.find(f"data/{key}")
        else:
            storage.fault = f"the file has no record data/{key}"
        return storage


def read_zip(path: Path, archive: ZipFile) -> Any:
    """Return the tree of an archive of torch.

    Raises
    ------
    CheckpointError
        If a record of it is compressed.
    OSError
        If the file cannot be read.
    EOFError, LookupError, TypeError, ValueError, pickle.UnpicklingError
        If it is damaged.
    """
    records = _Records(path, archive)
    with Reader(records.find(_PICKLE)) as reader:
        content = Unpickler(reader, KNOWN, records.load).load()
        return to_tree(content, reader.taken)
