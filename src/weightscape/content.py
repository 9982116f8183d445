"""What a file says, as a digest: its data, whatever its metadata, time or compression."""

import hashlib
import json
from pathlib import Path
from typing import Any

BATCH = 65_536  # rows
CHUNK = 2**24  # bytes


def content_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, as hexadecimal digits.

    Of a Parquet file that is the columns' names, types and values; of a safetensors file the
    tensors' names, types, shapes and values; of any other file its bytes.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read as what its suffix says.
    """
    path = Path(path)
    digest = hashlib.sha256()
    if path.suffix == ".parquet":
        _add_table(digest, path)
    elif path.suffix == ".safetensors":
        _add_tensors(digest, path)
    else:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    return digest.hexdigest()


def identity_of(*parts: Any) -> str:
    """Return a digest of numpy arrays and of values that JSON can write."""
    import numpy

    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, numpy.ndarray):
            digest.update(f"{part.dtype} {part.shape}".encode())
            digest.update(numpy.ascontiguousarray(part).data)
        else:
            digest.update(json.dumps(part, sort_keys=True).encode())
    return digest.hexdigest()


def _add_table(digest: Any, path: Path) -> None:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    parts: dict[str, Any] = {}
    for group in range(file.num_row_groups):  # one at a time: a group of weights can be large
        for batch in file.iter_batches(BATCH, row_groups=[group]):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                _add_array(parts, name, column)
    for field in file.schema_arrow:
        digest.update(f"{field.name}: {field.type}\n".encode())
    for name, part in sorted(parts.items()):
        digest.update(f"{name} {part.hexdigest()}\n".encode())


def _add_array(parts: dict[str, Any], name: str, array: Any) -> None:
    """Add an array to the digests of its parts; how it is cut into chunks does not matter."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def add(part: str, values: Any) -> None:
        parts.setdefault(f"{name} {part}", hashlib.sha256()).update(values)

    add("valid", array.is_valid().to_numpy(zero_copy_only=False).tobytes())
    array = array.drop_null()
    if pa.types.is_list(array.type):
        add("length", pc.list_value_length(array).to_numpy(zero_copy_only=False).tobytes())
        _add_array(parts, f"{name} item", array.flatten())
    elif pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        lengths = pc.binary_length(array).to_numpy(zero_copy_only=False)
        add("length", lengths.tobytes())
        add("text", "".join(array.to_pylist()).encode())
    elif pa.types.is_primitive(array.type):
        add("value", array.to_numpy(zero_copy_only=False).tobytes())
    else:
        raise ValueError(f"{name} is of the type {array.type}, which no table here has")


def _add_tensors(digest: Any, path: Path) -> None:
    from weightscape.tensors import read_header

    header = read_header(path)
    with path.open("rb") as file:
        for name, entry in sorted(header.entries.items()):
            start, end = entry["data_offsets"]
            digest.update(json.dumps([name, entry["dtype"], entry["shape"]]).encode())
            file.seek(header.start + start)
            for place in range(start, end, CHUNK):  # a tensor may be larger than memory
                digest.update(file.read(min(CHUNK, end - place)))
