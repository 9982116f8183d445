"""Codes of few bits with their scales, against the product in torch."""

import numpy as np
import pytest
import torch
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

from tests.helpers.state_dicts import resolved, same
from weightscape.spectra.rounding import bound_rounding

E4M3 = torch.float8_e4m3fn


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def in_blocks(weight, rows, cols):
    """Return codes and scales of a weight, a scale for a block, and the weight that they make."""
    high, wide = (-(-side // size) for side, size in zip(weight.shape, (rows, cols), strict=True))
    scales = torch.empty(high, wide)
    codes, made = torch.empty(weight.shape, dtype=E4M3), torch.empty(weight.shape)
    for i in range(high):
        for j in range(wide):
            part = slice(i * rows, (i + 1) * rows), slice(j * cols, (j + 1) * cols)
            scales[i, j] = weight[part].abs().max() / 448
            codes[part] = (weight[part] / scales[i, j]).to(E4M3)
            made[part] = codes[part].float() * scales[i, j]
    return codes, scales, made


@pytest.mark.parametrize("name", ["weight_scale_inv", "weight_scale", "scale", "scale_weight"])
@pytest.mark.parametrize(
    ("shape", "block"),
    [((256, 384), (128, 128)), ((200, 300), (128, 128)), ((64, 96), (32, 32)), ((64, 96), (1, 32)),
     ((64, 96), (1, 96)), ((64, 96), (64, 96))],
)  # fmt: skip
def test_a_scale_for_each_block(shape, block, name):
    scale = torch.logspace(-3, 0, shape[0])[:, None]
    codes, scales, made = in_blocks(normal(*shape) * scale, *block)
    found = resolved({"a.weight": codes, f"a.{name}": scales, "a.input_scale": torch.ones(1)})
    same(found.parameters["a.weight"], made, rtol=1e-6)
    assert found.parameters["a.weight"].dtype == "scaled float8_e4m3fn"
    assert found.skipped == {f"a.{name}": "a factor of a.weight"}


@pytest.mark.parametrize("shape", [(), (1,), (64,), (64, 1)])
@pytest.mark.parametrize("dtype", [E4M3, torch.float8_e5m2, torch.int8])
def test_a_scale_for_the_whole_or_each_row(shape, dtype):
    codes = (normal(64, 96) * 30).to(dtype)
    scales = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    found = resolved({"a.weight": codes, "a.weight_scale": scales})
    rows = scales.reshape(-1, 1)
    same(found.parameters["a.weight"], codes.float() * rows, rtol=1e-6)


def test_scales_that_are_powers_of_two():
    codes, scales = normal(64, 96).to(E4M3), torch.rand(2, 3).to(torch.float8_e8m0fnu)
    found = resolved({"a.weight": codes, "a.scale": scales})
    spread = scales.float().repeat_interleave(32, 0).repeat_interleave(32, 1)
    same(found.parameters["a.weight"], codes.float() * spread)


def test_experts_have_a_scale_each():
    codes, scales = normal(4, 16, 32).to(E4M3), torch.rand(4)
    found = resolved({"experts.down_proj": codes, "experts.down_proj_scale": scales})
    same(found.parameters["experts.down_proj"], codes.float() * scales[:, None, None], rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "scales"),
    [((100, 96), (3, 3)), ((6144, 64), (3,)), ((64, 96), (2, 3, 1)), ((6144, 64), (3, 1))],
)
def test_where_a_scale_holds_must_show(shape, scales):
    state = {"a.weight": normal(*shape).to(E4M3), "a.weight_scale": torch.ones(scales)}
    found = resolved(state)
    assert not found.parameters
    assert "does not show where each holds" in found.skipped["a.weight"]


def test_float8_without_a_scale_is_the_weight_itself():
    codes = normal(64, 96).to(E4M3)
    found = resolved({"a.weight": codes, "a.input_scale": torch.ones(1)})
    same(found.parameters["a.weight"], codes)
    assert found.parameters["a.weight"].dtype == "float8_e4m3fn"


@pytest.mark.parametrize(
    ("codes", "scale"),
    [("weight", "weight_quantizer.scale"), ("weight", "weights_scaling_factor"),
     ("_weight_qdata", "_weight_scale")],
)  # fmt: skip
def test_scales_of_other_savers(codes, scale):
    entries, factor = (normal(64, 96) * 30).to(E4M3), torch.tensor([0.25])
    found = resolved({f"a.{codes}": entries, f"a.{scale}": factor})
    same(found.parameters["a.weight"], entries.float() * 0.25, rtol=1e-6)


@pytest.mark.parametrize("name", ["weight_scale", "weight_scale_inv"])
def test_exponents_that_are_kept_as_bytes(name):
    codes = normal(64, 96).to(E4M3)
    scales = torch.rand(64, 3).to(torch.float8_e8m0fnu)
    found = resolved({"a.weight": codes, f"a.{name}": scales.view(torch.uint8)})
    spread = scales.float().repeat_interleave(32, 1)
    same(found.parameters["a.weight"], codes.float() * spread, rtol=1e-6)


@pytest.mark.parametrize(
    "name", ["weight_scale_reciprocal", "scale_b", "w_scale", "weight.scale", "weight_amax"]
)
def test_a_scale_by_another_name_is_not_passed_over(name):
    found = resolved({"a.weight": normal(64, 96).to(E4M3), f"a.{name}": torch.tensor(3.0)})
    assert not found.parameters
    assert f"the name of a.{name} does not show which" in found.skipped["a.weight"]


@pytest.mark.parametrize("name", ["input_scale", "k_scale", "scale_shift_table", "smooth_scale"])
def test_the_scale_of_what_goes_through_is_none_of_the_weight(name):
    codes = normal(64, 96).to(E4M3)
    found = resolved({"a.weight": codes, f"a.{name}": torch.tensor(3.0)})
    same(found.parameters["a.weight"], codes.float(), rtol=0)


def test_int8_with_a_zero_point():
    codes = torch.arange(-64, 64, dtype=torch.int8).reshape(8, 16)
    scales, zeros = torch.rand(8, 2), torch.arange(16, dtype=torch.int8).reshape(8, 2)
    state = {"a.weight": codes, "a.weight_scale": scales, "a.weight_zero_point": zeros}
    spread = [each.float().repeat_interleave(8, 1) for each in (zeros, scales)]
    found = resolved(state)
    same(found.parameters["a.weight"], (codes.float() - spread[0]) * spread[1], rtol=1e-6)


@pytest.mark.parametrize("order", [None, 0, 1])
def test_int8_of_bitsandbytes(order):
    codes, rows = torch.arange(-64, 64, dtype=torch.int8).reshape(8, 16), torch.rand(8)
    state = {"a.weight": codes, "a.SCB": rows}
    if order is not None:
        state["a.weight_format"] = torch.tensor(order, dtype=torch.uint8)
    found = resolved(state)
    if order:
        assert "order of a GPU's tiles" in found.skipped["a.weight"]
    else:
        same(found.parameters["a.weight"], codes.float() * rows[:, None] / 127, rtol=1e-6)


@pytest.mark.parametrize("dtype", [torch.int8, E4M3])
def test_quanto(dtype):
    codes, scales = (normal(8, 16) * 30).to(dtype), torch.rand(8, 1)
    found = resolved({"a.weight._data": codes, "a.weight._scale": scales})
    same(found.parameters["a.weight"], codes.float() * scales, rtol=1e-6)
    assert set(found.skipped) == {"a.weight._data", "a.weight._scale"}


def test_experts_of_gpt_oss_are_those_that_transformers_makes():
    generator = torch.Generator().manual_seed(0)
    blocks = torch.randint(0, 256, (3, 10, 2, 16), dtype=torch.uint8, generator=generator)
    scales = torch.randint(120, 134, (3, 10, 2), dtype=torch.uint8, generator=generator)
    found = resolved({"experts.up_proj_blocks": blocks, "experts.up_proj_scales": scales})
    expected = convert_moe_packed_tensors(blocks, scales, dtype=torch.float32)
    same(found.parameters["experts.up_proj"], expected)
    assert found.parameters["experts.up_proj"].dtype == "scaled float4_e2m1fn"


def test_nvfp4():
    values = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6])
    values = torch.cat([values, -values])
    codes = torch.randint(0, 16, (8, 64), generator=torch.Generator().manual_seed(0))
    packed = (codes[:, ::2] | codes[:, 1::2] << 4).to(torch.uint8)
    scales, whole = torch.rand(8, 4).to(E4M3), torch.tensor(0.1)
    state = {"a.weight": packed, "a.weight_scale": scales, "a.weight_scale_2": whole}
    expected = values[codes] * scales.float().repeat_interleave(16, 1) * whole
    same(resolved(state).parameters["a.weight"], expected, rtol=1e-6)


@pytest.mark.parametrize("bits", [8, 4])
def test_the_rounding_of_codes_is_as_large_as_their_scale_makes_it(bits):
    weight = (normal(256, 256) * 1e-3).double()
    if bits == 8:
        codes, scales, made = in_blocks(weight.float(), 128, 128)
        dtype = resolved({"w.weight": codes, "w.scale": scales}).parameters["w.weight"].dtype
    else:
        step = weight.abs().amax(1, keepdim=True) / 127
        made, dtype = (weight / step).round() * step, "scaled int8"
    error = np.linalg.norm((made.double() - weight).numpy(), 2)
    edge = bound_rounding(made.numpy()[None], (dtype,)).edge
    assert 0.8 * error < edge < 3 * error
