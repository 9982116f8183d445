"""Projections taken apart: against the q, k and v that the networks themselves make of them."""

import numpy as np
import pytest
import timm
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

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


class Watch(TorchFunctionMode):
    """Notes what attention gets as q, k and v, after every fused projection has numbered its rows.

    A hook puts its own number in the place of each output, so that the numbers in q, k and v say
    which rows of the weight they are.
    """

    def __init__(self, network, names):
        super().__init__()
        self.rows, self.name = {}, ""
        self.handles = [
            network.get_submodule(name).register_forward_hook(
                lambda module, inputs, output, name=name: self.number(name, module, output)
            )
            for name in names
        ]

    def number(self, name, module, output):
        self.name = name
        axis = 1 if isinstance(module, nn.Conv2d) else -1
        numbers = torch.arange(output.shape[axis], dtype=output.dtype)
        return numbers.view(-1, *[1] * (output.ndim - 2) if axis == 1 else ()).expand_as(output)

    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **kwargs or {})
        attends = function is nn.functional.scaled_dot_product_attention
        parts = args[:3] if attends else result if function is torch.Tensor.split else ()
        if self.name and len(parts) == 3:
            found = [sorted({int(n) for n in part.detach().unique()}) for part in parts]
            self.rows[self.name] = dict(zip("qkv", found, strict=True))
            self.name = ""
        return result


def rows_of(layer, parameter):
    """Return which rows of a parameter a layer matrix holds, from its entries."""
    rows = torch.arange(parameter.shape[0], dtype=parameter.dtype)
    numbered = rows.view(-1, *[1] * (parameter.ndim - 1)).expand_as(parameter)
    found = matrix(numbered.numpy(), layer)
    assert (found == found[..., :1]).all()
    return sorted(int(n) for n in found[0, :, 0])


def catalogue_of(network):
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    return catalogue(shapes, "").layers


def assert_right(network, names, inputs):
    """Compare the rows of q, k and v with those that the network attends with; return how many."""
    state = network.state_dict()
    watch = Watch(network.eval(), names)
    with torch.no_grad(), watch:
        network(**inputs) if isinstance(inputs, dict) else network(inputs)
    parts = {}
    for layer in catalogue_of(network):
        if layer.role in "qkv" and layer.layer[:-2] in names:
            rows = rows_of(layer, state[layer.parameter])
            parts.setdefault(layer.layer[:-2], {})[layer.role] = rows
    assert parts == watch.rows
    return len(parts)


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


def test_q_k_and_v_are_those_that_a_network_of_transformers_attends_with():
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 12, "intermediate_size": 24, "num_hidden_layers": 1,
             "num_attention_heads": 3}  # fmt: skip
    # The first token alone: the rotation by the place leaves it as it is.
    tokens = {"input_ids": torch.zeros(1, 1, dtype=torch.long)}
    phi3 = transformers.Phi3Config(**sizes, num_key_value_heads=3)
    modern = transformers.ModernBertConfig(**sizes)
    for network, name in (
        (transformers.Phi3Model(phi3), "layers.0.self_attn.qkv_proj"),
        (transformers.ModernBertModel(modern), "layers.0.attn.Wqkv"),
    ):
        assert assert_right(network, [name], tokens) == 1


@pytest.mark.parametrize(
    ("kind", "fused", "options"),
    [
        ("CodeGen", "attn.qkv_proj", {"n_layer": 1}),
        ("GPTBigCode", "attn.c_attn", {"n_layer": 1, "multi_query": True}),
        ("GPTBigCode", "attn.c_attn", {"n_layer": 1, "multi_query": False}),
        ("Bloom", "self_attention.query_key_value", {"n_layer": 1}),
        ("Falcon", "self_attention.query_key_value", {"num_hidden_layers": 1}),
        ("GPTNeoX", "attention.query_key_value", {"num_hidden_layers": 1}),
        ("Persimmon", "self_attn.query_key_value", {"num_hidden_layers": 1}),
        ("MiniMax", "self_attn.qkv_proj", {"num_hidden_layers": 1, "num_local_experts": 2,
                                           "layer_types": ["linear_attention"]}),
    ],
)  # fmt: skip
def test_networks_of_transformers_that_do_not_show_q_k_and_v_keep_them_whole(kind, fused, options):
    transformers = pytest.importorskip("transformers")
    config = getattr(transformers, f"{kind}Config")(**options)
    with torch.device("meta"):
        layers = catalogue_of(getattr(transformers, f"{kind}Model")(config))
    assert sum(each.layer.endswith(f".{fused}") for each in layers) == 1
    assert not any(each.role in "qkv" or each.transposed for each in layers)


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
        # Grouped queries as wide as three times the input: 128 rows of q, 32 of k, 32 of v.
        ("layers.0.self_attn.qkv_proj.weight", (192, 64),
         {"layers.0.self_attn.o_proj.weight": (64, 128)}),
        ("layers.0.attn.Wqkv.weight", (192, 64), {"layers.0.attn.out_proj.weight": (64, 128)}),
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
