"""Checkpoints of every kind, read one parameter at a time and analysed."""

import json
import warnings

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from tests.helpers.bad_checkpoints import sound
from weightscape.checkpoints.checkpoint import CheckpointError
from weightscape.checkpoints.find import find_checkpoints, open_checkpoint
from weightscape.config.spectra import CHEAP, Spectra
from weightscape.files.analyse import Options, analyse_checkpoints
from weightscape.files.stream import layers_of
from weightscape.files.summary import summary
from weightscape.spectra.checkpoint_table import SCHEMA
from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.tables import table

FLOATS = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
NARROW = [torch.float8_e4m3fn, torch.float8_e5m2]


def rows_of(*names, base=None, form="pooled", **how):
    start = open_checkpoint(str(base)) if base else None
    options = Options(CHEAP.model_copy(update={"form": form}), **how)
    parts = analyse_checkpoints([str(name) for name in names], start, options)
    return [row for part in parts for row in part]


def write_sharded(folder, state, suffix):
    """Write `state` as two shards and their index; return the index."""
    names, shards = list(state), {}
    for number, part in enumerate((names[::2], names[1::2])):
        shard = f"model-{number}.{suffix}"
        tensors = {name: state[name] for name in part}
        save = save_file if suffix == "safetensors" else torch.save
        save(tensors, folder / shard)
        shards |= dict.fromkeys(part, shard)
    index = folder / f"model.{suffix}.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": shards}))
    return index


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
def test_entries_are_widened_exactly(tmp_path, dtype, suffix):
    tensor = torch.randn(5, 7, generator=torch.Generator().manual_seed(0)).to(dtype)
    (save_file if suffix == "safetensors" else torch.save)({"w": tensor}, tmp_path / f"m.{suffix}")
    checkpoint = open_checkpoint(str(tmp_path / f"m.{suffix}"))
    found = checkpoint.parameters["w"].read()
    assert checkpoint.parameters["w"][:2] == ((5, 7), str(dtype).removeprefix("torch."))
    assert found.dtype == (np.float64 if dtype == torch.float64 else np.float32)
    np.testing.assert_array_equal(found, tensor.to(torch.float64).numpy())


@pytest.mark.parametrize("dtype", NARROW, ids=str)
def test_every_8_bit_float_is_the_one_of_torch(tmp_path, dtype):
    tensor = torch.arange(256, dtype=torch.uint8).view(dtype)
    save_file({"w": tensor}, tmp_path / "m.safetensors")
    found = open_checkpoint(str(tmp_path / "m.safetensors")).parameters["w"].read()
    np.testing.assert_array_equal(found, tensor.float().numpy())


@pytest.mark.parametrize("suffix", ["safetensors", "bin"])
def test_shards_are_one_checkpoint(tmp_path, suffix):
    state = {f"layers.{i}.mlp.fc1.weight": sound(i)["fc.weight"] for i in range(3)}
    index = write_sharded(tmp_path, state, suffix)
    assert [entry.name for entry in find_checkpoints(str(tmp_path))] == [str(index)]
    checkpoint = open_checkpoint(str(tmp_path))
    for name, tensor in state.items():
        np.testing.assert_array_equal(checkpoint.parameters[name].read(), tensor.numpy())
    assert checkpoint.parameters.keys() == state.keys()
    assert checkpoint.faults == ()


@pytest.mark.parametrize("keys", [(), ("state_dict",), ("model",), ("model", "state_dict")])
def test_a_state_dict_may_lie_in_dictionaries(tmp_path, keys):
    content = sound()
    for key in keys:
        content = {"epoch": 3, "optimizer": {"lr": 0.1}, key: content}
    torch.save(content, tmp_path / "m.pt")
    checkpoint = open_checkpoint(str(tmp_path / "m.pt"))
    assert list(checkpoint.parameters) == ["fc.weight"]
    np.testing.assert_array_equal(
        checkpoint.parameters["fc.weight"].read(), sound()["fc.weight"].numpy()
    )


def test_a_folder_is_searched_and_what_is_no_checkpoint_named(tmp_path):
    for name in ("a/model.safetensors", "b/deep/x.safetensors", ".hidden/y.safetensors"):
        (tmp_path / name).parent.mkdir(parents=True)
        save_file(sound(), tmp_path / name)
    torch.save(sound(), tmp_path / "a/pytorch_model.bin")
    (tmp_path / "a/config.json").write_text("{}")
    found = {
        entry.name.removeprefix(f"{tmp_path}/"): entry.reason
        for entry in find_checkpoints(str(tmp_path))
    }
    assert found.keys() == {
        "a/model.safetensors", "b/deep/x.safetensors", "a/pytorch_model.bin", "a/config.json"
    }  # fmt: skip
    assert found["a/model.safetensors"] == found["b/deep/x.safetensors"] == ""
    assert found["a/pytorch_model.bin"] == "the same weights as model.safetensors"
    assert found["a/config.json"].startswith("not a checkpoint")
    with pytest.raises(CheckpointError, match="holds 2 checkpoints; name one of them"):
        open_checkpoint(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing.pt", "there is no such file"),
        ("nothing", "there is no such file"),
        ("timm:no_such_network", r"timm has no pre-trained weights of this name"),
        ("timm:resnet18.no_such_weights", r"timm has no pre-trained weights of this name"),
    ],
)
def test_a_name_that_stands_for_nothing(name, message):
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(name)


def test_a_folder_without_checkpoints(tmp_path):
    (tmp_path / "notes.txt").write_text("a note")
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        find_checkpoints(str(tmp_path))


@pytest.mark.parametrize("network", ["vit_tiny_patch16_224", "resnet18", "convnext_atto"])
def test_every_parameter_of_a_real_network_has_its_rows(tmp_path, network):
    torch.manual_seed(0)
    state = timm.create_model(network).state_dict()
    torch.save(state, tmp_path / "m.pth")
    rows = rows_of(tmp_path / "m.pth")
    assert {row["parameter"] for row in rows} == set(state)
    assert all(row["reason"] for row in rows if row["status"] != "ok")
    assert {row["status"] for row in rows} <= {"ok", "partial", "skipped"}
    classifiers = [row["layer"] for row in rows if row["role"] == "classifier"]
    assert classifiers == [timm.create_model(network).pretrained_cfg["classifier"]]
    written = table.from_rows(rows, SCHEMA)
    assert written.num_rows == len(rows)


def test_the_numbers_are_those_of_numpy(tmp_path):
    model = nn.Sequential(nn.Conv2d(4, 16, 3), nn.ConvTranspose2d(16, 12, 2), nn.Linear(12, 20))
    torch.save(model.state_dict(), tmp_path / "m.pt")
    rows = {row["parameter"]: row for row in rows_of(tmp_path / "m.pt")}
    for index, factor in ((0, 0.5), (1, 0.5), (2, 1.0)):
        entries = model[index].weight.detach().double().numpy()
        row = rows[f"{index}.weight"]
        largest = np.linalg.svd(entries.reshape(*entries.shape[:2], -1).T, compute_uv=False).max()
        np.testing.assert_allclose(row["norm"], factor * np.sum(entries**2))
        np.testing.assert_allclose(row["spectral_norm"], factor * largest**2)
    unfolded = {row["parameter"]: row for row in rows_of(tmp_path / "m.pt", form="unfolded")}
    entries = model[0].weight.detach().double().numpy().reshape(16, -1)
    assert unfolded["0.weight"]["layer_type"] == "UnfoldedConv2d"
    np.testing.assert_allclose(
        unfolded["0.weight"]["spectral_norm"], np.linalg.norm(entries, 2) ** 2
    )


def test_both_forms_of_a_convolution_have_rows_and_the_summary_counts_layers(tmp_path):
    torch.save(nn.Sequential(nn.Conv2d(4, 16, 3), nn.Linear(16, 9)).state_dict(), tmp_path / "m.pt")
    rows = rows_of(tmp_path / "m.pt", form="both")
    assert [(row["layer"], row["form"], row["layer_type"]) for row in rows if row["layer"]] == [
        ("0", "pooled", "Conv2d"), ("0", "unfolded", "UnfoldedConv2d"), ("1", "", "Linear")
    ]  # fmt: skip
    assert "2 ok, 0 partial, 0 failed" in summary(rows, 1.0)
    assert "1 ok, 0 partial, 0 failed" in summary(rows[1:2], 1.0)


def test_a_convolution_that_memory_does_not_allow_has_a_row_in_both_forms(tmp_path):
    torch.save(nn.Conv2d(64, 64, 3).state_dict(), tmp_path / "m.pt")
    rows = [row for row in rows_of(tmp_path / "m.pt", form="both", max_memory=1e-6) if row["layer"]]
    assert [(row["form"], row["status"], row["N"]) for row in rows] == [
        ("pooled", "failed", 64), ("unfolded", "failed", 576)
    ]  # fmt: skip


def test_the_change_from_the_base_is_that_of_the_entries(tmp_path):
    fused = torch.randn(48, 16, generator=torch.Generator().manual_seed(1))
    base = sound(0, **{"b.qkv.weight": fused, "size.weight": torch.ones(4, 5)})
    tuned = sound(
        2, **{"b.qkv.weight": fused * 1.5, "size.weight": torch.ones(4, 6), "more.weight": fused}
    )
    save_file(base, tmp_path / "base.safetensors")
    torch.save(tuned, tmp_path / "tuned.pt")
    rows = rows_of(tmp_path / "tuned.pt", base=tmp_path / "base.safetensors")
    assert [row["stage"] for row in rows] == ["finetuned", "delta"] * 6
    change = {row["layer"]: row for row in rows if row["stage"] == "delta"}
    assert change["size"]["reason"] == "in the base, the parameter has the shape (4, 5)"
    assert change["more"]["reason"] == "in the base, there is no such parameter"
    for index, part in enumerate("qkv"):
        expected = np.linalg.norm(fused[16 * index : 16 * index + 16].double() / 2, 2) ** 2
        np.testing.assert_allclose(change[f"b.qkv.{part}"]["spectral_norm"], expected, rtol=1e-6)
    difference = (tuned["fc.weight"] - base["fc.weight"]).double().numpy()
    found = eigenvalues(difference[None], "Linear").ascending
    np.testing.assert_allclose(change["fc"]["norm"], found.sum(), rtol=1e-5)


def test_columns_that_compare_with_the_base(tmp_path):
    save_file(sound(0), tmp_path / "base.safetensors")
    save_file(sound(0), tmp_path / "same.safetensors")
    start = open_checkpoint(str(tmp_path / "base.safetensors"))
    ((weights, change),) = analyse_checkpoints(
        [str(tmp_path / "same.safetensors")], start, Options(Spectra())
    )
    assert weights["log_spectrum_distance"] == 0
    np.testing.assert_allclose(weights["rotation_left_1"], 0, atol=1e-12)
    assert (change["status"], change["norm"]) == ("partial", 0)


def test_groups_are_known_of_a_network_of_timm_and_not_of_a_state_dict(tmp_path, monkeypatch):
    name, create = "resnext50_32x4d.a1_in1k", timm.create_model

    def untrained(architecture, pretrained):
        torch.manual_seed(0)
        return create(architecture, layers=(1, 1, 1, 1))

    monkeypatch.setattr(timm, "create_model", untrained)
    checkpoint = open_checkpoint(f"timm:{name}")
    layers = {e.layer: e for e in layers_of(checkpoint).layers}
    grouped = layers["layer1.0.conv2"]
    assert (grouped.layer_type, grouped.groups) == ("GroupedConv2d", 32)
    assert (grouped.slices, grouped.rows, grouped.cols) == (288, 4, 4)
    torch.save(untrained(name, False).state_dict(), tmp_path / "m.pt")
    plain = {e.layer: e for e in layers_of(open_checkpoint(str(tmp_path / "m.pt"))).layers}
    assert plain.keys() == layers.keys()
    below = plain["layer1.0.conv2"]
    assert (below.layer_type, below.slices, below.rows, below.cols) == ("Conv2d", 9, 128, 4)


def test_a_layer_that_memory_does_not_allow_has_a_reason(tmp_path):
    save_file(sound(**{"b.weight": torch.ones(400, 400)}), tmp_path / "m.safetensors")
    rows = {row["layer"]: row for row in rows_of(tmp_path, max_memory=1e-3)}
    assert rows["fc"]["status"] == "ok"
    assert rows["b"]["status"] == "failed"
    assert (
        "takes up to 0.0077 GB of memory, and 0.001 GB are free or allowed" in rows["b"]["reason"]
    )


def test_a_file_that_shrinks_while_it_is_read(tmp_path):
    path = tmp_path / "m.safetensors"
    save_file(sound(), path)
    checkpoint = open_checkpoint(str(path))
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(OSError, match="has become shorter"):
        checkpoint.parameters["fc.weight"].read()


def test_threads_and_order_change_nothing(tmp_path):
    state = {f"layers.{i}.mlp.fc1.weight": sound(i)["fc.weight"] for i in range(4)}
    save_file(state, tmp_path / "m.safetensors")
    torch.save(dict(reversed(state.items())), tmp_path / "m.pt")
    one, two = rows_of(tmp_path / "m.safetensors"), rows_of(tmp_path / "m.pt", threads=2)
    for row in one + two:
        row.pop("checkpoint")
    assert one == two


def test_the_summary_counts_layers_by_role(tmp_path):
    state = sound(**{"a.weight": torch.full((3, 3), torch.nan), "a.bias": torch.ones(3)})
    save_file(state, tmp_path / "m.safetensors")
    lines = summary(rows_of(tmp_path), 1.25).splitlines()
    assert lines[0] == f"{tmp_path}/m.safetensors: 1 ok, 0 partial, 1 failed in 1.2 s"
    assert [line.split()[:2] for line in lines[3:5]] == [["other", "1"], ["classifier", "1"]]
    assert lines[5:] == [
        "  failed a: an entry is not finite",
        "  skipped a.bias: a vector has no spectrum",
    ]


def test_reading_warns_of_nothing(tmp_path):
    save_file(sound(), tmp_path / "m.safetensors")
    torch.save(sound(1), tmp_path / "n.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert {row["status"] for row in rows_of(tmp_path)} == {"ok"}


def test_an_index_does_not_lead_out_of_its_folder(tmp_path):
    save_file(sound(), tmp_path / "secret.safetensors")
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"fc.weight": "../secret.safetensors"}}))
    checkpoint = open_checkpoint(str(index))
    assert not checkpoint.parameters
    assert "is no file beside" in checkpoint.faults[0]
