"""Quantised weights of other layouts, and entries that are no numbers: named, not analysed."""

import pytest
import torch

from tests.helpers.state_dicts import checkpoint_of, resolved
from weightscape.checkpoints.checkpoint import Checkpoint, Tensor
from weightscape.parameters.resolve import resolve

I32, U8, I8 = torch.int32, torch.uint8, torch.int8


def codes(*shape, dtype=I32):
    return torch.ones(shape, dtype=dtype)


LAYOUTS = {
    "GPTQ": {
        "qweight": codes(8, 64), "qzeros": codes(2, 8), "scales": torch.rand(2, 64),
        "g_idx": codes(64),
    },
    "AWQ": {"qweight": codes(64, 8), "qzeros": codes(2, 8), "scales": torch.rand(2, 64)},
    "bitsandbytes": {
        "weight": codes(2048, 1, dtype=U8), "weight.absmax": codes(64, dtype=U8),
        "weight.quant_map": torch.rand(16), "weight.nested_absmax": torch.rand(1),
        "weight.nested_quant_map": torch.rand(256),
        "weight.quant_state.bitsandbytes__nf4": codes(90, dtype=U8),
    },
    "HQQ": {
        "W_q": codes(32, 64, dtype=U8), "meta_scale": torch.rand(64, 8), "zero": torch.rand(64, 8),
    },
    "compressed-tensors": {
        "weight_packed": codes(64, 8), "weight_scale": torch.rand(64, 2),
        "weight_shape": torch.tensor([64, 64]), "weight_zero_point": codes(8, 2),
    },
    "AQLM": {
        "codes": codes(64, 8, 1), "codebooks": torch.rand(1, 256, 1, 8),
        "scales": torch.rand(64, 1, 1, 1),
    },
    "EETQ": {"weight": codes(64, 64, dtype=I8), "weight_scales": torch.rand(64)},
    "quanto": {
        "weight._data._data": codes(64, 32, dtype=U8), "weight._scale": torch.rand(64, 2),
        "weight._shift": torch.rand(64, 2),
    },
    "BitNet": {"weight": codes(16, 64, dtype=U8), "weight_scale": torch.rand(1)},
}  # fmt: skip


@pytest.mark.parametrize("method", LAYOUTS)
@pytest.mark.parametrize("module", ["", "model.layers.0.self_attn.q_proj."])
def test_codes_scales_and_indices_are_named_and_the_bias_stays(method, module):
    state = {f"{module}{name}": value for name, value in LAYOUTS[method].items()}
    found = resolved(state | {f"{module}bias": torch.rand(64), "a.weight": torch.rand(4, 4)})
    assert found.parameters.keys() == {f"{module}bias", "a.weight"}
    reason = found.skipped.pop(f"{module}weight")
    assert method in reason
    assert "entries are codes, not the weight" in reason
    assert set(found.skipped.values()) == {f"a factor of {module}weight"}


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (torch.ones(4, 4, dtype=torch.complex64), "complex64 entries are complex"),
        (torch.ones(4, 4, dtype=torch.bool), "bool entries are a mask"),
        (torch.ones(4, 4, dtype=I8), "int8 entries are an index or a quantised weight"),
        (torch.ones(4, 4).to(torch.float8_e8m0fnu), "the scales of other tensors"),
    ],
)
def test_entries_that_are_not_those_of_a_weight(tensor, reason):
    found = resolved({"a.weight": tensor})
    assert not found.parameters
    assert reason in found.skipped["a.weight"]


@pytest.mark.parametrize(
    ("dtype", "reason"),
    [
        ("sparse_csr float32", "`tensor.to_dense()`"), ("qint8", "`tensor.dequantize()`"),
        ("float4_e2m1fn_x2", "not read"),
    ],
)  # fmt: skip
def test_types_that_numpy_does_not_have(dtype, reason):
    found = resolve(Checkpoint("m", {"a.weight": Tensor((4, 4), dtype, lambda: None)}))
    assert reason in found.skipped["a.weight"]


def test_vectors_of_any_type_are_left_to_the_catalogue():
    state = {"a.num_batches_tracked": torch.tensor(3), "b.ids": codes(5)}
    assert resolved(state).parameters.keys() == state.keys()


def test_an_output_layer_that_is_the_embedding_is_one_parameter():
    table = torch.rand(20, 8)
    state = {"model.embed_tokens.weight": table, "lm_head.weight": table.clone()}
    found = resolved(state)
    assert list(found.parameters) == ["model.embed_tokens.weight"]
    assert found.skipped == {"lm_head.weight": "the same entries as model.embed_tokens.weight"}
    assert len(resolved(state | {"lm_head.weight": table + 1}).parameters) == 2


def test_weights_that_share_their_storage_are_one_parameter():
    checkpoint = checkpoint_of({name: torch.rand(4, 4) for name in ("a.weight", "b.weight", "c")})
    storages = {"a.weight": 1, "b.weight": 1, "c": 2}
    tensors = {n: t._replace(storage=storages[n]) for n, t in checkpoint.parameters.items()}
    found = resolve(Checkpoint("m", tensors))
    assert found.parameters.keys() == {"a.weight", "c"}
    assert found.skipped == {"b.weight": "the same entries as a.weight"}
