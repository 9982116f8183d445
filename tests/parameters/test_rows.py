"""Rows of files whose parameters are not weights as they are stored, as the command writes them."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils import parametrizations

from weightscape.checkpoints.find import open_checkpoint
from weightscape.config.spectra import CHEAP
from weightscape.files.analyse import analyse_checkpoints
from weightscape.files.options import Options

MEASURED = ("N", "M", "norm", "spectral_norm", "stable_rank", "matrix_rank")


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def rows_of(path, base=None, **how):
    start = open_checkpoint(str(base)) if base else None
    options = Options(CHEAP.model_copy(update={"form": "pooled"} | how))
    return [row for part in analyse_checkpoints([str(path)], start, options) for row in part]


def layers_of(rows, stage="finetuned"):
    return {row["layer"]: row for row in rows if row["layer"] and row["stage"] == stage}


def agree(row, matrix, rtol=1e-4):
    """Assert that a row is that of a matrix, by its singular values in numpy."""
    squares = np.linalg.svd(matrix.detach().double().numpy(), compute_uv=False) ** 2
    assert (row["N"], row["M"]) == tuple(sorted(matrix.shape, reverse=True))
    np.testing.assert_allclose(row["norm"], squares.sum(), rtol=rtol)
    np.testing.assert_allclose(row["spectral_norm"], squares.max(), rtol=rtol)


def test_reparametrised_weights(tmp_path):
    model = nn.ModuleDict(
        {
            "a": parametrizations.weight_norm(nn.Linear(16, 24)),
            "b": parametrizations.spectral_norm(nn.Linear(16, 24)),
        }
    ).eval()
    save_file(model.state_dict(), tmp_path / "m.safetensors")
    rows = rows_of(tmp_path / "m.safetensors")
    for name in "ab":
        agree(layers_of(rows)[name], model[name].weight)
    others = {row["parameter"]: row["reason"] for row in rows if not row["layer"]}
    assert others["a.parametrizations.weight.original0"] == "a factor of a.weight"
    assert others.keys() == set(model.state_dict())


@pytest.mark.parametrize("name", ["weight_scale_inv", "scale"])
def test_codes_with_scales(tmp_path, name):
    scales = torch.tensor([[0.001, 0.02], [0.3, 0.004]])
    codes = (100 * torch.randn(256, 256)).to(torch.float8_e4m3fn)
    save_file({"a.weight": codes, f"a.{name}": scales}, tmp_path / "m.safetensors")
    (row, scale) = rows_of(tmp_path / "m.safetensors")
    spread = scales.repeat_interleave(128, 0).repeat_interleave(128, 1)
    agree(row, codes.float() * spread)
    assert row["dtype"] == "scaled float8_e4m3fn"
    assert row["status"] == "ok"
    assert (scale["parameter"], scale["status"]) == (f"a.{name}", "skipped")


@pytest.fixture
def adapter(tmp_path):
    """Return the path of an adapter with a head of its own, its base's, and both state dicts."""
    stem = "model.layers.0.self_attn.q_proj"
    base = {f"{stem}.weight": torch.randn(96, 96), "score.weight": torch.randn(12, 96)}
    own = {
        f"base_model.model.{stem}.lora_A.weight": torch.randn(8, 96),
        f"base_model.model.{stem}.lora_B.weight": torch.randn(96, 8),
        "base_model.model.score.weight": torch.randn(12, 96),
    }
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter/adapter_config.json").write_text(json.dumps({"r": 8, "lora_alpha": 16}))
    save_file(own, tmp_path / "adapter/adapter_model.safetensors")
    save_file(base, tmp_path / "base.safetensors")
    return tmp_path / "adapter/adapter_model.safetensors", tmp_path / "base.safetensors", own, base


def test_an_adapter_alone_and_with_its_base(adapter):
    path, base_path, own, base = adapter
    down, up, head = own.values()
    stem = "model.layers.0.self_attn.q_proj"
    rows = rows_of(path)
    change = layers_of(rows, "delta")[stem]
    agree(change, 2 * up @ down)
    assert (change["role"], change["matrix_rank"]) == ("q", 8)
    agree(layers_of(rows)["score"], head)
    assert len([row for row in rows if row["layer"]]) == 2
    rows = rows_of(path, base_path)
    agree(layers_of(rows)[stem], base[f"{stem}.weight"] + 2 * up @ down)
    change = layers_of(rows, "delta")
    agree(change[stem], 2 * up @ down)
    assert change[stem]["matrix_rank"] == 8
    agree(change["score"], head - base["score.weight"])


def test_a_link_to_an_adapter_has_the_config_beside_the_adapter(adapter, tmp_path):
    (tmp_path / "mine.safetensors").symlink_to("adapter/adapter_model.safetensors")
    rows = rows_of(tmp_path / "mine.safetensors")
    down, up, _ = adapter[2].values()
    agree(layers_of(rows, "delta")["model.layers.0.self_attn.q_proj"], 2 * up @ down)


def test_the_scale_of_an_adapter_in_the_metadata_of_its_file(tmp_path):
    path = tmp_path / "lora.safetensors"
    own = {"unet.to_q.lora_A.weight": torch.randn(8, 96),
           "unet.to_q.lora_B.weight": torch.randn(96, 8)}  # fmt: skip
    about = json.dumps({"unet.r": 8, "unet.lora_alpha": 16})
    save_file(own, path, metadata={"lora_adapter_metadata": about})
    down, up = own.values()
    agree(layers_of(rows_of(path), "delta")["unet.to_q"], 2 * up @ down)


def test_an_adapter_without_its_config_says_what_is_missing(adapter):
    path = adapter[0]
    (path.parent / "adapter_config.json").unlink()
    reasons = {row["parameter"]: row["reason"] for row in rows_of(path)}
    assert "put adapter_config.json" in reasons["model.layers.0.self_attn.q_proj.weight"]


@pytest.mark.parametrize("prefix", ["model._orig_mod.", "module.", "net.", "_forward_module."])
def test_a_wrapped_network_has_the_rows_of_the_network(tmp_path, prefix):
    names = ["conv1.weight", "layer1.0.conv1.weight", "layer1.0.conv2.weight", "fc.weight"]
    state = {name: torch.randn(16, 8, *([3, 3] * ("conv" in name))) for name in names}
    torch.save(state, tmp_path / "plain.pt")
    torch.save({prefix + name: value for name, value in state.items()}, tmp_path / "wrapped.pt")
    plain, wrapped = (rows_of(tmp_path / f"{name}.pt") for name in ("plain", "wrapped"))
    for one, other in zip(plain, wrapped, strict=True):
        assert one | {"checkpoint": ""} == other | {"checkpoint": ""}
    rows = rows_of(tmp_path / "wrapped.pt", tmp_path / "plain.pt")
    assert {row["norm"] for row in layers_of(rows, "delta").values()} == {0}


def test_nothing_quantised_is_analysed(tmp_path):
    save_file(
        {
            "q.qweight": torch.ones(8, 64, dtype=torch.int32), "q.scales": torch.rand(16, 64),
            "q.g_idx": torch.ones(64, dtype=torch.int32), "w.W_q": torch.ones(8, 9).byte(),
            "w.scale": torch.rand(8, 9), "w.zero": torch.rand(8, 9),
        },
        tmp_path / "m.safetensors",
    )  # fmt: skip
    rows = [row for row in rows_of(tmp_path / "m.safetensors") if row["parameter"]]
    assert {row["status"] for row in rows} == {"skipped"}
    assert len(rows) == 8


@pytest.mark.parametrize("save", [save_file, torch.save])
def test_a_shared_weight_that_a_file_keeps_twice_has_one_row(tmp_path, save):
    table = torch.randn(40, 16)
    names = ("lm_head.weight", "model.embed_tokens.weight", "model.other.weight")
    save({name: table.clone() for name in names}, tmp_path / "m")
    rows = {row["parameter"]: row for row in rows_of(tmp_path / "m")}
    assert rows["model.embed_tokens.weight"]["reason"] == "the same entries as lm_head.weight"
    assert [rows[name]["status"] for name in names] == ["ok", "skipped", "ok"]


def test_a_shared_weight_has_one_row_and_both_names(tmp_path):
    embedding = nn.Embedding(40, 16)
    head = nn.Linear(16, 40, bias=False)
    head.weight = embedding.weight
    model = nn.ModuleDict({"embed_tokens": embedding, "lm_head": head})
    torch.save(model.state_dict(), tmp_path / "m.pt")
    one, other = rows_of(tmp_path / "m.pt")
    agree(one, embedding.weight)
    assert (one["parameter"], other["parameter"]) == ("embed_tokens.weight", "lm_head.weight")
    assert other["reason"] == "the same entries as embed_tokens.weight"


def test_inputs_by_outputs_have_the_subspaces_of_outputs_by_inputs(tmp_path):
    shapes = {"attn.c_attn": (24, 72), "attn.c_proj": (24, 24), "mlp.c_fc": (24, 96),
              "mlp.c_proj": (96, 24)}  # fmt: skip
    base, tuned = {}, {}
    for name, shape in shapes.items():
        u, s, vh = torch.linalg.svd(torch.randn(shape).T, full_matrices=False)
        s[:10] *= 3
        turn = torch.linalg.qr(torch.randn(len(u), len(u)))[0]
        base[f"h.0.{name}.weight"] = (u @ torch.diag(s) @ vh).T.contiguous()
        tuned[f"h.0.{name}.weight"] = (turn @ u @ torch.diag(s) @ vh).T.contiguous()
    for name, state in (("base", base), ("tuned", tuned)):
        save_file(state, tmp_path / f"{name}.safetensors")
    rows = rows_of(tmp_path / "tuned.safetensors", tmp_path / "base.safetensors", rotation=True)
    layers = layers_of(rows)
    assert len(layers) == 6
    for name in ("attn.c_proj", "mlp.c_fc", "mlp.c_proj"):
        assert layers[f"h.0.{name}"]["subspace_right"] > 0.999
        assert layers[f"h.0.{name}"]["subspace_left"] < 0.7
