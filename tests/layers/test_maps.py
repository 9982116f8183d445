"""The matrices of the catalogue against the linear maps that modules apply, run on a basis."""

import numpy as np
import pytest
import torch
from torch import nn

from weightscape.checkpoints.groups import find_groups
from weightscape.layers.catalogue import catalogue, matrix


def matrices(module, config=None):
    """Return the layer matrices of a module by name, in float64."""
    state = module.state_dict()
    shapes = {name: tuple(value.shape) for name, value in state.items()}
    layers = catalogue(shapes, "", find_groups(module), config).layers
    return {e.layer: torch.from_numpy(matrix(state[e.parameter].numpy(), e)) for e in layers}


def in_double(module):
    torch.manual_seed(0)
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module.double().eval().requires_grad_(False)


def map_of(module, inputs):
    """Return outputs by inputs of an affine module, from what it makes of a basis and of 0."""
    return (module(torch.eye(inputs).double()) - module(torch.zeros(1, inputs).double())).T


@pytest.mark.parametrize("shape", [(5, 3), (4, 4)])
def test_a_linear_layer_is_its_map(shape):
    linear = in_double(nn.Linear(*shape))
    torch.testing.assert_close(matrices(linear)["weight"][0], map_of(linear, shape[0]))


@pytest.mark.parametrize("sides", [(3, 7), (6, 4)])
def test_a_conv1d_of_gpt2_is_its_map_where_its_bias_shows_its_outputs(sides):
    conv1d = pytest.importorskip("transformers").pytorch_utils.Conv1D
    layer = in_double(conv1d(sides[1], sides[0]))
    torch.testing.assert_close(matrices(layer)["weight"][0], map_of(layer, sides[0]))


@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv1d(4, 6, 3), nn.Conv2d(4, 6, (2, 3)), nn.Conv3d(2, 3, 2),
        nn.Conv1d(6, 4, 2, groups=2), nn.Conv2d(8, 6, 3, groups=2),
        nn.ConvTranspose1d(4, 6, 3), nn.ConvTranspose2d(4, 6, (2, 3)), nn.ConvTranspose2d(5, 1, 2),
    ],
    ids=str,
)  # fmt: skip
def test_the_slices_of_a_convolution_are_its_maps_by_kernel_position_and_group(conv):
    conv = in_double(conv)
    kernel, dims = conv.kernel_size, len(conv.kernel_size)
    positions, groups = int(np.prod(kernel)), conv.groups
    outputs, inputs = conv.out_channels, conv.in_channels
    if "Transpose" in type(conv).__name__:
        # One pixel of one channel gives an output at every kernel position.
        pixels = torch.eye(inputs).double().view(inputs, inputs, *[1] * dims)
        made = (conv(pixels) - conv(torch.zeros_like(pixels))).view(inputs, outputs, positions)
    else:
        # A patch of the kernel's size, with one pixel of one channel, gives one output.
        pixels = torch.eye(inputs * positions).double().view(-1, inputs, *kernel)
        made = (conv(pixels) - conv(torch.zeros_like(pixels))).view(inputs, positions, outputs)
        made = made.transpose(1, 2)
    blocks = [
        made[i * inputs // groups :, i * outputs // groups :][
            : inputs // groups, : outputs // groups
        ]
        for i in range(groups)
    ]
    expected = torch.cat([block.permute(2, 1, 0) for block in blocks])
    torch.testing.assert_close(matrices(conv)["weight"], expected)


def test_an_embedding_is_the_rows_that_it_gives():
    embedding = in_double(nn.Embedding(7, 3))
    (found,) = matrices(nn.ModuleDict({"embed": embedding})).values()
    torch.testing.assert_close(found[0], embedding(torch.arange(7)))


@pytest.mark.parametrize("sizes", [{}, {"kdim": 6, "vdim": 4}])
def test_the_packed_projections_of_torch_are_those_of_its_attention(sizes):
    attention = in_double(nn.MultiheadAttention(8, 1, batch_first=True, bias=False, **sizes))
    found = {
        name[-1] if "in_proj" in name else name[0]: e[0] for name, e in matrices(attention).items()
    }
    keys, values = torch.randn(2, 1, 5, sizes.get("kdim", 8)).double()
    values = values[..., : sizes.get("vdim", 8)]
    query = torch.randn(1, 3, 8).double()
    scores = (query @ found["q"].T) @ (keys @ found["k"].T).transpose(1, 2) / 8**0.5
    expected = scores.softmax(-1) @ values @ found["v"].T @ found["o"].T
    torch.testing.assert_close(attention(query, keys, values)[0], expected)


def test_the_gates_of_an_lstm_are_those_that_it_applies():
    lstm = in_double(nn.LSTM(3, 5, bias=False, proj_size=2))
    found = {name.removeprefix("weight_"): e[0] for name, e in matrices(lstm).items()}
    x, h, c = torch.randn(1, 3).double(), torch.randn(1, 2).double(), torch.randn(1, 5).double()
    i, f, g, o = (x @ found[f"ih_l0.{n}"].T + h @ found[f"hh_l0.{n}"].T for n in "ifgo")
    cell = f.sigmoid() * c + i.sigmoid() * g.tanh()
    expected = (o.sigmoid() * cell.tanh()) @ found["hr_l0"].T
    torch.testing.assert_close(lstm(x, (h, c))[0], expected)


@pytest.mark.parametrize("is_cell", [False, True])
def test_the_gates_of_a_gru_are_those_that_it_applies(is_cell):
    gru = in_double(nn.GRUCell(3, 5, bias=False) if is_cell else nn.GRU(3, 5, bias=False))
    found = {name.replace("_l0", "")[-4:]: e[0] for name, e in matrices(gru).items()}
    x, h = torch.randn(1, 3).double(), torch.randn(1, 5).double()
    r, z = ((x @ found[f"ih.{n}"].T + h @ found[f"hh.{n}"].T).sigmoid() for n in "rz")
    n = (x @ found["ih.n"].T + r * (h @ found["hh.n"].T)).tanh()
    torch.testing.assert_close(gru(x, h) if is_cell else gru(x, h)[0], (1 - z) * n + z * h)


def test_a_plain_recurrent_layer_has_no_gates():
    assert set(matrices(nn.RNN(3, 5))) == {"weight_ih_l0", "weight_hh_l0"}


SIZES = {"hidden_size": 6, "intermediate_size": 10, "num_hidden_layers": 1,
         "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 4, "vocab_size": 8,
         "num_local_experts": 3, "num_experts_per_tok": 1, "pad_token_id": 0}  # fmt: skip


def first_layer(kind, **sizes):
    transformers = pytest.importorskip("transformers")
    config = getattr(transformers, f"{kind}Config")(**SIZES | sizes)
    config._experts_implementation = "eager"
    network = getattr(transformers, f"{kind}Model")(config)
    return in_double(network).layers[0], config.to_dict()


@pytest.mark.parametrize("kind", ["Phi3", "Glm"])
def test_a_gate_and_what_it_multiplies_are_apart_as_an_mlp_applies_them(kind):
    mlp = first_layer(kind)[0].mlp
    found = {name: e[0] for name, e in matrices(nn.ModuleDict({"mlp": mlp})).items()}
    x = torch.randn(4, 6).double()
    gate, up = (x @ found[f"mlp.gate_up_proj.{n}"].T for n in ("gate", "up"))
    torch.testing.assert_close(mlp(x), (up * nn.functional.silu(gate)) @ found["mlp.down_proj"].T)


def gpt_oss(gate, up):
    return (up + 1) * gate * torch.sigmoid(1.702 * gate)


def swiglu(gate, up):
    return nn.functional.silu(gate) * up


@pytest.mark.parametrize(
    ("kind", "sizes", "combine"),
    [
        ("Mixtral", {}, swiglu),  # outputs by inputs
        ("Mixtral", {"intermediate_size": 3}, swiglu),  # as many rows as columns
        ("GraniteMoe", {}, swiglu),
        ("Llama4Text", {"intermediate_size_mlp": 10, "moe_layers": [0], "no_rope_layers": [1]},
         swiglu),  # inputs by outputs
        ("GptOss", {"layer_types": ["full_attention"]}, gpt_oss),  # … and one by one
        ("GptOss", {"layer_types": ["full_attention"], "intermediate_size": 6}, gpt_oss),
    ],
)  # fmt: skip
def test_the_experts_of_a_stack_are_those_that_it_applies(kind, sizes, combine):
    layer, config = first_layer(kind, **sizes)
    experts = next(m for n, m in layer.named_modules() if n.endswith("experts"))
    with torch.no_grad():
        for name, parameter in experts.named_parameters():
            parameter.mul_(0 if "bias" in name else 0.1)
    found = {n: e[0] for n, e in matrices(nn.ModuleDict({"experts": experts}), config).items()}
    x = torch.randn(5, 6).double()
    for index in range(3):
        gate, up = (x @ found[f"experts.gate_up_proj.{index}.{n}"].T for n in ("gate", "up"))
        expected = combine(gate, up) @ found[f"experts.down_proj.{index}"].T
        if kind == "Llama4Text":
            made = experts(x.repeat(3, 1)).view(3, 5, 6)[index]
        else:
            made = experts(x, torch.full((5, 1), index), torch.ones(5, 1).double())
        torch.testing.assert_close(made, expected)


def test_experts_with_biases_are_whole_where_no_configuration_says_how_gates_lie():
    layer, _ = first_layer("GptOss", layer_types=["full_attention"])
    found = matrices(layer)
    assert {tuple(e.shape) for n, e in found.items() if "gate_up" in n} == {(1, 20, 6)}
    assert sum("gate_up" in name for name in found) == 3
