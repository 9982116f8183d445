"""Parameters of two and more dimensions that are no operators, and those that look like them."""

import pytest
import timm
import torch
from torch import nn

from weightscape.layers.catalogue import catalogue
from weightscape.layers.operators import why_no_operator

MODULES = nn.ModuleDict(
    {
        "over_length": nn.LayerNorm([64, 96]), "over_image": nn.LayerNorm([32, 16, 16]),
        "norm": nn.LayerNorm([8, 9], bias=False), "ln_f": nn.RMSNorm([8, 9]),
        "bilinear": nn.Bilinear(32, 48, 8),
        "linear": nn.Linear(8, 8), "conv": nn.Conv1d(32, 8, 48), "bag": nn.EmbeddingBag(100, 32),
        "lstm": nn.LSTM(8, 16, proj_size=4), "mha": nn.MultiheadAttention(32, 4, kdim=16),
        "prelu": nn.PReLU(8),
    }
)  # fmt: skip


def shapes_of(state):
    return {name: tuple(value.shape) for name, value in state.items()}


def test_operators_are_the_weights_of_linear_maps():
    found = catalogue(shapes_of(MODULES.state_dict()), "")
    assert {layer.parameter.partition(".")[0] for layer in found.layers} == {
        "linear", "conv", "bag", "lstm", "mha"
    }  # fmt: skip
    reasons = {entry.parameter: entry.reason for entry in found.skipped}
    for name in ("over_length", "over_image"):
        assert "a bias of the same shape" in reasons[f"{name}.weight"]
    for name in ("norm", "ln_f"):
        assert "a norm by its name" in reasons[f"{name}.weight"]
    assert "bilinear" in reasons["bilinear.weight"]


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("queue", (64, 512)), ("encoder.queue_k", (64, 512)), ("quantize.embed_avg", (64, 128)),
        ("layers.0.mixer.A_log", (64, 16)), ("mamba.D", (2, 64)), ("whiten.cov", (64, 64)),
        ("rel.relative_attention_bias.weight", (32, 12)), ("attn.bias", (64, 64)),
        ("encoder.pe", (100, 32)), ("rotary.cos_cached", (64, 32)), ("rotary.sin", (64, 32)),
        ("freqs_cis", (64, 32)), ("blur.filt", (3, 3)), ("attn.causal_mask", (64, 64)),
        ("vq._ema_w", (512, 64)), ("fc.weight_integer", (64, 64)), ("anchors", (9, 4)),
        ("train_acc.confmat", (10, 10)), ("encoder.rel_pos_x_bias.weight", (12, 64)),
        ("q.tables2", (16, 16)), ("memory_bank", (99, 64)), ("crf.transitions", (9, 9)),
        ("mel_scale.fb", (99, 80)), ("mel_filters", (80, 99)), ("dct_mat", (40, 40)),
        ("graph.adj", (20, 20)), ("act.histogram", (20, 20)), ("mapping.w_avg", (18, 64)),
        ("rnn.h0", (2, 64)), ("blocks.0.att.time_faaaa", (4, 16)), ("teacher_center", (3, 65)),
        ("blk.0.ssm_a", (64, 16)),
    ],
)  # fmt: skip
def test_tables_and_buffers(name, shape):
    assert "table" in why_no_operator(name, {name: shape})


@pytest.mark.parametrize(
    "name",
    [
        "quantize._codebook.embed", "quantize.embedding.weight", "_vq_vae._embedding.weight",
        "quantizer.quantizers.0.codebook.weight", "quantizer.layers.3.codebook.embed",
    ],
)  # fmt: skip
def test_codebooks(name):
    assert "codebook" in why_no_operator(name, {name: (512, 64)})


@pytest.mark.parametrize(
    "name",
    [
        "text_projection", "visual.proj", "quantizer.weight_proj.weight", "token_embed.weight",
        "bias_net.weight", "positional_embedding", "experts.down_proj", "norm1.linear.weight",
        "sinusoid.weight", "prototypes.weight", "vqvae.encoder.layers.embedding.weight",
    ],
)  # fmt: skip
def test_names_that_only_look_like_those(name):
    shape = (4, 8, 16) if "experts" in name else (16, 8)
    assert why_no_operator(name, {name: shape}) == ""


def test_kernels_that_are_mixed_for_each_input():
    with torch.device("meta"):
        model = timm.create_model("tf_efficientnet_cc_b0_4e")
    shapes = shapes_of(model.state_dict())
    found = catalogue(shapes, "classifier")
    mixed = [e.parameter for e in found.skipped if "every input mixes" in e.reason]
    kernels = [
        f"{name}.weight"
        for name, module in model.named_modules()
        if type(module).__name__ == "CondConv2d"
    ]
    assert mixed == kernels
    assert len(kernels) > 5


def test_a_weight_per_head_is_no_convolution():
    shapes = {"mamba.x_proj_weight": (2, 36, 64), "attn.in_proj_weight": (96, 32)}
    assert "3 dimensions" in why_no_operator("mamba.x_proj_weight", shapes)
    assert why_no_operator("attn.in_proj_weight", shapes) == ""
