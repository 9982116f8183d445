"""Weights that a module makes in its forward, against the weight that it makes."""

import warnings

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from tests.helpers.state_dicts import resolved, same

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch.nn.utils import spectral_norm as old_spectral_norm
    from torch.nn.utils import weight_norm as old_weight_norm


def quietly(make, *arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return make(*arguments, **options)


def applied(module):
    """Return the weight that the module uses in eval mode, after a forward in train mode."""
    inputs = {nn.Linear: (2, 24), nn.Conv1d: (2, 24, 9), nn.ConvTranspose2d: (2, 24, 5, 5)}
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(1 + torch.rand_like(parameter))
        x = torch.randn(next(s for kind, s in inputs.items() if isinstance(module, kind)))
        module(x)
        module.eval()(x)
    return module.weight


MODULES = {
    "linear": lambda: nn.Linear(24, 36),
    "convolution": lambda: nn.Conv1d(24, 16, 3),
    "transposed": lambda: nn.ConvTranspose2d(24, 16, 3),
    "square": lambda: nn.ConvTranspose2d(24, 24, 1),
}


@pytest.mark.parametrize("dim", [0, 1, -1, None])
@pytest.mark.parametrize("norm", [old_weight_norm, parametrizations.weight_norm])
@pytest.mark.parametrize("kind", MODULES)
def test_weight_norm(kind, norm, dim):
    torch.manual_seed(0)
    module = quietly(norm, MODULES[kind](), dim=dim)
    weight = quietly(applied, module)
    found = resolved({f"a.{name}": value for name, value in module.state_dict().items()})
    assert found.parameters.keys() == {"a.weight", "a.bias"}
    same(found.parameters["a.weight"], weight, rtol=1e-5, atol=1e-7)
    assert set(found.skipped.values()) == {"a factor of a.weight"}
    assert len(found.skipped) == 2


@pytest.mark.parametrize("norm", [old_spectral_norm, parametrizations.spectral_norm])
@pytest.mark.parametrize("kind", MODULES)
def test_spectral_norm(kind, norm):
    torch.manual_seed(0)
    module = quietly(norm, MODULES[kind]())
    for _ in range(20):
        weight = quietly(module.train(), torch.randn(2, 24, *[5] * (module.weight.ndim - 2)))
    weight = quietly(applied, module)
    found = resolved(module.state_dict())
    assert set(found.parameters) == {"weight", "bias"}
    same(found.parameters["weight"], weight, rtol=1e-5, atol=1e-7)
    assert len(found.skipped) == 3


def test_the_first_form_of_spectral_norm_has_no_v():
    torch.manual_seed(0)
    module = quietly(old_spectral_norm, nn.Linear(24, 36))
    weight = quietly(applied, module)
    state = {name: value for name, value in module.state_dict().items() if "_v" not in name}
    same(resolved(state | {"weight": weight}).parameters["weight"], weight)


def test_masks_of_pruning():
    torch.manual_seed(0)
    module = nn.Linear(24, 36)
    prune.l1_unstructured(module, "weight", amount=0.4)
    found = resolved(module.state_dict())
    same(found.parameters["weight"], module.weight)
    assert found.skipped == {
        "weight_orig": "a factor of weight", "weight_mask": "a factor of weight"
    }  # fmt: skip


def test_a_chain_of_parametrizations():
    torch.manual_seed(0)
    module = parametrizations.spectral_norm(parametrizations.weight_norm(nn.Linear(24, 36)))
    found = resolved(module.state_dict())
    same(found.parameters["weight"], module.eval().weight, rtol=1e-5, atol=1e-7)


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).mT


@pytest.mark.parametrize("name", ["orthogonal", "symmetric", "symmetric and spectral norm"])
def test_what_a_file_does_not_describe_has_a_reason(name):
    module = nn.Linear(24, 24)
    if name == "orthogonal":
        parametrizations.orthogonal(module)
    else:
        nn.utils.parametrize.register_parametrization(module, "weight", Symmetric())
    if "spectral" in name:
        parametrizations.spectral_norm(module)
    found = resolved(module.state_dict())
    assert found.parameters.keys() == {"bias"}
    assert "remove_parametrizations" in found.skipped["weight"]
    assert found.skipped["parametrizations.weight.original"] == "a factor of weight"


def test_names_that_end_so_by_chance_stay():
    state = {
        "gate_g": torch.ones(8, 8), "gate_v": torch.ones(8, 8), "b_orig": torch.ones(8, 8),
        "head.weight_mask": torch.ones(3, 3),
    }  # fmt: skip
    assert resolved(state).parameters.keys() == state.keys()


def test_rows_of_half_precision_and_of_a_recurrent_layer():
    torch.manual_seed(0)
    lstm = quietly(old_weight_norm, nn.LSTM(8, 12), "weight_hh_l0")
    state = lstm.state_dict()
    v, g = state["weight_hh_l0_v"], state["weight_hh_l0_g"]
    found = resolved({name: value.half() for name, value in state.items()})
    tensor = found.parameters["weight_hh_l0"]
    assert tensor.dtype == "float16"
    same(tensor, g * v / v.norm(dim=1, keepdim=True), rtol=5e-3)
