"""What a file of weights holds, told by its content: nested dictionaries with tensors as leaves."""

import struct
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from weightscape.checkpoints.checkpoint import CheckpointError
from weightscape.checkpoints.kinds import tell_archive, tell_kind
from weightscape.checkpoints.safetensors_file import read_safetensors
from weightscape.checkpoints.torch_legacy import read_stream
from weightscape.checkpoints.torch_zip import read_zip

_DAMAGED = (
    ArithmeticError, AttributeError, BadZipFile, EOFError, LookupError, NotImplementedError,
    RecursionError, TypeError, UnpicklingError, ValueError, struct.error,
)  # fmt: skip
"""What reading a damaged file may come upon."""


class Contents(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    tree : Any
        Dictionaries (keys as the file has them, of text or not) and lists, nested as in the file;
        leaves are `Tensor`, numbers, texts and None. An object of a class is an
        `weightscape.checkpoints.inert.Inert`, a dictionary of its attributes; a whole network that
        is pickled is a `weightscape.checkpoints.inert.Module`, its flat state dict. Nothing holds
        itself. Formats that hold tensors by name alone (safetensors, GGUF, ONNX) give one flat
        dictionary.
    kind : str
        The format: ``safetensors``, ``torch``, ``pickle``, ``gguf`` or ``onnx``.
    about : mapping
        Of a safetensors file, our own entry of its metadata (`weightscape.tensors.read_header`);
        empty else.
    """

    tree: Any
    kind: str
    about: Mapping[str, Any] = {}


def read_tree(path: Path) -> Contents:
    """Return what a file holds, whatever its name.

    Entries are read when a `Tensor` is asked for them. Nothing that a file names is imported or
    called, and a file takes memory in proportion to its own size.

    Raises
    ------
    CheckpointError
        If it holds no tensors that can be read, or is damaged: says what it is and the remedy.
    OSError
        If the file cannot be read.
    """
    kind = tell_kind(path)
    try:
        if kind == "safetensors":
            parameters, about = read_safetensors(path)
            return Contents(parameters, kind, about)
        if kind == "gguf":
            from weightscape.checkpoints.gguf_file import read_gguf

            return Contents(read_gguf(path), kind)
        if kind == "onnx":
            from weightscape.checkpoints.onnx_file import read_onnx

            return Contents(read_onnx(path), kind)
        if kind == "pickle":
            return Contents(read_stream(path), kind)
        with ZipFile(path) as archive:
            names = archive.namelist()
            if not any(f"/{name}".endswith("/data.pkl") for name in names):
                raise CheckpointError(f"{path}: {tell_archive(names)}")
            return Contents(read_zip(path, archive), "torch")
    except _DAMAGED as error:
        reason = " ".join(str(error)[:200].split()) or type(error).__name__
        raise CheckpointError(
            f"{path}: is cut short or damaged ({reason}); copy or download it again"
        ) from error
