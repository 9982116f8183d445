"""The new head has one scale, whatever the architecture."""

import pytest
import timm
import torch
from torch import nn

from tests.helpers.architectures import with_classifier
from weightscape.network.build import _draw_head, build, describe, initialise

FAMILIES = {module: names[0] for module, names in with_classifier().items()}


@pytest.mark.slow
@pytest.mark.parametrize("architecture", FAMILIES.values(), ids=FAMILIES)
def test_a_head_of_two_classes_is_drawn_as_a_linear_layer_draws_itself(architecture):
    info = describe(architecture, in_chans=3, num_classes=2)
    with torch.device("meta"):  # its body is of no concern
        head = timm.create_model(architecture, num_classes=2).get_submodule(info.classifier)
    layers = [
        m for m in head.to_empty(device="cpu").modules() if isinstance(m, nn.Linear | nn.Conv2d)
    ]
    torch.manual_seed(0)
    _draw_head(head, "linear")
    assert layers
    for layer in layers:
        bound = layer.weight[0].numel() ** -0.5
        assert bound * 0.95 < layer.weight.abs().max() <= bound
        assert layer.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.2)
        if layer.bias is not None:
            assert layer.bias.abs().max() <= bound


@pytest.mark.parametrize(
    "architecture", ["test_efficientnet", "test_vit", "test_resnet", "test_convnext"]
)
def test_initial_networks_start_with_small_logits_and_equal_heads_for_a_seed(architecture):
    info = describe(architecture, in_chans=3, num_classes=2)
    one, again, other = (initialise(info, seed, {}) for seed in (1, 1, 2))
    place = f"{info.classifier}.weight"
    weights = [network.state_dict()[place] for network in (one, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    bound = weights[0].shape[1] ** -0.5
    assert weights[0].abs().max() <= bound
    plain = nn.Linear(weights[0].shape[1], 2)
    assert weights[0].std() == pytest.approx(plain.weight.std().item(), rel=0.25)


def test_others_are_an_option():
    info = describe("test_efficientnet", in_chans=3, num_classes=2, head_init="timm")
    theirs = initialise(info, 1, {}).state_dict()["classifier.weight"]
    torch.manual_seed(1)
    assert torch.equal(theirs, build(info).state_dict()["classifier.weight"])
    # Within ±1/√classes: so large that a training begins far from where it should.
    assert theirs.abs().max() > 0.6
    zero = initialise(info.model_copy(update={"head_init": "zero"}), 1, {}).state_dict()
    assert not zero["classifier.weight"].any() and not zero["classifier.bias"].any()
