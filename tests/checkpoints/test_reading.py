"""Files of weights, told by their content and read without torch: against torch's own reading."""

import collections
import pickle
import subprocess
import sys
import types
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tests.helpers.weight_files import WRITERS, Old, same, same_state, state_dict
from weightscape.checkpoints.open_file import open_file
from weightscape.checkpoints.tree import read_tree

DTYPES = [
    torch.float64, torch.float32, torch.float16, torch.bfloat16,
    torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz,
    torch.float8_e8m0fnu, torch.complex128, torch.complex64, torch.complex32,
    torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint64, torch.uint32, torch.uint16, torch.uint8, torch.bool,
]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["best.pth.tar", "demucs.th", "UPPER.PTH", "x.model", "none", "x" * 255]
)
def test_the_name_of_a_file_does_not_matter(tmp_path, name):
    torch.save({"epoch": 9, "state_dict": state_dict()}, tmp_path / name)
    contents = read_tree(tmp_path / name)
    assert (contents.kind, contents.tree["epoch"]) == ("torch", 9)
    same_state(contents.tree["state_dict"], state_dict())
    assert len(open_file(tmp_path / name)) == 1


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("is_zip", [True, False])
def test_every_protocol_that_torch_saves_in(tmp_path, protocol, is_zip):
    path = tmp_path / "m"
    torch.save(state_dict(), path, pickle_protocol=protocol, _use_new_zipfile_serialization=is_zip)
    same_state(read_tree(path).tree, state_dict())


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickled_dictionaries_of_tensors_and_arrays(tmp_path, protocol):
    rng = np.random.default_rng(0)
    arrays = {
        "c": rng.normal(size=(30, 40)), "fortran": np.asfortranarray(rng.normal(size=(3, 4, 5))),
        "big": rng.normal(size=6).astype(">f4"), "half": rng.normal(size=6).astype(np.float16),
        "int": np.arange(5), "none": np.ones((0, 3)), "one": np.array(2.5),
        "flag": np.array([True]),
    }  # fmt: skip
    content = {
        "tensors": state_dict(), "arrays": arrays, "scalar": np.float32(0.5), "text": "ä",
        "lines": "a\nb\\", "number": -(2**70), "pair": (1, [None, True, False, -1.5, 300, 70000]),
        "set": {1}, "bytes": b"\xff", "object": collections.OrderedDict(a=1),
        "texts": np.array(["a"]),
    }  # fmt: skip
    (tmp_path / "m").write_bytes(pickle.dumps(content, protocol))
    tree = read_tree(tmp_path / "m").tree
    same_state(tree["tensors"], state_dict())
    for name, array in arrays.items():
        values = tree["arrays"][name].read()
        assert values.dtype == array.astype(np.float32).dtype or array.dtype != np.float16
        np.testing.assert_array_equal(values, array)
    assert {key: tree[key] for key in ("scalar", "text", "lines", "number", "set", "object")} == {
        "scalar": 0.5, "text": "ä", "lines": "a\nb\\", "number": -(2**70), "set": [1],
        "object": {"a": 1},
    }  # fmt: skip
    assert tree["pair"] == [1, [None, True, False, -1.5, 300, 70000]]


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        (name, dtype)
        for name in (*WRITERS, "safetensors")
        for dtype in DTYPES
        if name != "safetensors" or dtype not in (torch.complex32, torch.complex128)
    ],
)
def test_every_code_of_every_type_is_the_number_of_torch(tmp_path, name, dtype):
    write = WRITERS.get(name, save_file)
    codes = torch.arange(256, dtype=torch.uint8).repeat(16)
    entries = (codes % 2 if dtype == torch.bool else codes).view(dtype).reshape(16, -1)
    write({"w": entries}, tmp_path / "m")
    same(read_tree(tmp_path / "m").tree["w"], entries)


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_views_of_storages(tmp_path, write):
    whole = torch.randn(12, 20, generator=torch.Generator().manual_seed(0))
    complexes = torch.randn(12, 10, dtype=torch.complex64)
    views = {
        "whole": whole, "transposed": whole.T, "strided": whole[1::2, ::3], "part": whole[3:5],
        "expanded": whole[:1].expand(50, 20), "scalar": whole[2, 3], "empty": whole[:0],
        "channels": whole.reshape(3, 4, 5, 4).contiguous(memory_format=torch.channels_last),
        "conjugate": complexes.conj(), "negative": complexes.clone().conj().imag,
        "parameter": nn.Parameter(whole), "buffer": nn.Buffer(whole, persistent=True),
    }  # fmt: skip
    write(views, tmp_path / "m")
    tree = read_tree(tmp_path / "m").tree
    same_state(tree, views)


@pytest.mark.parametrize("write", [WRITERS["zip"], WRITERS["legacy"]], ids=["zip", "legacy"])
def test_tied_tensors_are_the_same_storage(tmp_path, write):
    one = torch.ones(3, 4)
    content = {"a": one, "b": one, "view": one.T, "other": one.clone(), "c": one.view(3, 4)}
    write(content, tmp_path / "m")
    tree = read_tree(tmp_path / "m").tree
    assert tree["a"].storage == tree["b"].storage == tree["c"].storage
    assert len({tree[name].storage for name in ("a", "view", "other")}) == 3


@pytest.mark.parametrize("write", [WRITERS["zip"], WRITERS["legacy"]], ids=["zip", "legacy"])
def test_tensors_of_a_device_that_is_not_here(tmp_path, write, monkeypatch):
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
    write(state_dict(), tmp_path / "m")
    same_state(read_tree(tmp_path / "m").tree, state_dict())


@pytest.mark.filterwarnings("ignore")
def test_tensors_without_plain_entries_are_named(tmp_path):
    dense = torch.randn(6, 8, generator=torch.Generator().manual_seed(0)).relu()
    content = {
        "meta": torch.empty(6, 8, device="meta"), "coo": dense.to_sparse(),
        "csr": dense.to_sparse_csr(), "csc": dense.to_sparse_csc(),
        "nested": torch.nested.nested_tensor([dense[0], dense[1, :3]]), "good": dense,
    }  # fmt: skip
    torch.save(content, tmp_path / "m")
    tree = read_tree(tmp_path / "m").tree
    assert [(name, tree[name].dtype) for name in tree] == [
        ("meta", "float32"), ("coo", "sparse_coo float32"), ("csr", "sparse_csr float32"),
        ("csc", "sparse_csc float32"), ("nested", "nested float32"),
        ("good", "float32"),
    ]  # fmt: skip
    assert {tree[name].shape for name in tree if name != "nested"} == {(6, 8)}
    for name, reason in [("meta", "saved from the meta device: it has no data"), ("coo", "sparse")]:
        with pytest.raises(OSError, match=reason):
            tree[name].read()
    same(tree["good"], dense)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", [torch.qint8, torch.quint8, torch.qint32], ids=str)
@pytest.mark.parametrize("write", [WRITERS["zip"], WRITERS["legacy"]], ids=["zip", "legacy"])
def test_quantised_tensors_are_the_numbers_that_they_stand_for(tmp_path, write, dtype):
    weight = state_dict()["a.weight"]
    content = {"one": torch.quantize_per_tensor(weight, 0.03, 5, dtype)}
    for axis, count in enumerate(weight.shape):
        scales = torch.linspace(0.01, 0.05, count, dtype=torch.float64)
        content[str(axis)] = torch.quantize_per_channel(
            weight, scales, torch.arange(count), axis, dtype
        )
    write(content, tmp_path / "m")
    tree = read_tree(tmp_path / "m").tree
    for name, tensor in content.items():
        assert (tree[name].shape, tree[name].dtype) == (tuple(weight.shape), "float32")
        np.testing.assert_allclose(tree[name].read(), tensor.dequantize().numpy(), rtol=1e-6)


def test_reading_imports_no_torch(tmp_path):
    torch.save(state_dict(), tmp_path / "m")
    code = (
        "import sys, pathlib; from weightscape.checkpoints.tree import read_tree; "
        "read_tree(pathlib.Path(sys.argv[1])).tree['a.weight'].read(); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "m")]).returncode == 0


def test_an_archive_of_a_machine_of_the_other_order_of_bytes(tmp_path):
    torch.save(state_dict(), tmp_path / "little")
    with zipfile.ZipFile(tmp_path / "little") as old, zipfile.ZipFile(tmp_path / "m", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if "/data/" in name:
                data = np.frombuffer(data, "<f4").astype(">f4").tobytes()
            new.writestr(name, b"big" if name.endswith("byteorder") else data)
    same_state(read_tree(tmp_path / "m").tree, state_dict())


class LegacyPickler(pickle.Pickler):
    """Writes storages as persistent identifiers, by name."""

    def __init__(self, file, views):
        super().__init__(file, 2)
        self.views = views

    def persistent_id(self, value):
        return self.views.get(value) if isinstance(value, str) else None


def test_storages_that_are_views_as_before_torch_0_4(tmp_path):
    whole = np.arange(12, dtype=np.float32)
    of = [("storage", torch.FloatStorage, "7", "cpu", 12, view) for view in (None, ("8", 4, 6))]
    tensors = [
        ("whole", Old(torch._utils._rebuild_tensor, "one", 0, (3, 4), (4, 1))),
        ("part", Old(torch._utils._rebuild_tensor, "two", 0, (2, 3), (3, 1))),
    ]
    with open(tmp_path / "m", "wb") as file:
        for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
            pickle.dump(part, file, 2)
        items = [list(item) for item in tensors]
        content = Old(collections.OrderedDict, items)  # as Python 2 has pickled one
        LegacyPickler(file, {"one": of[0], "two": of[1]}).dump(content)
        pickle.dump(["7"], file, 2)
        file.write((12).to_bytes(8, "little") + whole.tobytes())
    tree = read_tree(tmp_path / "m").tree
    np.testing.assert_array_equal(tree["whole"].read(), whole.reshape(3, 4))
    np.testing.assert_array_equal(tree["part"].read(), whole[4:10].reshape(2, 3))


def test_a_view_that_repeats_entries_takes_no_memory(tmp_path):
    torch.save({"w": torch.tensor([2.0]).expand(10**6, 10**6)}, tmp_path / "m")
    found = read_tree(tmp_path / "m").tree["w"].read()
    assert found.shape == (10**6, 10**6)
    assert (found[7, 8], found.strides) == (2, (0, 0))


def test_distributed_tensors_are_named_by_their_whole_shape(tmp_path):
    from torch.distributed._shard.sharded_tensor import ShardedTensor
    from torch.distributed.tensor import DTensor

    local = state_dict()["a.weight"]
    shard = types.SimpleNamespace(tensor=local)
    states = {DTensor: (None, {"_local_tensor": local, "_spec": None}), ShardedTensor: ([shard], 1)}

    def part(kind, shape):
        """Return what is pickled as a tensor whose making takes several processes."""
        strides = (shape[1], 1)
        about = (torch.float32, shape, strides, 0, torch.strided, torch.device("cpu"), False)
        return Old(
            torch._tensor._rebuild_from_type_v2,
            torch._utils._rebuild_wrapper_subclass, kind, (kind, *about), states[kind],
        )  # fmt: skip

    kinds = {"d": DTensor, "s": ShardedTensor}
    content = {f"{name} part": part(kind, (48, 40)) for name, kind in kinds.items()}
    content |= {f"{name} whole": part(kind, (24, 40)) for name, kind in kinds.items()}
    torch.save(content, tmp_path / "m")
    tree = read_tree(tmp_path / "m").tree
    for name in kinds:
        same(tree[f"{name} whole"], local)
        assert tree[f"{name} part"].shape == (48, 40)
        with pytest.raises(OSError, match=r"this file has a part of shape \(24, 40\); gather"):
            tree[f"{name} part"].read()
