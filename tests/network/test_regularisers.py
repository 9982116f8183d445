"""No regulariser acts that nobody asks for, whatever the architecture."""

import pytest
import timm
import torch
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from tests.helpers.architectures import with_classifier
from weightscape.network.build import build, describe
from weightscape.network.regularisers import active_regularisers, switch_off

FAMILIES = with_classifier()
UNBUILT = ("lambda_resnet26t", "lambda_resnet50ts", "lamhalobotnet50ts_256")
"""Their convolutions of rank 5 have no layout with the channels last."""
SWIN = {"embed_dim": 16, "depths": (1, 2), "num_heads": (1, 2)}

# What timm leaves on, and some of each kind beside it, as small as they can be made.
SMALL = {
    "swin_tiny_patch4_window7_224": SWIN,
    "swinv2_tiny_window8_256": SWIN,
    "swinv2_cr_tiny_224": SWIN,
    "nest_tiny": {},
    "tiny_vit_5m_224": {},
    "maxvit_rmlp_pico_rw_256": {},
    "focalnet_tiny_srf": {},
    "nextvit_small": {},
    "fasternet_t0": {},
    "ghostnet_050": {},
    "test_efficientnet": {},
    "test_vit": {},
    "vit_base_patch16_sapiens2": {"embed_dim": 64, "depth": 2, "num_heads": 4, "num_kv_heads": 4},
}


def on_meta(architecture, *rates, **model_args):
    with torch.device("meta"):
        return build(describe(architecture, 3, 2, model_args=model_args), *rates)


def rates(network):
    """Return what may drop in a network, found by what modules are and not by their names."""
    found = {}
    for name, module in network.named_modules():
        rate = getattr(module, "drop_prob", 0) or getattr(module, "prob", 0)
        found[name] = module.p if isinstance(module, _DropoutNd) else rate
    return {name: rate for name, rate in found.items() if rate}


@pytest.mark.parametrize("architecture", [names[0] for names in FAMILIES.values()], ids=FAMILIES)
def test_a_plain_network_of_any_family_regularises_nothing(architecture):
    network = on_meta(architecture)
    assert active_regularisers(network) == []
    assert rates(network) == {}


@pytest.mark.slow
@pytest.mark.parametrize("architectures", FAMILIES.values(), ids=FAMILIES)
def test_nor_does_any_other_architecture(architectures):
    # Members of a family differ in size most of all: of many, every tenth is built.
    some = architectures[:: 1 if len(architectures) < 20 else 10]
    for architecture in set(some) - {*UNBUILT}:
        assert active_regularisers(on_meta(architecture)) == [], architecture


@pytest.mark.parametrize(
    ("architecture", "attribute"),
    [
        ("swin_tiny_patch4_window7_224", "drop_prob"),
        ("nest_tiny", "drop_prob"),
        ("tiny_vit_21m_224", "drop_prob"),
        ("swinv2_cr_tiny_224", "p"),
        ("maxvit_rmlp_pico_rw_256", "p"),
        ("vit_base_patch16_sapiens2", "aug_active"),
    ],
)
def test_what_timm_leaves_on_is_found_and_switched_off(architecture, attribute):
    with torch.device("meta"):
        theirs = timm.create_model(architecture)
    found = active_regularisers(theirs)
    assert attribute in {each.attribute for each in found}
    switch_off(theirs, found)
    assert active_regularisers(theirs) == []
    assert active_regularisers(on_meta(architecture)) == []


@pytest.mark.parametrize("architecture", SMALL)
def test_what_is_trained_gives_the_same_twice(architecture):
    info = describe(architecture, 3, 2, img_size=64, model_args=SMALL[architecture])
    torch.manual_seed(0)
    network = build(info).train()
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            module.eval()
    images = torch.randn(4, 3, 64, 64)
    one, again = (network(images) for _ in range(2))
    assert torch.equal(one, again)


# A rate that is asked for is the one that timm leaves on elsewhere in the network, too.
ASKED = {"swin_tiny_patch4_window7_224": 0.1, "swinv2_cr_tiny_224": 0.125, "nest_tiny": 0.5,
         "maxvit_rmlp_pico_rw_256": 0.125, "efficientnet_b0": 0.2, "resnet18": 0.3}  # fmt: skip


@pytest.mark.parametrize(("architecture", "rate"), ASKED.items())
def test_what_is_asked_for_stays_and_nothing_else(architecture, rate):
    with torch.device("meta"):
        zero, theirs = (
            timm.create_model(architecture, num_classes=2, drop_rate=asked, drop_path_rate=asked)
            for asked in (0.0, rate)
        )
    network = on_meta(architecture, rate, "head", rate)
    unasked = active_regularisers(zero)
    assert {*active_regularisers(network)} == {*active_regularisers(theirs)} - {*unasked}
    assert active_regularisers(network)
    for name, attribute in active_regularisers(network):
        value = getattr(theirs.get_submodule(name), attribute)
        assert getattr(network.get_submodule(name), attribute) == value


def test_what_a_backbone_asks_for_stays():
    for dropout in (0.0, 0.5):
        network = on_meta("test_vit", dropout, pos_drop_rate=0.3)
        expected = {"pos_drop": 0.3, **({"head_drop": 0.5} if dropout else {})}
        assert rates(network) == expected


def test_a_search_for_what_is_not_asked_draws_nothing():
    info = describe("test_efficientnet", 3, 2)
    torch.manual_seed(0)
    theirs = timm.create_model("test_efficientnet", num_classes=2).state_dict()
    after = torch.rand(1)
    torch.manual_seed(0)
    ours = build(info, 0.5, drop_path_rate=0.2).state_dict()
    assert torch.equal(torch.rand(1), after)
    assert all(torch.equal(theirs[name], tensor) for name, tensor in ours.items())
