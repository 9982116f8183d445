"""Files of GGUF and ONNX: against the numbers of the libraries that write them."""

import sys

import gguf
import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from tests.helpers.weight_files import same, state_dict
from weightscape.checkpoints.checkpoint import CheckpointError
from weightscape.checkpoints.tree import read_tree

QUANTISED = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "F16", "BF16", "F32"]


@pytest.mark.parametrize("order", [gguf.GGUFEndian.LITTLE, gguf.GGUFEndian.BIG])
def test_tensors_of_a_gguf_file_are_dequantised(tmp_path, order):
    weight = state_dict()["a.weight"].numpy().repeat(8, axis=1)
    big = order == gguf.GGUFEndian.BIG
    expected = {}
    writer = gguf.GGUFWriter(tmp_path / "m", "llama", endianess=order)
    writer.add_array("tokens", ["a", "bc"])
    writer.add_array("scores", [1.0, 2.0])
    writer.add_uint32("general.alignment", 64)
    writer.data_alignment = 64
    for name in ["F32", "F16"] if big else QUANTISED:
        kind = gguf.GGMLQuantizationType[name]
        data = gguf.quants.quantize(weight, kind)
        expected[name] = gguf.quants.dequantize(data, kind)
        if name in ("F32", "F16"):
            writer.add_tensor(name, data)
        else:
            writer.add_tensor(name, data, raw_dtype=kind)
    writer.add_tensor("vector", np.arange(7, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    contents = read_tree(tmp_path / "m")
    assert contents.kind == "gguf"
    assert list(contents.tree) == [*expected, "vector"]
    for name, entries in expected.items():
        assert contents.tree[name].shape == weight.shape
        np.testing.assert_array_equal(contents.tree[name].read(), entries)
    np.testing.assert_array_equal(contents.tree["vector"].read(), np.arange(7))


def write_onnx(path, tensors, **how):
    graph = onnx.helper.make_graph([], "graph", [], [], initializer=tensors)
    onnx.save(onnx.helper.make_model(graph), path, **how)


def test_initialisers_of_an_onnx_file(tmp_path):
    weight = state_dict()["a.weight"].numpy()
    kinds = {
        "FLOAT": "float32", "DOUBLE": "float64", "FLOAT16": "float16", "BFLOAT16": "bfloat16",
        "FLOAT8E4M3FN": "float8_e4m3fn", "INT64": "int64",
    }  # fmt: skip
    tensors = []
    for kind in kinds:
        code = getattr(onnx.TensorProto, kind)
        typed = onnx.helper.make_tensor(f"{kind} list", code, weight.shape, weight.ravel())
        tensors += [typed, numpy_helper.from_array(numpy_helper.to_array(typed), kind)]
    write_onnx(tmp_path / "m", tensors)
    contents = read_tree(tmp_path / "m")
    assert contents.kind == "onnx"
    for kind, dtype in kinds.items():
        expected = torch.from_numpy(weight).to(getattr(torch, dtype))
        same(contents.tree[kind], expected)
        same(contents.tree[f"{kind} list"], expected)


def test_entries_of_an_onnx_file_that_lie_beside_it_and_nowhere_else(tmp_path):
    weight = state_dict()["a.weight"].numpy()
    (tmp_path / "hub").mkdir()
    path = tmp_path / "hub" / "m.onnx"
    tensors = [numpy_helper.from_array(weight * k, str(k)) for k in range(3)]
    write_onnx(
        path, tensors, save_as_external_data=True, location="m.data", size_threshold=0,
    )  # fmt: skip
    for k in range(3):
        np.testing.assert_array_equal(read_tree(path).tree[str(k)].read(), weight * k)
    (tmp_path / "linked").mkdir()
    for name in ("m.onnx", "m.data"):
        (tmp_path / "linked" / name).symlink_to(tmp_path / "hub" / name)
    found = read_tree(tmp_path / "linked" / "m.onnx").tree["2"].read()
    np.testing.assert_array_equal(found, weight * 2)
    secret = tmp_path / "secret"
    (tmp_path / "hub" / "m.data").rename(secret)
    model = onnx.load(path, load_external_data=False)
    for location in (str(secret), "../secret", "gone", "link"):
        (tmp_path / "hub" / "link").unlink(missing_ok=True)
        (tmp_path / "hub" / "link").symlink_to(secret)
        for entry in model.graph.initializer[0].external_data:
            if entry.key == "location":
                entry.value = location
        path.write_bytes(model.SerializeToString())
        with pytest.raises(OSError, match="which is no file beside it"):
            read_tree(path).tree["0"].read()
    (tmp_path / "hub" / "m.data").write_bytes(secret.read_bytes()[:100])
    with pytest.raises(OSError, match=r"m.data is shorter than its entries"):
        read_tree(path).tree["1"].read()


@pytest.mark.parametrize(("kind", "package"), [("GGUF\x03", "gguf"), ("\x08\x08", "onnx")])
def test_a_format_whose_package_is_missing(tmp_path, monkeypatch, kind, package):
    (tmp_path / "m").write_text(kind)
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CheckpointError, match=r"pip install weightscape\[formats\]"):
        read_tree(tmp_path / "m")
