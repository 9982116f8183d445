"""The layer matrices of real networks, from their names and shapes alone."""

import random
from collections import Counter
from math import prod

import numpy as np
import pytest
import timm
import torch
import torchvision
from torch import nn

from weightscape.checkpoints.groups import find_groups
from weightscape.layers.catalogue import catalogue, matrix
from weightscape.layers.names import infer_classifier

TIMM = ("resnet10t", "resnet18", "resnet50", "vit_tiny_patch16_224", "convnext_atto",
        "resnet50_clip", "swin_tiny_patch4_window7_224", "efficientnet_b0")  # fmt: skip
TORCHVISION = {"vit_b_16": "heads.head", "resnet18": "fc", "mobilenet_v2": "classifier.1"}


def network(name):
    """Return a network without memory for its weights, and the name of its classifier."""
    with torch.device("meta"):
        if name.startswith("torchvision/"):
            name = name.removeprefix("torchvision/")
            return torchvision.models.get_model(name), TORCHVISION[name]
        model = timm.create_model(name)
        return model, model.pretrained_cfg["classifier"]


def shapes_of(model):
    return {name: tuple(value.shape) for name, value in model.state_dict().items()}


def roles(layers):
    return [(entry.layer, entry.role, entry.block) for entry in layers]


@pytest.fixture(scope="module", params=[*TIMM, *(f"torchvision/{name}" for name in TORCHVISION)])
def real(request):
    model, classifier = network(request.param)
    return model, classifier, catalogue(shapes_of(model), classifier).layers


def test_every_operator_is_covered_once(real):
    model, _, layers = real
    operators = {
        f"{name}.weight": module.weight
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | nn.modules.conv._ConvNd)
    }
    operators |= {name: value for name, value in model.named_parameters() if "in_proj_w" in name}
    entries = Counter()
    for entry in layers:
        if entry.role != "embedding":
            entries[entry.parameter] += entry.slices * entry.rows * entry.cols
    assert entries == {name: value.numel() for name, value in operators.items()}


def test_parts_of_a_parameter_do_not_overlap(real):
    *_, layers = real
    rows = Counter()
    for entry in layers:
        assert entry.stop - entry.start == entry.rows
        rows.update((entry.parameter, row) for row in range(entry.start, entry.stop))
    assert max(rows.values()) == 1
    assert len({entry.layer for entry in layers}) == len(layers)


def test_the_classifier_is_one_layer_and_last(real):
    _, classifier, layers = real
    (head,) = (entry for entry in layers if entry.role == "classifier")
    assert head is layers[-1]
    assert head.layer == classifier
    assert head.block == max(entry.block for entry in layers)


def test_blocks_are_numbered_without_gaps_in_the_order_of_the_network(real):
    model, _, layers = real
    numbers = sorted({entry.block for entry in layers})
    assert numbers == list(range(len(numbers)))
    place = {name: index for index, name in enumerate(shapes_of(model))}
    middle = [entry for entry in layers if 0 < entry.block < numbers[-1]]
    first = [min(place[e.parameter] for e in middle if e.block == b) for b in numbers[1:-1]]
    assert first == sorted(first)


def test_order_of_the_parameters_does_not_matter(real):
    model, classifier, layers = real
    names = list(shapes_of(model).items())
    random.Random(0).shuffle(names)
    assert catalogue(dict(names), classifier).layers == layers


def test_resnet_roles():
    model, classifier = network("resnet10t")
    assert roles(catalogue(shapes_of(model), classifier).layers) == [
        ("conv1.0", "stem", 0), ("conv1.3", "stem", 0), ("conv1.6", "stem", 0),
        ("layer1.0.conv1", "conv", 1), ("layer1.0.conv2", "conv", 1),
        ("layer2.0.conv1", "conv", 2), ("layer2.0.conv2", "conv", 2),
        ("layer2.0.downsample.1", "downsample", 2),
        ("layer3.0.conv1", "conv", 3), ("layer3.0.conv2", "conv", 3),
        ("layer3.0.downsample.1", "downsample", 3),
        ("layer4.0.conv1", "conv", 4), ("layer4.0.conv2", "conv", 4),
        ("layer4.0.downsample.1", "downsample", 4),
        ("fc", "classifier", 5),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["resnet18", "torchvision/resnet18", "resnet50"])
def test_resnet_layers_keep_their_order(name):
    model, classifier = network(name)
    layers = catalogue(shapes_of(model), classifier).layers
    matrices = [key for key, shape in shapes_of(model).items() if len(shape) > 1]
    assert [entry.parameter for entry in layers] == matrices
    assert Counter(entry.role for entry in layers) == (
        {"stem": 1, "conv": 48, "downsample": 4, "classifier": 1}
        if name == "resnet50"
        else {"stem": 1, "conv": 16, "downsample": 3, "classifier": 1}
    )
    assert layers[-1].block == (17 if name == "resnet50" else 9)


@pytest.mark.parametrize(
    ("name", "block", "head", "positions"),
    [
        ("vit_tiny_patch16_224",
         ["attn.qkv.q", "attn.qkv.k", "attn.qkv.v", "attn.proj", "mlp.fc1", "mlp.fc2"],
         "head", ("pos_embed", 192)),
        ("torchvision/vit_b_16",
         ["self_attention.in_proj.q", "self_attention.in_proj.k", "self_attention.in_proj.v",
          "self_attention.out_proj", "mlp.0", "mlp.3"],
         "heads.head", ("encoder.pos_embedding", 768)),
    ],
)  # fmt: skip
def test_transformer_roles(name, block, head, positions):
    model, classifier = network(name)
    stem, embedding, *body, last = catalogue(shapes_of(model), classifier).layers
    width = positions[1]
    assert (stem.role, stem.slices, stem.rows, stem.cols) == ("stem", 256, width, 3)
    assert (embedding.layer, embedding.role, embedding.layer_type) == (
        positions[0], "embedding", "Embedding")  # fmt: skip
    assert (embedding.slices, embedding.rows, embedding.cols) == (1, 197, width)
    expected = ["q", "k", "v", "attn_out", "mlp_in", "mlp_out"]
    assert [entry.role for entry in body] == expected * 12
    assert [entry.block for entry in body] == [depth for depth in range(1, 13) for _ in expected]
    assert all(
        entry.layer.endswith(f".{part}") for entry, part in zip(body, block * 12, strict=True)
    )
    assert [(e.start, e.stop) for e in body[:3]] == [
        (0, width), (width, 2 * width), (2 * width, 3 * width)]  # fmt: skip
    assert (last.layer, last.block) == (head, 13)


def test_convnext_roles():
    model, classifier = network("convnext_atto")
    layers = {e.layer: e for e in catalogue(shapes_of(model), classifier).layers}
    depthwise = layers["stages.0.blocks.0.conv_dw"]
    assert (depthwise.role, depthwise.slices, depthwise.rows, depthwise.cols) == (
        "conv", 1, 40, 49)  # fmt: skip
    assert layers["stages.0.blocks.0.mlp.fc1"].role == "mlp_in"
    assert layers["stages.0.blocks.0.mlp.fc2"].role == "mlp_out"
    assert layers["stages.0.blocks.0.mlp.fc2"].layer_type == "Conv2d"
    between = layers["stages.1.downsample.1"]
    assert (between.role, between.block, between.slices) == ("downsample", 2, 4)
    assert [layers[f"stages.{i}.blocks.0.conv_dw"].block for i in range(4)] == [1, 3, 5, 11]


def test_clip_resnet_roles():
    model, classifier = network("resnet50_clip")
    layers = catalogue(shapes_of(model), classifier).layers
    assert roles(layers[:3]) == [(f"stem.conv{i}.conv", "stem", 0) for i in (1, 2, 3)]
    assert roles(layers[-5:]) == [
        ("head.pos_embed", "embedding", 17), ("head.q", "q", 17), ("head.k", "k", 17),
        ("head.v", "v", 17), ("head.proj", "classifier", 17),
    ]  # fmt: skip
    assert sum(entry.role == "downsample" for entry in layers) == 4


def test_every_parameter_is_a_layer_or_has_a_reason(real):
    model, classifier, layers = real
    skipped = catalogue(shapes_of(model), classifier).skipped
    held = {entry.parameter for entry in layers}
    assert held | {entry.parameter for entry in skipped} == set(model.state_dict())
    assert not held & {entry.parameter for entry in skipped}


def test_the_classifier_is_found_by_its_name(real):
    model, classifier, _ = real
    names = [name.removesuffix(".weight") for name, v in model.state_dict().items() if v.ndim > 1]
    random.Random(0).shuffle(names)
    assert infer_classifier(names) == classifier


@pytest.mark.parametrize(
    ("names", "classifier"),
    [
        (["features.0", "classifier.0", "classifier.3", "classifier.6"], "classifier.6"),
        (["model.layers.0.mlp.up_proj", "lm_head"], "lm_head"),
        (["encoder.blocks.0.mlp.fc1", "encoder.fc"], "encoder.fc"),
        (["encoder.fc"], ""),
        (["layers.0.fc", "layers.0.x"], ""),
        (["blocks.0.attn.qkv"], ""),
        (["0", "2"], ""),
    ],
)
def test_a_classifier_is_not_guessed(names, classifier):
    assert infer_classifier(names) == classifier


@pytest.mark.parametrize(
    ("parameter", "shape", "reason"),
    [
        ("norm.weight", (8,), "a vector has no spectrum"),
        ("norm.num_batches_tracked", (), "a scalar has no spectrum"),
        ("cls_token", (1, 1, 8), "a vector has no spectrum"),
        ("scale.weight", (8, 1, 1), "a vector has no spectrum"),
        ("attn.relative_position_index", (49, 49), "a table or a buffer"),
        ("attn.relative_position_bias_table", (169, 3), "a table or a buffer"),
        ("register_tokens", (1, 4, 8), "a table or a buffer"),
        ("empty.weight", (0, 8), "it is empty"),
        ("kernel", (8, 8, 3, 3), "4 dimensions under this name"),
        ("x.weight", (2, 2, 2, 2, 2, 2), "6 dimensions"),
    ],
)
def test_what_is_not_a_matrix_has_a_reason(parameter, shape, reason):
    layers, skipped = catalogue({parameter: shape, "fc.weight": (3, 8)}, "fc")
    assert [entry.layer for entry in layers] == ["fc"]
    (entry,) = skipped
    assert entry.parameter == parameter
    assert reason in entry.reason


def modules():
    return nn.ModuleDict(
        {
            "conv1d": nn.Conv1d(4, 6, 3),
            "conv2d": nn.Conv2d(4, 6, 3),
            "conv3d": nn.Conv3d(4, 6, 3),
            "up": nn.ConvTranspose2d(4, 6, 3),
            "depthwise": nn.Conv2d(8, 8, 3, groups=8),
            "grouped": nn.Conv2d(8, 6, 3, groups=2),
            "attention": nn.MultiheadAttention(8, 2),
            "other_keys": nn.MultiheadAttention(8, 2, kdim=6, vdim=4),
            "words": nn.ModuleDict({"embedding": nn.Embedding(30, 8)}),
            "recurrent": nn.LSTM(8, 5),
        }
    )


def test_layers_of_torch_modules():
    layers = catalogue(shapes_of(modules()), "").layers
    assert {e.layer: (e.layer_type, e.slices, e.rows, e.cols) for e in layers} == {
        "conv1d": ("Conv1d", 3, 6, 4),
        "conv2d": ("Conv2d", 9, 6, 4),
        "conv3d": ("Conv3d", 27, 6, 4),
        "up": ("Conv2d", 9, 6, 4),
        "depthwise": ("Conv2d", 1, 8, 9),
        "grouped": ("Conv2d", 9, 6, 4),
        "attention.in_proj.q": ("Linear", 1, 8, 8),
        "attention.in_proj.k": ("Linear", 1, 8, 8),
        "attention.in_proj.v": ("Linear", 1, 8, 8),
        "attention.out_proj": ("Linear", 1, 8, 8),
        "other_keys.q_proj": ("Linear", 1, 8, 8),
        "other_keys.k_proj": ("Linear", 1, 8, 6),
        "other_keys.v_proj": ("Linear", 1, 8, 4),
        "other_keys.out_proj": ("Linear", 1, 8, 8),
        "words.embedding": ("Embedding", 1, 30, 8),
        **{f"recurrent.weight_ih_l0.{gate}": ("Linear", 1, 5, 8) for gate in "ifgo"},
        **{f"recurrent.weight_hh_l0.{gate}": ("Linear", 1, 5, 5) for gate in "ifgo"},
    }
    assert {e.role for e in layers if e.layer.startswith("conv")} == {"conv"}


@pytest.mark.parametrize("transposed", [False, True])
def test_a_convolution_in_known_groups_is_its_blocks(transposed):
    kind = nn.ConvTranspose2d if transposed else nn.Conv2d
    conv = kind(12, 18, 3, groups=3, bias=False).double()
    parameter = conv.weight.detach().numpy()
    shapes = {"conv.weight": parameter.shape}
    (layer,) = catalogue(shapes, "", find_groups(nn.ModuleDict({"conv": conv}))).layers
    values = matrix(parameter, layer)
    assert (layer.layer_type, layer.role, layer.groups) == ("GroupedConv2d", "conv", 3)
    assert values.shape == ((27, 4, 6) if transposed else (27, 6, 4))
    # The operator of every kernel position, by torch: what becomes of a pixel of one channel.
    if transposed:
        operators = conv(torch.eye(12).double()[:, :, None, None]).flatten(2).permute(2, 1, 0)
    else:
        pixels = torch.eye(12 * 9).double().view(12 * 9, 12, 3, 3)
        operators = conv(pixels).view(12, 9, 18).permute(1, 2, 0)
    expected = np.linalg.svd(operators.detach().numpy(), compute_uv=False)
    found = np.linalg.svd(values, compute_uv=False)
    np.testing.assert_allclose(np.sort(found, axis=None), np.sort(expected, axis=None))


def test_a_depthwise_convolution_is_one_matrix_whether_its_groups_are_known_or_not():
    module = nn.Conv2d(8, 16, 3, groups=8)
    shapes = shapes_of(module)
    assert find_groups(module) == {}
    assert catalogue(shapes, "", {"weight": 8}) == catalogue(shapes, "")


def test_the_slices_of_a_transposed_convolution_have_its_singular_values():
    weight = modules()["up"].weight.detach().double()
    (layer,) = catalogue({"up.weight": tuple(weight.shape)}, "").layers
    found = np.linalg.svd(matrix(weight.numpy(), layer), compute_uv=False)
    turned = weight.transpose(0, 1)  # outputs by inputs, as in a convolution
    (layer,) = catalogue({"up.weight": tuple(turned.shape)}, "").layers
    expected = np.linalg.svd(matrix(turned.numpy(), layer), compute_uv=False)
    np.testing.assert_allclose(found, expected)


def test_a_state_dict_of_one_module():
    layers, skipped = catalogue({"weight": (3, 4), "bias": (3,)}, "")
    assert [(e.layer, e.parameter, e.role) for e in layers] == [("weight", "weight", "other")]
    assert [e.parameter for e in skipped] == ["bias"]


def test_parameters_that_would_share_a_name_keep_theirs():
    layers = catalogue({"a": (5, 4), "a.weight": (3, 4)}, "").layers
    assert {(e.layer, e.parameter) for e in layers} == {("a", "a"), ("a.weight", "a.weight")}


@pytest.mark.parametrize("name", ["wte", "word_embeddings", "tok_embed", "embed_tokens"])
def test_token_tables_are_embeddings(name):
    (entry,) = catalogue({f"model.{name}.weight": (100, 16)}, "head").layers
    assert (entry.role, entry.layer_type, entry.rows, entry.cols) == (
        "embedding", "Embedding", 100, 16)  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "expected", "kind"),
    [
        ((6, 4), (1, 6, 4), "Linear"),
        ((6, 4, 3), (3, 6, 4), "Conv1d"),
        ((6, 4, 3, 2), (6, 6, 4), "Conv2d"),
        ((6, 4, 2, 2, 2), (8, 6, 4), "Conv3d"),
        ((6, 1, 3, 3), (1, 6, 9), "Conv2d"),
        ((1, 4), (1, 1, 4), "Linear"),
    ],
)
def test_matrix_has_a_slice_for_every_kernel_position(shape, expected, kind):
    (entry,) = catalogue({"fc.weight": shape}, "fc").layers
    parameter = np.arange(prod(shape), dtype=np.float64).reshape(shape)
    values = matrix(parameter, entry)
    assert entry.layer_type == kind
    assert (entry.slices, entry.rows, entry.cols) == values.shape == expected
    assert values.dtype == np.float64
    assert values.flags.c_contiguous
    flat = parameter.reshape(*shape[:2], -1)
    if shape[1] == 1:
        np.testing.assert_array_equal(values[0], flat[:, 0])
    else:
        for index, piece in enumerate(values):
            np.testing.assert_array_equal(piece, flat[:, :, index])


@pytest.mark.parametrize(
    ("parameter", "shape", "parts"),
    [
        ("attn.qkv.weight", (9, 3), "qkv"),
        ("attn.qkv.weight", (18, 3), "qkv"),
        ("attn.in_proj_weight", (9, 3), "qkv"),
        ("attn.Wqkv.weight", (9, 3), "qkv"),
        ("attn.kv.weight", (6, 3), "kv"),
    ],
)
def test_a_fused_projection_falls_into_parts_of_its_rows(parameter, shape, parts):
    values = np.arange(prod(shape), dtype=np.float32).reshape(shape)
    layers = catalogue({parameter: shape}, "").layers
    assert "".join(layer.role for layer in layers) == parts
    np.testing.assert_array_equal(np.concatenate([matrix(values, e)[0] for e in layers]), values)


def test_a_projection_of_inputs_by_outputs_falls_into_parts_of_its_columns():
    values = np.arange(27, dtype=np.float32).reshape(3, 9)
    layers = catalogue({"h.0.attn.c_attn.weight": (3, 9)}, "").layers
    assert [layer.layer for layer in layers] == [f"h.0.attn.c_attn.{part}" for part in "qkv"]
    found = np.concatenate([matrix(values, layer)[0] for layer in layers])
    np.testing.assert_array_equal(found, values.T)


@pytest.mark.parametrize(
    ("parameter", "shape"),
    [
        ("attn.qkv.weight", (8, 4)),
        ("attn.qkv_proj.weight", (6, 4)),  # grouped queries: 4 rows for q, 1 for k, 1 for v
        ("mixer.in_proj.weight", (12, 4)),
    ],
)
def test_a_projection_that_does_not_show_where_it_divides_stays_whole(parameter, shape):
    (entry,) = catalogue({parameter: shape}, "").layers
    assert (entry.layer, entry.rows) == (parameter.removesuffix(".weight"), shape[0])


@pytest.mark.parametrize(
    ("parameter", "role"),
    [
        ("model.layers.0.mlp.experts.gate_up_proj", "mlp_in"),
        ("model.layers.0.mlp.experts.down_proj", "mlp_out"),
        ("model.layers.0.block_sparse_moe.input_linear.weight", "mlp_in"),
        ("blk.0.ffn_down_exps.weight", "mlp_out"),
        ("blk.0.attn_k_b.weight", "k"),
    ],
)
def test_stacked_experts_are_a_layer_each(parameter, role):
    values = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    layers = catalogue({parameter: values.shape}, "").layers
    name = parameter.removesuffix(".weight")
    assert [(e.layer, e.layer_type, e.role) for e in layers] == [
        (f"{name}.{index}", "Linear", role) for index in (0, 1)
    ]
    np.testing.assert_array_equal(np.stack([matrix(values, e)[0] for e in layers]), values)


def test_matrix_of_a_position_table_drops_the_leading_one():
    (entry,) = catalogue({"pos_embed": (1, 5, 4)}, "").layers
    values = np.arange(20, dtype=np.float32).reshape(1, 5, 4)
    np.testing.assert_array_equal(matrix(values, entry), values)
