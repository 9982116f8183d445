"""Names as wrappers make them, against those of the network in them."""

import pytest
import torch
from torch import nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from torch.optim.swa_utils import AveragedModel

from tests.helpers.state_dicts import checkpoint_of, resolved
from weightscape.parameters.resolve import resolve


def network():
    block = nn.Sequential(nn.Conv2d(4, 8, 3), nn.Conv2d(8, 8, 3))
    return nn.ModuleDict({"stem": nn.Conv2d(3, 4, 3), "layer1": block, "fc": nn.Linear(8, 9)})


def within(name, inner):
    module = nn.Module()
    setattr(module, name, inner)
    return module


def compiled_submodule():
    model = network()
    model["layer1"] = torch.compile(model["layer1"])
    return model


def checkpointed():
    model = network()
    model["layer1"] = checkpoint_wrapper(model["layer1"])
    return within("_fsdp_wrapped_module", model)


WRAPPED = {
    "compiled": lambda: torch.compile(network()),
    "compiled in Lightning": lambda: within("model", torch.compile(network())),
    "data parallel": lambda: nn.DataParallel(network()),
    "compiled data parallel": lambda: torch.compile(nn.DataParallel(network())),
    "averaged": lambda: AveragedModel(network()),
    "a submodule compiled": compiled_submodule,
    "DeepSpeed": lambda: within("_forward_module", within("module", network())),
    "Opacus": lambda: within("_module", network()),
    **{f"in {name}": lambda name=name: within(name, network())
       for name in ("model", "net", "network", "backbone")},
    "in two": lambda: within("model", within("net", network())),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRAPPED)
def test_names_are_those_without_the_wrapper(kind):
    found = resolved(WRAPPED[kind]().state_dict())
    counters = {"n_averaged"} & found.parameters.keys()
    assert found.parameters.keys() - counters == network().state_dict().keys()


def test_wrappers_that_stand_in_other_processes_only():
    names = list(network().state_dict())
    state = {
        "_fsdp_wrapped_module."
        + name.replace("layer1.0.", "layer1.0._checkpoint_wrapped_module."): torch.ones(3, 3)
        for name in names
    }
    assert list(resolved(state).parameters) == names


@pytest.mark.parametrize(
    "names",
    [
        ["model.layers.0.self_attn.q_proj.weight", "model.embed_tokens.weight"],
        ["model.layers.0.mlp.up_proj.weight", "lm_head.weight"],
        ["module.a.weight", "a.weight"],
        ["backbone.a.weight", "head.weight"],
        ["a.module.weight", "a.scale.weight"],
        ["a._orig_mod.weight", "a.weight"],
        ["transformer.h.0.attn.c_attn.weight"],
    ],
)
def test_names_of_the_network_itself_stay(names):
    state = {name: torch.ones(4, 5) for name in names}
    assert list(resolved(state).parameters) == names


def test_the_classifier_and_groups_lose_the_wrapper_too():
    state = within("module", network()).state_dict()
    groups = {"module.layer1.0.weight": 2}
    found = resolve(checkpoint_of(state, classifier="module.fc", groups=groups))
    assert (found.classifier, found.groups) == ("fc", {"layer1.0.weight": 2})


def test_vectors_beside_the_wrapped_network_do_not_matter():
    state = within("model", network()).state_dict() | {"criterion.weight": torch.ones(9)}
    assert resolved(state).parameters.keys() == {*network().state_dict(), "criterion.weight"}


def test_a_flat_parameter_is_named():
    found = resolved({"_fsdp_wrapped_module._flat_param": torch.ones(100)})
    assert "flat parameter of FSDP" in found.skipped["_flat_param"]
