"""Files that are no weights, or damaged ones: named, and never more than that."""

import argparse
import gzip
import json
import pickle
import subprocess
import sys
import tracemalloc
import zipfile

import gguf
import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from safetensors.torch import save_file
from torch import nn

from weightscape.checkpoints.checkpoint import CheckpointError
from weightscape.checkpoints.tree import read_tree


def write_sound_files(folder):
    """Write small sound files of every format that is read."""
    torch.manual_seed(0)
    folder.mkdir()
    network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 6))
    state = network.state_dict()
    content = {
        "state_dict": state, "args": argparse.Namespace(lr=0.1), "best": np.float64(7),
        "half": torch.ones(3, 4).bfloat16().T, "rng": np.arange(9), "list": [1, (2, "a")],
        "narrow": torch.ones(4).to(torch.float8_e5m2), "sparse": torch.eye(3).to_sparse(),
        "codes": torch.quantize_per_channel(
            torch.ones(2, 3), torch.ones(2), torch.zeros(2), 0, torch.qint8
        ),
    }  # fmt: skip
    for protocol in (2, 5):
        torch.save(content, folder / f"zip{protocol}", pickle_protocol=protocol)
        torch.save(
            content,
            folder / f"legacy{protocol}",
            pickle_protocol=protocol,
            _use_new_zipfile_serialization=False,
        )
    torch.save(network, folder / "module")
    for protocol in (0, 2, 5):
        arrays = {name: tensor.numpy() for name, tensor in state.items()}
        (folder / f"arrays{protocol}").write_bytes(pickle.dumps(arrays, protocol))
        (folder / f"tensors{protocol}").write_bytes(pickle.dumps(dict(state), protocol))
    save_file(state, folder / "safetensors")
    tensors = [numpy_helper.from_array(tensor.numpy(), name) for name, tensor in state.items()]
    tensors.append(onnx.helper.make_tensor("listed", onnx.TensorProto.BFLOAT16, (3,), [1.0, 2, 3]))
    tensors.append(onnx.helper.make_tensor("four", onnx.TensorProto.INT4, (3,), [1, 2, 3]))
    graph = onnx.helper.make_graph([], "graph", [], [], initializer=tensors)
    onnx.save(onnx.helper.make_model(graph), folder / "onnx")
    writer = gguf.GGUFWriter(folder / "gguf", "llama")
    writer.add_array("tokens", ["a", "b", "cd"])
    writer.add_float32("rate", 0.5)
    for kind in (gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.Q4_0):
        data = gguf.quants.quantize(np.ones((4, 64), np.float32), kind)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
    writer.add_tensor("plain", np.ones((4, 6), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.filterwarnings("ignore")
def test_damaged_files_of_every_format_are_read_or_named(tmp_path, seed):
    write_sound_files(tmp_path / "sound")
    command = [sys.executable, "-m", "tests.helpers.damaged_files", str(tmp_path / "sound")]
    run = subprocess.run(
        [*command, "5000", str(seed)], capture_output=True, text=True, timeout=1500
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout == ""


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 438\n"
OTHERS = {
    "pointer": (POINTER.encode(), "git-lfs pointer to a file of 438 bytes.*`git lfs pull`"),
    "page": (b"\n<!DOCTYPE html><html>Access denied</html>", "is a web page.*download it again"),
    "upper": (b"<HTML><HEAD>", "is a web page"),
    "denied": (b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code>', "is a web page"),
    "answer": (
        b"Entry not found",
        "is text, not a file of weights, and begins with 'Entry not found'",
    ),
    "annex": (b"/annex/objects/SHA256E-s9--ab.pt\n", "git-annex pointer.*`git annex get`"),
    "zeros": (bytes(2000), "begins with zeros.*download it again"),
    "empty": (b"", "is empty; copy or download it again"),
    "text": (b"these are no weights\n" * 9, "is text, not a file of weights"),
    "yaml": (b"config:\n  lr: 1\n", "is text, not a file of weights"),
    "json": (json.dumps({"a": 1}).encode(), "is text, not a file of weights"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(90), "is of no format that is known"),
    "hdf5": (
        b"\x89HDF\r\n\x1a\n" + bytes(90),
        "an HDF5 file, as Keras.*models.load_model",
    ),
    "msgpack": (b"\x82\xa6params\x81", "is a msgpack file, as Flax.*msgpack_restore"),
    "savedmodel": (b"\x08\x01\x12\x90\x05", "a SavedModel of TensorFlow.*saved_model.load"),
    "lite": (b"\x1c\0\0\0TFL3" + bytes(30), "TensorFlow Lite"),
    "openvino": (b'<?xml version="1.0"?>\n<net name="a">', "XML, as of OpenVINO"),
    "array": (b"\x93NUMPY\x01\0", "is an array of numpy.*numpy.load"),
    "gzip": (gzip.compress(b"a"), "is compressed; unpack it by `gunzip`"),
    "tar": (b"a" * 257 + b"ustar\x0000", "is a tar archive; unpack it by `tar -xf`"),
    "keras": (b"PK\x03\x04", "is cut short or damaged"),
    "gguf": (b"GGUF\x03\0\0\0", "is cut short or damaged"),
    "old gguf": (b"GGUF\x01\0\0\0", "version of GGUF is not known"),
    "onnx": (b"\x08\x08", "no graph of ONNX is in it"),
    "half onnx": (b"\x08\x08\x3a\xff\x01", "is cut short or damaged"),
    "half header": (b"\x40\0\0\0\0\0\0\0{}", "is not a whole safetensors file"),
}
ARCHIVES = {
    "npz": ("w.npy", r"an archive of arrays of numpy.*dict\(numpy.load\(path\)\)"),
    "keras": ("model.weights.h5", "a model of Keras"),
    "export": ("archive/models/model.json", "torch.export.load"),
    "package": ("p/.data/extern_modules", "torch.package"),
    "docx": ("word/document.xml", "without a checkpoint of torch in it"),
}


@pytest.mark.parametrize(("content", "message"), OTHERS.values(), ids=OTHERS)
def test_what_holds_no_weights_is_named_with_the_remedy(tmp_path, content, message):
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"m\.safetensors: .*{message}"):
        read_tree(tmp_path / "m.safetensors")


@pytest.mark.parametrize(("record", "message"), ARCHIVES.values(), ids=ARCHIVES)
def test_zip_files_of_others_are_named_with_the_remedy(tmp_path, record, message):
    with zipfile.ZipFile(tmp_path / "m.pt", "w") as archive:
        archive.writestr(record, b"a")
    with pytest.raises(CheckpointError, match=message):
        read_tree(tmp_path / "m.pt")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(CheckpointError, match="is a folder, not a file"):
        read_tree(tmp_path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["zip2", "legacy2", "safetensors", "gguf", "onnx", "arrays2"])
def test_half_a_download_is_named(tmp_path, name):
    write_sound_files(tmp_path / "sound")
    whole = (tmp_path / "sound" / name).read_bytes()
    (tmp_path / "m").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="copy or download it again"):
        read_tree(tmp_path / "m")


def test_a_record_that_is_compressed_is_not_inflated(tmp_path):
    torch.save({"w": torch.zeros(500, 500)}, tmp_path / "sound")
    with (
        zipfile.ZipFile(tmp_path / "sound") as old,
        zipfile.ZipFile(tmp_path / "m", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(CheckpointError, match="is compressed or encrypted"):
        read_tree(tmp_path / "m")


def test_a_storage_that_is_not_in_the_archive(tmp_path):
    torch.save({"a": torch.ones(3), "b": torch.ones(4)}, tmp_path / "sound")
    with zipfile.ZipFile(tmp_path / "sound") as old, zipfile.ZipFile(tmp_path / "m", "w") as new:
        for name in old.namelist():
            if not name.endswith("data/1"):
                new.writestr(name, old.read(name))
    tree = read_tree(tmp_path / "m").tree
    assert tree["a"].read().tolist() == [1, 1, 1]
    with pytest.raises(OSError, match="the file has no record data/1"):
        tree["b"].read()


def called(function, *arguments):
    """Return a pickle of a call."""
    module, name = function.rsplit(".", 1)
    inner = pickle.dumps(arguments, 2)[2:-1]
    return f"c{module}\n{name}\n".encode() + inner + b"R"


LARGE = (10**12).to_bytes(8, "little")
FLOATS = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0aX\x03\0\0\0cpuI1000000000000\nNtQ"
HOSTILE = {
    "bytes": b"\x80\x04\x8e" + LARGE,
    "bytearray": b"\x80\x05\x96" + LARGE,
    "frame": b"\x80\x04\x95" + LARGE,
    "text": b"\x80\x04\x8d" + LARGE,
    "number": b"\x80\x02\x8b\xff\xff\xff\x7f1",
    "memo": b"\x80\x02}r\xff\xff\xff\x7f.",
    "call": b"\x80\x02" + called("builtins.bytearray", 10**12) + b".",
    "eval": b"\x80\x02" + called("builtins.eval", "1/0") + b".",
    "repeat": b"\x80\x02" + called("operator.mul", "a", 10**12) + b".",
    "key": b"\x80\x02})" + b"\x85" * 20_000 + b"Ns.",
    "nest": b"\x80\x02" + b"]" * 20_000 + b"a" * 19_999 + b".",
    "doubling": b"\x80\x02]q\0"
    + b"".join(b"]q%c(h%ch%ce" % (k + 1, k, k) for k in range(60))
    + b".",
    "state": b"\x80\x02(]q\0("
    + b"N" * 1_000
    + b"e}q\1X\1\0\0\0ah\0s"
    + (b"ca\nb\n)\x81h\1b" * 1_000)
    + b"t.",
    "items": b"\x80\x02(]("
    + b"X\1\0\0\0aN\x86" * 1_000
    + b"eq\0"
    + (b"ccollections\nOrderedDict\nh\0\x85R" * 1_000)
    + b"t.",
    "storage": b"\x80\x02"
    + b"ctorch._utils\n_rebuild_tensor\n("
    + FLOATS
    + b"K\0K\2\x85K\1\x85tR.",
    "extension": b"\x80\x02\x82\x01.",
    "buffer": b"\x80\x05\x97.",
    "unhashable": b"\x80\x02}]Ns.",
    "nothing": b"\x80\x02.",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_pickle_takes_memory_and_time_in_proportion_to_its_length(tmp_path, content):
    (tmp_path / "m").write_bytes(content)
    tracemalloc.start()
    try:
        read_tree(tmp_path / "m")
    except CheckpointError as error:
        assert "copy or download it again" in str(error)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**23 + 200 * len(content)
