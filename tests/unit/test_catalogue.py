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

from weightscape.layers.catalogue import catalogue, matrix

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
    return model, classifier, catalogue(shapes_of(model), classifier)


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
    assert catalogue(dict(names), classifier) == layers


def test_resnet_roles():
    model, classifier = network("resnet10t")
    assert roles(catalogue(shapes_of(model), classifier)) == [
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
    layers = catalogue(shapes_of(model), classifier)
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
    stem, embedding, *body, last = catalogue(shapes_of(model), classifier)
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
    layers = {e.layer: e for e in catalogue(shapes_of(model), classifier)}
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
    layers = catalogue(shapes_of(model), classifier)
    assert roles(layers[:3]) == [(f"stem.conv{i}.conv", "stem", 0) for i in (1, 2, 3)]
    assert roles(layers[-5:]) == [
        ("head.pos_embed", "embedding", 17), ("head.q", "q", 17), ("head.k", "k", 17),
        ("head.v", "v", 17), ("head.proj", "classifier", 17),
    ]  # fmt: skip
    assert sum(entry.role == "downsample" for entry in layers) == 4


def test_what_is_not_a_matrix_has_no_entry():
    shapes = {
        "norm.weight": (8,), "norm.bias": (8,), "norm.running_mean": (8,), "fc.bias": (3,),
        "norm.num_batches_tracked": (), "cls_token": (1, 1, 8), "scale.weight": (8, 1, 1),
        "attn.relative_position_index": (49, 49), "attn.relative_position_bias_table": (169, 3),
        "empty.weight": (0, 8), "fc.weight": (3, 8),
    }  # fmt: skip
    assert [entry.layer for entry in catalogue(shapes, "fc")] == ["fc"]
    assert catalogue(shapes, "")[0].role == "other"


@pytest.mark.parametrize("name", ["wte", "word_embeddings", "tok_embed", "embed_tokens"])
def test_token_tables_are_embeddings(name):
    (entry,) = catalogue({f"model.{name}.weight": (100, 16)}, "head")
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
    (entry,) = catalogue({"fc.weight": shape}, "fc")
    parameter = np.arange(prod(shape), dtype=np.float64).reshape(shape)
    values = matrix(parameter, entry)
    assert entry.layer_type == kind
    assert (entry.slices, entry.rows, entry.cols) == values.shape == expected
    assert values.dtype == np.float32
    flat = parameter.reshape(*shape[:2], -1)
    if shape[1] == 1:
        np.testing.assert_array_equal(values[0], flat[:, 0])
    else:
        for index, piece in enumerate(values):
            np.testing.assert_array_equal(piece, flat[:, :, index])


@pytest.mark.parametrize("parameter", ["attn.qkv.weight", "attn.in_proj_weight"])
def test_matrix_of_a_fused_projection_is_a_third(parameter):
    values = np.arange(36, dtype=np.float32).reshape(9, 4)
    parts = catalogue({parameter: (9, 4)}, "")
    assert [part.role for part in parts] == ["q", "k", "v"]
    np.testing.assert_array_equal(np.concatenate([matrix(values, p)[0] for p in parts]), values)


def test_fused_rows_that_are_no_thirds_stay_whole():
    (entry,) = catalogue({"attn.qkv.weight": (8, 4)}, "")
    assert (entry.layer, entry.rows) == ("attn.qkv", 8)


def test_matrix_of_a_position_table_drops_the_leading_one():
    (entry,) = catalogue({"pos_embed": (1, 5, 4)}, "")
    values = np.arange(20, dtype=np.float32).reshape(1, 5, 4)
    np.testing.assert_array_equal(matrix(values, entry), values)
