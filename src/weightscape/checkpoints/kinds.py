"""What a file is, by its first bytes; of what holds no weights that are read, the remedy."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Literal

from weightscape.checkpoints.checkpoint import CheckpointError

Kind = Literal["safetensors", "zip", "pickle", "gguf", "onnx"]
"""Formats that are read; what a zip file is, the names in it say."""

_LONGEST_HEADER = 10**8  # bytes, of a safetensors file
_SAVE = "`safetensors.numpy.save_file({}, new_path)`"
_KERAS = "convert it by " + _SAVE.format(
    "{w.path: w.numpy() for w in keras.models.load_model(path).weights}"
)
_TENSORFLOW = "convert it by " + _SAVE.format(
    "{v.name: v.numpy() for v in tensorflow.saved_model.load(folder).variables}"
)
_VARIABLES = (
    "convert it by "
    + _SAVE.format("{k: v for k, _ in list_variables(prefix) for v in [load_variable(prefix, k)]}")
    + " with the functions of tensorflow.train"
)
_GGML = "is a GGML file of before GGUF; convert it by the scripts of llama.cpp"
_MAGIC = (
    (0, b"\x89HDF\r\n\x1a\n", f"is an HDF5 file, as Keras writes; {_KERAS}"),
    (0, b"\x93NUMPY", "is an array of numpy; convert it by "
     + _SAVE.format("{'weight': numpy.load(path)}")),
    (0, b"\x08\x01\x12", f"is a SavedModel of TensorFlow; {_TENSORFLOW}"),
    (4, b"TFL3", "is a model of TensorFlow Lite, compiled for a device; give what it was made of"),
    (4, b"ET12", "is a program of ExecuTorch, compiled for a device; give what it was made of"),
    (4, b"PTMF", "is a TorchScript module for mobile devices; give what it was made of"),
    (0, b"\x1f\x8b", "is compressed; unpack it by `gunzip`"),
    (0, b"\xfd7zXZ", "is compressed; unpack it by `unxz`"),
    (0, b"BZh", "is compressed; unpack it by `bunzip2`"),
    (0, b"\x28\xb5\x2f\xfd", "is compressed; unpack it by `unzstd`"),
    (257, b"ustar", "is a tar archive; unpack it by `tar -xf`, or where torch has written it "
     "before 2017 convert it by `torch.save(torch.load(path, weights_only=False), new_path)`"),
    (0, b"lmgg", _GGML), (0, b"fmgg", _GGML), (0, b"tjgg", _GGML),
    (0, b"\x12\x01\0\0\0\0\0\0", "is a file of arrays of MXNet; convert it by "
     + _SAVE.format("{k: v.asnumpy() for k, v in mxnet.nd.load(path).items()}")),
)  # fmt: skip
_ARCHIVES = (
    (r"\.npy$", "is an archive of arrays of numpy; convert it by "
     + _SAVE.format("dict(numpy.load(path))")),
    (r"(^|/)model\.weights\.h5$", f"is a model of Keras; {_KERAS}"),
    (r"(^|/)(serialized_exported_program\.json|models/[^/]+\.json)$", "is a program of "
     "torch.export; convert it by `torch.save(torch.export.load(path).state_dict, new_path)`"),
    (r"(^|/)\.data/extern_modules$", "is a torch.package, which holds code; load its module by "
     "`torch.package.PackageImporter` and save the `state_dict()`"),
)  # fmt: skip
_PAGE = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<!--|<!doctype html|<html|<head|<body|<\?xml[^>]*>\s*<error)",
    re.IGNORECASE,
)
_POINTER = re.compile(
    rb"version https?://[^\n]*\n(?:[^\n]*\n)*?oid [^\n]*\n(?:[^\n]*\n)*?size (\d+)"
)
_ANNEX = re.compile(rb"(\.\./)*(\.git)?/annex/objects/")
_TENSORFLOW_NAMES = re.compile(r".*\.(index|meta|data-\d+-of-\d+)")
_TEXTUAL_PICKLE = re.compile(
    rb"\((dp?\d*\n|lp?\d*\n|dq|i[\w.]+\n)|[}\]](q|r|\.)|c[\w.]+\n[\w.]+\n|L\d+L?\n\."
)
_MAP = re.compile(rb"([\x81-\x8f]|\xde..|\xdf.{4})([\xa0-\xbf\xd9\xda]|$)", re.DOTALL)
"""How msgpack begins: a map, whose first key is a text."""


def tell_kind(path: Path) -> Kind:
    """Return the format of a file, whatever its name.

    Raises
    ------
    CheckpointError
        If it is of none that is read: says what it is, and the remedy.
    OSError
        If the file cannot be read.
    """
    if path.is_dir():
        raise CheckpointError(f"{path}: is a folder, not a file")
    with open(path, "rb") as file:
        head = file.read(1024)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= _LONGEST_HEADER:
        return "safetensors"
    if head.startswith(b"PK"):
        return "zip"
    if head.startswith(b"GGUF"):
        return "gguf"
    if why := _tell_other(head):
        raise CheckpointError(f"{path}: {why}")
    if head[:1] == b"\x08" and head[1:2] < b"\x20":  # the version of its format comes first
        return "onnx"
    if (head[:1] == b"\x80" and head[1:2] <= b"\x05") or _TEXTUAL_PICKLE.match(head):
        return "pickle"
    if _TENSORFLOW_NAMES.fullmatch(path.name):  # of which one file has nothing but the entries
        raise CheckpointError(f"{path}: is a part of a checkpoint of TensorFlow; {_VARIABLES}")
    what = "is of no format that is known, not a file of weights"
    if _is_text(head):
        begin = " ".join(head.decode(errors="ignore").split())[:60]
        what = f"is text, not a file of weights, and begins with {begin!r}"
    raise CheckpointError(f"{path}: {what}; give one of safetensors, torch, pickle, ONNX or GGUF")


def tell_archive(names: Collection[str]) -> str:
    """Say what a zip file is that torch.save has not written, by the names of its records."""
    for pattern, what in _ARCHIVES:
        if any(re.search(pattern, name) for name in names):
            return what
    return "is a zip file without a checkpoint of torch in it; unpack it by `unzip`"


def _tell_other(head: bytes) -> str:
    """Say what is no file of weights that is read; nothing where it may be one."""
    if not head:
        return "is empty; copy or download it again"
    if pointer := _POINTER.match(head):
        size = pointer[1].decode()
        return f"is a git-lfs pointer to a file of {size} bytes; fetch that by `git lfs pull`"
    if _ANNEX.match(head):
        return "is a git-annex pointer; fetch the file by `git annex get`"
    if not head.strip(b"\0"):
        return "begins with zeros, as a broken-off download leaves; copy or download it again"
    if _PAGE.match(head):
        return (
            "is a web page, which a server has sent in place of the file; download it again by "
            "the address of the file itself, logged in where that is asked for"
        )
    if head.lstrip().startswith((b"<?xml", b"<net")):
        return "is XML, as of OpenVINO, not weights; give the model that it was made of"
    for start, magic, what in _MAGIC:
        if head[start:].startswith(magic):
            return what
    if _MAP.match(head):
        return (
            "is a msgpack file, as Flax writes; convert it by "
            + _SAVE.format("flatten_dict(msgpack_restore(open(path, 'rb').read()), sep='.')")
            + " with the functions of flax.traverse_util and flax.serialization"
        )
    return ""


def _is_text(head: bytes) -> bool:
    try:
        text = head[:1000].decode(errors="strict" if len(head) < 1000 else "ignore")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter.isspace() for letter in text)
