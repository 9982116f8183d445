"""Checkpoints to tables of layer matrices and back."""

import json
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from weightscape.config.spectra import CHEAP
from weightscape.layers.extract import extract_weights, read_layer_matrices
from weightscape.network.saved import NetworkInfo, save_network, snapshot
from weightscape.spectra.analyse import analyse
from weightscape.tables import table
from weightscape.tables.weights import SCHEMA

METADATA = {"weightscape": json.dumps({"network": {"classifier": "fc"}})}


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(0)
    state = {
        "fc.weight": torch.randn(5, 12),
        "fc.bias": torch.randn(5),
        "blocks.10.attn.qkv.weight": torch.randn(12, 4).to(torch.bfloat16),
        "blocks.2.mlp.fc1.weight": torch.randn(8, 4).half(),
        "conv1.weight": torch.randn(6, 4, 3, 3, dtype=torch.float64),
    }
    save_file(state, tmp_path / "model.safetensors", metadata=METADATA)
    extract_weights(tmp_path / "model.safetensors", tmp_path / "weights.parquet", {"study": "s"})
    return state, tmp_path / "weights.parquet"


def test_every_matrix_comes_back_in_network_order(checkpoint):
    state, path = checkpoint
    rows = list(read_layer_matrices(path))
    assert [(r["layer"], r["role"], r["block"], r["layer_type"]) for r, _ in rows] == [
        ("conv1", "stem", 0, "Conv2d"),
        ("blocks.2.mlp.fc1", "mlp_in", 1, "Linear"),
        ("blocks.10.attn.qkv.q", "q", 2, "Linear"),
        ("blocks.10.attn.qkv.k", "k", 2, "Linear"),
        ("blocks.10.attn.qkv.v", "v", 2, "Linear"),
        ("fc", "classifier", 3, "Linear"),
    ]
    values = [value for _, value in rows]
    conv = state["conv1.weight"].float().permute(2, 3, 0, 1).reshape(9, 6, 4)
    np.testing.assert_array_equal(values[0], conv.numpy())
    np.testing.assert_array_equal(values[1][0], state["blocks.2.mlp.fc1.weight"].float().numpy())
    fused = state["blocks.10.attn.qkv.weight"].float().numpy()
    np.testing.assert_array_equal(np.concatenate([v[0] for v in values[2:5]]), fused)
    np.testing.assert_array_equal(values[5][0], state["fc.weight"].numpy())
    assert all(value.dtype == np.float32 for value in values)


def test_the_file_has_a_row_group_per_row_and_split_bytes(checkpoint):
    _, path = checkpoint
    metadata = pq.read_metadata(path)
    assert metadata.num_row_groups == metadata.num_rows == 6
    entries = metadata.row_group(0).column(metadata.num_columns - 1)
    assert entries.path_in_schema == "values.list.element"
    assert entries.encodings == ("RLE", "BYTE_STREAM_SPLIT")
    assert entries.compression == "ZSTD"
    assert not any(
        metadata.row_group(0).column(i).has_dictionary_page for i in range(metadata.num_columns)
    )
    assert table.provenance_of(path) == {"study": "s"}
    assert table.read(path).schema.names == SCHEMA.names


def test_dtype_is_that_of_the_checkpoint(checkpoint):
    dtypes = table.read(checkpoint[1], ["dtype"])["dtype"].to_pylist()
    assert dtypes == ["float64", "float16", "bfloat16", "bfloat16", "bfloat16", "float32"]


@pytest.mark.parametrize(
    ("state", "metadata", "message"),
    [
        ({"fc.weight": torch.ones(3, 3)}, None, "does not say what the network is"),
        ({"fc.weight": torch.ones(3, 3, dtype=torch.int8)}, METADATA, "fc.weight is int8"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, state, metadata, message):
    save_file(state, tmp_path / "m.safetensors", metadata=metadata)
    with pytest.raises(ValueError, match=message):
        extract_weights(tmp_path / "m.safetensors", tmp_path / "w.parquet", {})
    assert not (tmp_path / "w.parquet").exists()


def test_a_saved_network_knows_its_groups(tmp_path):
    torch.manual_seed(0)
    # The second convolution of a ResNeXt-50 32x4d.
    conv = nn.Conv2d(128, 128, 3, groups=32, bias=False)
    module = nn.Sequential(conv, nn.Conv2d(4, 8, 3, groups=4), nn.Linear(128, 3))
    info = NetworkInfo(
        architecture="a", in_chans=3, num_classes=3, classifier="2", mean=(0.5,), std=(0.5,)
    )
    save_network(tmp_path / "m.safetensors", snapshot(module, info), {})
    extract_weights(tmp_path / "m.safetensors", tmp_path / "w.parquet", {})
    (about, values), *others = read_layer_matrices(tmp_path / "w.parquet")
    assert (about["layer_type"], values.shape) == ("GroupedConv2d", (288, 4, 4))
    assert [rest["layer_type"] for rest, _ in others] == ["Conv2d", "Linear"]
    assert [each.shape for _, each in others] == [(1, 8, 9), (1, 3, 128)]
    found = analyse(values, about["layer_type"], CHEAP).columns
    # The operator, by torch: at every kernel position what becomes of a pixel of one channel.
    pixels = torch.eye(128 * 9).view(128 * 9, 128, 3, 3)
    operators = conv(pixels).view(128, 9, 128).permute(1, 2, 0).detach().numpy()
    expected = analyse(operators, "Conv2d", CHEAP).columns
    assert (found["rf"], found["num_evals"], expected["num_evals"]) == (288, 1152, 1152)
    for name in ("norm", "spectral_norm", "stable_rank", "effective_rank", "entropy", "alpha"):
        assert found[name] == pytest.approx(expected[name], rel=1e-5), name


def test_heavy_libraries_stay_out():
    heavy = ["torch", "pandas", "sklearn", "matplotlib"]
    code = (
        "import sys, json, weightscape.spectra.fit\n"
        f"print(json.dumps([name for name in {heavy} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
