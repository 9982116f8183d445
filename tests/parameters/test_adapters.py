"""Adapters, against the change that PEFT 0.20, diffusers 0.42 and LyCORIS make of their factors."""

import pytest
import torch
from torch.nn import functional

from tests.helpers.state_dicts import checkpoint_of, resolved, same
from weightscape.checkpoints.safetensors_file import ADAPTERS
from weightscape.parameters.resolve import resolve

CONFIG = {"peft_type": "LORA", "r": 4, "lora_alpha": 16}
PEFT = "base_model.model."


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def lora(module, a="lora_A.weight", b="lora_B.weight", rank=4, outputs=10, inputs=8):
    return {f"{module}.{a}": torch.randn(rank, inputs), f"{module}.{b}": torch.randn(outputs, rank)}


def product(state):
    down, up = state.values()
    return up @ down


@pytest.mark.parametrize(
    ("names", "prefix"),
    [
        (("lora_A.weight", "lora_B.weight"), PEFT),
        (("lora_A.default.weight", "lora_B.default.weight"), PEFT),
        (("lora_A.weight", "lora_B.weight"), f"model.{PEFT}"),
        (("lora_A.weight", "lora_B.weight"), ""),
        (("lora_A", "lora_B"), ""),
    ],
)
def test_the_change_of_a_weight(names, prefix):
    state = lora(f"{prefix}model.layers.0.self_attn.q_proj", *names)
    found = resolved(state, config=CONFIG)
    (name,) = found.parameters
    assert name == "model.layers.0.self_attn.q_proj.weight"
    assert found.changes == {name}
    same(found.parameters[name], 4 * product(state), rtol=1e-5)
    assert set(found.skipped.values()) == {f"a factor of {name}"}


@pytest.mark.parametrize(
    ("config", "scale"),
    [
        ({"use_rslora": True}, 8),
        ({"lora_alpha": 3.5}, 0.875),
        ({"alpha_pattern": {"q_proj": 1}}, 0.25),
        ({"alpha_pattern": {"k_proj": 1, r"layers\.\d+\.q_proj": 2}}, 0.5),
        ({"rank_pattern": {"q_proj": 4}, "r": 64}, 4),
    ],
)
def test_the_scale_that_a_config_says(config, scale):
    state = lora(f"{PEFT}layers.0.q_proj")
    found = resolved(state, config=CONFIG | config)
    same(found.parameters["layers.0.q_proj.weight"], scale * product(state), rtol=1e-5)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({}, "put adapter_config.json beside the file"),
        ({"lora_alpha": "16"}, "does not give its scale: alpha is '16'"),
        ({"lora_alpha": 16, "target_parameters": ["mlp.experts.q"]}, ""),
        ({"lora_alpha": 16, "target_parameters": ["layers.0.q_proj.w"]}, "several experts in one"),
    ],
)
def test_a_scale_that_is_not_known_is_not_guessed(config, reason):
    found = resolved(lora(f"{PEFT}layers.0.q_proj"), config=config)
    assert reason in found.skipped.get("layers.0.q_proj.weight", "")
    assert ("layers.0.q_proj.weight" in found.parameters) == (not reason)


def test_a_weight_of_inputs_by_outputs_changes_so():
    state = lora(f"{PEFT}h.0.attn.c_attn", outputs=24)
    found = resolved(state, config=CONFIG | {"fan_in_fan_out": True})
    same(found.parameters["h.0.attn.c_attn.weight"], 4 * product(state).T, rtol=1e-5)


def test_an_embedding():
    state = lora(f"{PEFT}wte", "lora_embedding_A", "lora_embedding_B", outputs=8, inputs=50)
    found = resolved(state, config=CONFIG)
    same(found.parameters["wte.weight"], 4 * product(state).T, rtol=1e-5)


@pytest.mark.parametrize("kernel", [1, 3])
def test_a_convolution_is_both_one_after_the_other(kernel):
    down, up = torch.randn(4, 6, kernel, kernel), torch.randn(10, 4, 1, 1)
    state = {f"{PEFT}conv.lora_A.weight": down, f"{PEFT}conv.lora_B.weight": up}
    weight = resolved(state, config=CONFIG).parameters["conv.weight"]
    image = torch.randn(2, 6, 7, 7)
    expected = functional.conv2d(functional.conv2d(image, down), up)
    found = functional.conv2d(image.double(), torch.from_numpy(weight.read()))
    torch.testing.assert_close(found, 4 * expected.double(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("unet.down.to_q", ("lora.down.weight", "lora.up.weight")),
        ("text_encoder.q_proj", ("lora_linear_layer.down.weight", "lora_linear_layer.up.weight")),
        ("transformer.blocks.0.to_q", ("lora_A.weight", "lora_B.weight")),
        ("lora_unet_down_blocks_0_to_q", ("lora_down.weight", "lora_up.weight")),
    ],
)
@pytest.mark.parametrize("alpha", [None, 2.0])
def test_diffusers_and_kohya(module, names, alpha):
    state = lora(module, *names)
    expected = product(state) * (1 if alpha is None else alpha / 4)
    if alpha is not None:
        state[f"{module}.alpha"] = torch.tensor(alpha)
    found = resolved(state)
    same(found.parameters[f"{module}.weight"], expected, rtol=1e-5)
    assert len(found.skipped) == len(state)


def test_processors_of_attention():
    state = lora("mid.attn1.processor", "to_q_lora.down.weight", "to_q_lora.up.weight")
    same(resolved(state).parameters["mid.attn1.to_q.weight"], product(state), rtol=1e-5)


def test_processors_of_several_streams():
    state = {}
    for stream in ("qkv_lora1", "qkv_lora2"):
        state |= lora(f"blocks.0.processor.{stream}", "down.weight", "up.weight")
    found = resolved(state)
    assert found.parameters.keys() == {
        "blocks.0.processor.qkv_lora1.weight", "blocks.0.processor.qkv_lora2.weight",
    }  # fmt: skip
    assert found.changes == set(found.parameters)


@pytest.mark.parametrize("part", ["unet", "text_encoder_2"])
def test_the_scale_that_diffusers_keeps_in_the_file(part):
    state = lora(f"{part}.blocks.0.to_q")
    own = {f"{part}.r": 4, f"{part}.lora_alpha": 2, f"{part}.alpha_pattern": {"to_k": 1}}
    config = {ADAPTERS: own | {"transformer.lora_alpha": 9}}
    found = resolved(state, config=config)
    same(found.parameters[f"{part}.blocks.0.to_q.weight"], product(state) / 2, rtol=1e-5)


def test_a_whole_change():
    change = torch.randn(10, 8)
    found = resolved({"lora_unet_q.diff": change, "lora_unet_q.diff_b": torch.randn(10)})
    same(found.parameters["lora_unet_q.weight"], change)
    assert found.changes == {"lora_unet_q.weight"}


def test_loha():
    parts = {"w1_a": (10, 4), "w1_b": (4, 8), "w2_a": (10, 4), "w2_b": (4, 8)}
    state = {f"lora_unet_q.hada_{name}": torch.randn(shape) for name, shape in parts.items()}
    one, two, three, four = state.values()
    found = resolved(state | {"lora_unet_q.alpha": torch.tensor(2)})
    same(found.parameters["lora_unet_q.weight"], (one @ two) * (three @ four) / 2, rtol=1e-5)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("kernel", [(), (3, 3)])
def test_lokr(whole, kernel):
    one, other = torch.randn(2, 4), torch.randn(5, 6, *kernel)
    state = {"lora_unet_q.lokr_w1": one, "lora_unet_q.lokr_w2": other}
    scale = 1.0
    if not whole:
        a, b = torch.randn(2, 3), torch.randn(3, 4)
        state = {f"lora_unet_q.lokr_w1_{n}": each for n, each in (("a", a), ("b", b))}
        state["lora_unet_q.lokr_w2"] = other
        one, scale = a @ b, 2 / 3
    found = resolved(state | {"lora_unet_q.alpha": torch.tensor(2.0)})
    expected = torch.kron(one.reshape(2, 4, *(1 for _ in kernel)), other) * scale
    same(found.parameters["lora_unet_q.weight"], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ("lora_magnitude_vector", "DoRA"), ("dora_scale", "DoRA"), ("lora_E", "AdaLoRA"),
        ("lora_mid.weight", "three factors"), ("lora_B.other.weight", "several adapters"),
    ],
)  # fmt: skip
def test_what_is_no_sum_with_the_base_has_a_reason(extra, reason):
    state = lora(f"{PEFT}q_proj") | {f"{PEFT}q_proj.{extra}": torch.randn(10, 4)}
    found = resolved(state, config=CONFIG)
    assert not found.parameters
    assert reason in found.skipped["q_proj.weight"]


def test_factors_that_do_not_fit_have_a_reason():
    state = lora(f"{PEFT}q_proj")
    one, two = state
    for wrong in ({one: state[one]}, {one: state[one], two: torch.randn(10, 5)}):
        found = resolved(wrong, config=CONFIG)
        assert "not all there or do not fit" in found.skipped["q_proj.weight"]


@pytest.mark.parametrize("name", ["q_proj.ia3_l", "q_proj.oft_r", "prompt_embeddings"])
def test_other_kinds_of_adapters(name):
    found = resolved({f"{PEFT}{name}": torch.randn(10, 4)}, config={"peft_type": "X"})
    assert not found.parameters
    reasons = " ".join(found.skipped.values())
    assert "merge it into its base" in reasons or "an input and no weight" in reasons


def test_the_network_with_its_adapter_is_their_sum():
    base, head, old = torch.randn(10, 8), torch.randn(3, 10), torch.zeros(3, 10)
    factors = lora(f"{PEFT}q_proj", "lora_A.default.weight", "lora_B.default.weight")
    state = {
        f"{PEFT}q_proj.base_layer.weight": base,
        **factors,
        f"{PEFT}score.original_module.weight": old,
        f"{PEFT}score.modules_to_save.default.weight": head,
    }
    found = resolved(state, config=CONFIG)
    assert found.parameters.keys() == {"q_proj.weight", "score.weight"}
    assert not found.changes
    same(found.parameters["q_proj.weight"], base + 4 * product(factors), rtol=1e-4, atol=1e-5)
    same(found.parameters["score.weight"], head)
    assert "put adapter_config.json" in resolved(state).skipped["q_proj.weight"]


def test_a_whole_weight_beside_changes_is_none():
    state = lora(f"{PEFT}q_proj") | {f"{PEFT}score.weight": torch.randn(3, 10)}
    found = resolved(state, config=CONFIG)
    assert found.parameters.keys() == {"q_proj.weight", "score.weight"}
    assert found.changes == {"q_proj.weight"}


def test_what_is_computed_is_read_when_it_is_asked_for():
    def never():
        raise AssertionError

    checkpoint = checkpoint_of(lora(f"{PEFT}q_proj"), config=CONFIG)
    parameters = {n: tensor._replace(read=never) for n, tensor in checkpoint.parameters.items()}
    object.__setattr__(checkpoint, "parameters", parameters)
    assert resolve(checkpoint).parameters["q_proj.weight"].shape == (10, 8)


def test_experts_that_are_changed_twice():
    module = f"{PEFT}layers.0.mlp.experts"
    state = lora(module) | lora(f"{module}.base_layer")
    targets = {"target_parameters": ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]}
    found = resolved(state, config=CONFIG | targets)
    assert not found.parameters
    whole = found.skipped["layers.0.mlp.experts.weight"]
    assert whole == found.skipped["layers.0.mlp.experts.base_layer.weight"]
    assert "several experts in one" in whole


def test_a_kept_module_without_the_name_of_its_adapter():
    head = torch.randn(3, 10)
    state = lora(f"{PEFT}q_proj") | {f"{PEFT}score.modules_to_save.weight": head}
    same(resolved(state, config=CONFIG).parameters["score.weight"], head)


def test_the_factors_that_vera_draws_are_no_weights():
    state = {"base_model.vera_A": torch.ones(4, 8), "base_model.vera_B": torch.ones(10, 4)}
    found = resolved(state, config={"peft_type": "VERA"})
    assert not found.parameters
    assert all("is drawn" in reason for reason in found.skipped.values())


@pytest.mark.parametrize(
    "name",
    ["prompt_encoder.embed.weight", "a.original_module.weight", "a.diff.weight", "a.diff"],
)
def test_names_that_networks_without_adapters_use_too(name):
    assert resolved({name: torch.ones(4, 4)}).parameters.keys() == {name}
