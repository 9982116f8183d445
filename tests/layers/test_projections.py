"""Projections taken apart: against the q, k and v that the networks themselves make of them."""

import json

import numpy as np
import pytest
import timm
import torch

from tests.helpers.watching import rows_attended_with, rows_found
from weightscape.layers.catalogue import catalogue, matrix
from weightscape.layers.projections import fused_parts

SMALL_MAXXVIT = {"depths": (1, 1, 1, 1), "embed_dim": (32, 32, 64, 64), "stem_width": 32}
TIMM = {
    "vit_tiny_patch16_224": {"depth": 1, "embed_dim": 48},
    "vit_relpos_small_patch16_224": {"depth": 1, "embed_dim": 48, "num_heads": 3},
    "tiny_vit_5m_224": {"depths": (1, 1, 1, 1)},
    "efficientformer_l1": {"depths": (1, 1, 1, 1)},
    "efficientformer_l3": {"depths": (1, 1, 1, 1)},
    "maxvit_rmlp_pico_rw_256": SMALL_MAXXVIT,
    "maxvit_tiny_rw_224": SMALL_MAXXVIT,
    "maxvit_tiny_tf_224": SMALL_MAXXVIT,
    "coatnet_pico_rw_224": SMALL_MAXXVIT,
    "coatnet_nano_cc_224": SMALL_MAXXVIT | {"depths": (1, 1, 2, 1)},
}


def catalogue_of(network, config=None):
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    return catalogue(shapes, "", config=config).layers


def assert_right(network, names, inputs, config=None):
    """Compare the rows of q, k and v with those that the network attends with; return how many."""
    found = rows_found(network, names, catalogue_of(network, config))
    assert found == rows_attended_with(network, names, inputs)
    return len(found)


@pytest.mark.parametrize("name", TIMM)
def test_q_k_and_v_are_those_that_a_network_of_timm_attends_with(name):
    torch.manual_seed(0)
    network = timm.create_model(name, **TIMM[name])
    names = [n for n, _ in network.named_modules() if n.endswith(".qkv")]
    size = network.pretrained_cfg["input_size"]
    assert assert_right(network, names, torch.zeros(1, *size)) == len(names) > 0


def test_planted_scales_stay_apart_in_a_network_interleaved_by_head():
    attention = timm.create_model("tiny_vit_5m_224", depths=(1, 1, 1, 1)).stages[3].blocks[0].attn
    weight = torch.zeros_like(attention.qkv.weight)
    per_head = weight.view(attention.num_heads, -1, weight.shape[1])
    sizes = [attention.key_dim, attention.key_dim, attention.val_dim]
    for part, scale in zip(per_head.split(sizes, dim=1), (1, 10, 100), strict=True):
        part.fill_(scale)
    shapes = {f"attn.{name}": tuple(value.shape) for name, value in attention.state_dict().items()}
    layers = [each for each in catalogue(shapes, "").layers if each.parameter == "attn.qkv.weight"]
    found = {each.role: np.mean(matrix(weight.numpy(), each) ** 2) for each in layers}
    assert found == {"q": 1, "k": 100, "v": 10_000}


SIZES = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 4, "vocab_size": 8,
         "intermediate_size": 24, "pad_token_id": 0}  # fmt: skip
SHAPES_SHOW = [
    ("Phi3", "layers.0.self_attn.qkv_proj", SIZES | {"num_key_value_heads": 4}),
    ("Phi3", "layers.0.self_attn.qkv_proj", SIZES | {"num_key_value_heads": 2}),
    ("Phi3", "layers.0.self_attn.qkv_proj", SIZES | {"num_key_value_heads": 1, "head_dim": 6}),
    ("ModernBert", "layers.0.attn.Wqkv", SIZES | {"cls_token_id": 1, "sep_token_id": 2}),
    ("Mpt", "blocks.0.attn.Wqkv", {"d_model": 16, "n_layers": 1, "n_heads": 4, "vocab_size": 8}),
]  # fmt: skip
CONFIG_SHOWS = [
    ("CodeGen", "h.0.attn.qkv_proj",
     {"n_embd": 16, "n_layer": 1, "n_head": 4, "rotary_dim": 4, "vocab_size": 8}),
    ("GPTBigCode", "h.0.attn.c_attn",
     {"n_embd": 16, "n_layer": 1, "n_head": 4, "vocab_size": 8, "multi_query": True}),
    ("GPTBigCode", "h.0.attn.c_attn",
     {"n_embd": 16, "n_layer": 1, "n_head": 4, "vocab_size": 8, "multi_query": False}),
    ("Bloom", "h.0.self_attention.query_key_value",
     {"hidden_size": 16, "n_layer": 1, "n_head": 4, "vocab_size": 8}),
    ("GPTNeoX", "layers.0.attention.query_key_value", SIZES),
    ("GPTNeoXJapanese", "layers.0.attention.query_key_value", SIZES),
    ("Persimmon", "layers.0.self_attn.query_key_value", SIZES | {"qk_layernorm": False}),
    ("MiniMax", "layers.0.self_attn.qkv_proj",
     SIZES | {"num_key_value_heads": 2, "head_dim": 4, "num_local_experts": 2,
              "layer_types": ["linear_attention"]}),
    ("Falcon", "h.0.self_attention.query_key_value", SIZES | {"multi_query": True}),
    ("Falcon", "h.0.self_attention.query_key_value", SIZES | {"multi_query": False}),
    ("Falcon", "h.0.self_attention.query_key_value",
     SIZES | {"new_decoder_architecture": True, "num_kv_heads": 2}),
]  # fmt: skip
# The first token alone: the rotation by the place leaves it as it is.
TOKENS = {"input_ids": torch.zeros(1, 1, dtype=torch.long)}


def network_of(kind, options):
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(**options)
    return getattr(transformers, f"{kind}Model")(config)


@pytest.mark.parametrize(("kind", "fused", "options"), SHAPES_SHOW)
def test_shapes_show_q_k_and_v_as_a_network_of_transformers_attends_with(kind, fused, options):
    assert assert_right(network_of(kind, options), [fused], TOKENS) == 1


@pytest.mark.parametrize(("kind", "fused", "options"), CONFIG_SHOWS)
def test_a_configuration_shows_q_k_and_v_that_shapes_do_not(kind, fused, options):
    network = network_of(kind, options)
    config = json.loads(network.config.to_json_string())  # as in a config.json
    assert assert_right(network, [fused], TOKENS, config) == 1
    for other in (None, config | {"model_type": "another"}):
        layers = [
            each for each in catalogue_of(network, other) if each.parameter == f"{fused}.weight"
        ]
        assert [(each.layer, each.role, each.transposed) for each in layers] == [
            (fused, "other", False)
        ]


def test_the_heads_of_latent_attention_show_in_its_shapes():
    latent = {"q_lora_rank": 8, "kv_lora_rank": 12, "qk_rope_head_dim": 4, "qk_nope_head_dim": 6,
              "v_head_dim": 5, "num_key_value_heads": 4, "first_k_dense_replace": 1}  # fmt: skip
    network = network_of("DeepseekV3", SIZES | latent)
    name = "layers.0.self_attn.kv_b_proj"
    attended = rows_attended_with(network, [name], TOKENS)[name]
    expected = {part: [row for row in attended[part] if row >= 0] for part in "kv"}
    assert rows_found(network, [name], catalogue_of(network)) == {name: expected}
    assert [len(expected[part]) for part in "kv"] == [24, 20]


def test_the_conv1d_of_gpt2_are_turned():
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    sizes = {"n_embd": 12, "n_layer": 1, "n_head": 3, "add_cross_attention": True}
    network = transformers.GPT2Model(transformers.GPT2Config(**sizes))
    state = network.state_dict()
    layers = catalogue_of(network)
    roles = {}
    for name, module in network.named_modules():
        if not isinstance(module, transformers.pytorch_utils.Conv1D):
            continue
        parts = [each for each in layers if each.parameter == f"{name}.weight"]
        weight = np.concatenate([matrix(state[f"{name}.weight"].numpy(), e)[0] for e in parts])
        inputs = torch.randn(weight.shape[1])
        expected = (module(inputs) - module.bias).detach().numpy()
        np.testing.assert_allclose(weight @ inputs.numpy(), expected, atol=1e-5)
        roles[name] = "".join(each.role for each in parts)
    assert (roles["h.0.attn.c_attn"], roles["h.0.crossattention.c_attn"]) == ("qkv", "kv")
    assert roles["h.0.crossattention.q_attn"] == "q"
    assert roles["h.0.attn.c_proj"] == roles["h.0.crossattention.c_proj"] == "attn_out"
    assert (roles["h.0.mlp.c_fc"], roles["h.0.mlp.c_proj"]) == ("mlp_in", "mlp_out")


GPT = {"h.0.attn.c_proj.weight": (12, 12), "h.0.mlp.c_fc.weight": (48, 12),
       "h.0.mlp.c_proj.weight": (12, 48)}  # fmt: skip


@pytest.mark.parametrize("fused", [(36, 12), (20, 12)])
def test_linear_layers_under_the_names_of_gpt2_stay_as_they_are(fused):
    # GPT-BigCode, by head or with one k and v for all; nanoGPT's of the first shape has them apart.
    shapes = {"h.0.attn.c_attn.weight": fused, **GPT}
    layers = catalogue(shapes, "").layers
    assert {e.parameter: (e.rows, e.cols) for e in layers} == shapes
    assert not any(e.transposed or e.role in "qkv" for e in layers)


@pytest.mark.parametrize(
    ("parameter", "shape", "beside"),
    [
        # CodeGen, MiniMax: github.com/huggingface/transformers, models/{codegen,minimax}.
        ("h.0.attn.qkv_proj.weight", (192, 64), {"h.0.attn.out_proj.weight": (64, 64)}),
        ("layers.0.self_attn.qkv_proj.weight", (192, 64),
         {"layers.0.self_attn.out_proj.weight": (64, 64)}),
        ("h.0.self_attention.query_key_value.weight", (192, 64),
         {"h.0.self_attention.dense.weight": (64, 64)}),
        # More keys than queries, and keys that do not divide the queries.
        ("layers.0.self_attn.qkv_proj.weight", (192, 64),
         {"layers.0.self_attn.o_proj.weight": (64, 32)}),
        ("layers.0.attn.Wqkv.weight", (192, 64), {"layers.0.attn.out_proj.weight": (64, 112)}),
        # timm's HaloNet, and its LeViT.
        ("stages.2.0.self_attn.kv.weight", (128, 64, 1, 1),
         {"stages.2.0.self_attn.pos_embed.height_rel": (23, 16)}),
        ("stages.0.blocks.0.attn.qkv.linear.weight", (192, 64),
         {"stages.0.blocks.0.attn.attention_biases": (4, 49)}),
        # Networks in stages are of either kind.
        ("stages.2.blocks.0.attn.qkv.weight", (192, 64), {}),
        # By head, but a CoAtNet's positions that do not show the heads.
        ("stages.2.blocks.0.attn.qkv.weight", (192, 64),
         {"stem.conv2.weight": (8, 8, 3, 3), "stages.2.blocks.0.attn.proj.weight": (64, 64)}),
        # By head, and the heads do not divide the rows.
        ("blocks.0.attn.qkv.weight", (192, 64),
         {"blocks.0.attn.attention_biases": (5, 49), "blocks.0.attn.proj.weight": (64, 64)}),
    ],
)  # fmt: skip
def test_what_does_not_show_where_it_divides_stays_whole(parameter, shape, beside):
    shapes = {parameter: shape, **beside}
    assert fused_parts(parameter, shapes) == []
    (layer,) = [each for each in catalogue(shapes, "").layers if each.parameter == parameter]
    assert (layer.rows, layer.pieces) == (shape[0], 1)
    assert layer.role in ("other", "conv")


def test_parts_that_are_as_many_as_the_output_has_inputs_need_no_multiple():
    shapes = {"blocks.0.attn.qkv.weight": (96, 64), "blocks.0.attn.proj.weight": (64, 32)}
    parts = fused_parts("blocks.0.attn.qkv.weight", shapes)
    assert parts == [("q", 1, 0, 32), ("k", 1, 32, 64), ("v", 1, 64, 96)]
