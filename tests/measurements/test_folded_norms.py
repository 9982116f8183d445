"""Folded norms: against torch's own fusion, and unmoved by a scale that has no function."""

import math

import numpy as np
import pytest
import torch
from timm.models.levit import LinearNorm
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

from tests.helpers.planning import heavy_imports
from weightscape.config.run import RunId
from weightscape.data.examples import Examples
from weightscape.layers.catalogue import catalogue, matrix
from weightscape.measurements._batch_norms import fold_batch_norms
from weightscape.measurements.folded_norms import FoldedNorms
from weightscape.measurements.measure import make_subject, measure
from weightscape.network.build import describe, initialise, make_live
from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.spectra.norms import norms

RUN = RunId("d", "b", "c", 1)
INFO = describe("resnet10t", in_chans=1, num_classes=3)
ARCHITECTURES = {
    "resnet10t": {},
    "regnetx_002": {},
    "test_efficientnet": {},
    "mobilenetv3_small_050": {},
    "densenet121": {"growth_rate": 8, "block_config": (1, 1)},
    "vit_tiny_patch16_224": {"embed_dim": 32, "depth": 1, "num_heads": 2, "patch_size": 8},
    "resnetv2_50": {"layers": (1, 1, 1, 1), "channels": (16, 16, 32, 32)},
}


def used(network, seed=0):
    """Return the network in evaluation mode, its batch norms as if they had been trained."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, _BatchNorm):
            n = module.num_features
            module.running_mean.copy_(torch.randn(n, generator=generator))
            module.running_var.copy_(torch.rand(n, generator=generator) + 0.5)
            module.weight.data.copy_(torch.rand(n, generator=generator) + 0.5)
            module.bias.data.copy_(torch.randn(n, generator=generator))
    return network.eval()


def resnet():
    return make_live(used(initialise(INFO, 1, {})), INFO)


def values_of(network):
    """Return what is measured of a live network, by metric and layer."""
    images = Examples(np.full((4, 1, 16, 16), 99, np.uint8), np.arange(4) % 3, ("a", "b", "c"))
    subject = make_subject(network, images, images, [], 3)
    rows = measure([FoldedNorms()], subject, RUN).to_pylist()
    assert {row["status"] for row in rows} == {"ok"}, rows[0]["reason"]
    return {(row["metric"], row["layer"]): row["value"] for row in rows}


def plain_norms(network):
    """Return the norms of a live network's layers as of the table `spectra`, by name and layer."""
    tensors = network.module.state_dict()
    shapes = {name: tuple(t.shape) for name, t in tensors.items()}
    found = {}
    for layer in catalogue(shapes, network.classifier).layers:
        values = matrix(tensors[layer.parameter].numpy(), layer)
        ascending = eigenvalues(values, layer.layer_type).ascending
        for name, value in norms(ascending).items():
            found[f"folded_{name}", layer.layer] = value
    return found


def test_the_norms_are_those_of_the_weights_that_torch_folds():
    network = resnet()
    found = values_of(network)
    # By hand: which batch norm is after which convolution in timm's ResNet.
    module = network.module
    for block in (getattr(module, f"layer{i}")[0] for i in range(1, 5)):
        for n in (1, 2):
            conv, norm = getattr(block, f"conv{n}"), getattr(block, f"bn{n}")
            setattr(block, f"conv{n}", fuse_conv_bn_eval(conv, norm))
        if block.downsample is not None:
            block.downsample[1] = fuse_conv_bn_eval(block.downsample[1], block.downsample[2])
    for place in (0, 3):
        module.conv1[place] = fuse_conv_bn_eval(module.conv1[place], module.conv1[place + 1])
    module.conv1[6] = fuse_conv_bn_eval(module.conv1[6], module.bn1)
    expected = plain_norms(network)
    assert len({layer for _, layer in found}) > 10
    assert found == pytest.approx({key: expected[key] for key in found}, abs=1e-6)


def test_a_scale_that_the_batch_norm_takes_out_moves_no_folded_norm():
    one, other = resnet(), resnet()
    with torch.no_grad():
        block, c = other.module.layer2[0], 0.1
        block.bn1.eps = block.bn1.eps * c**2
        block.conv1.weight.mul_(c)
        block.bn1.running_mean.mul_(c)
        block.bn1.running_var.mul_(c**2)
    images = torch.rand(2, 1, 16, 16)
    torch.testing.assert_close(one.module(images), other.module(images), rtol=1e-4, atol=1e-4)
    key = ("folded_log_norm", "layer2.0.conv1")
    assert plain_norms(other)[key] == pytest.approx(plain_norms(one)[key] + 2 * math.log10(c))
    assert values_of(other) == pytest.approx(values_of(one), abs=1e-6)


def test_a_layer_without_a_batch_norm_has_its_plain_norms():
    network = resnet()
    expected, found = plain_norms(network), values_of(network)
    fc = [key for key in found if key[1] == "fc"]
    assert len(fc) == 2
    assert {key: found[key] for key in fc} == {key: expected[key] for key in fc}
    others = [key for key in found if key[1] != "fc"]
    assert all(found[key] != expected[key] for key in others)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_folded_network_does_the_same_and_its_folded_norms_do_nothing(architecture):
    fixed = {"img_size": 32} if architecture.startswith("vit") else {}
    options = {"model_args": ARCHITECTURES[architecture], **fixed}
    info = describe(architecture, in_chans=3, num_classes=3, **options)
    network = used(initialise(info, 1, {}))
    batch = torch.rand(2, 3, 32, 32)
    before = network(batch).detach()
    pairs = fold_batch_norms(network, batch)
    torch.testing.assert_close(network(batch), before, rtol=1e-3, atol=1e-3 * before.abs().max())
    folded = [network.get_submodule(pair.norm) for pair in pairs]
    assert len({pair.layer for pair in pairs}) == len({pair.norm for pair in pairs}) == len(pairs)
    rest = [m for m in network.modules() if isinstance(m, _BatchNorm) and m not in folded]
    assert all((m.running_mean == 0).all() for m in folded)
    if architecture in ("resnet10t", "regnetx_002", "test_efficientnet", "mobilenetv3_small_050"):
        assert len(folded) > 8 and not rest
    if architecture.startswith("densenet"):
        # The second convolution of a dense layer is joined with what is there before the next norm.
        assert {pair.layer.split(".")[-1] for pair in pairs} == {"conv0", "conv1"}
    if architecture.startswith("vit"):
        assert not pairs


class Pieces(nn.Module):
    """A convolution and a batch norm, joined in one of several ways."""

    def __init__(self, way):
        super().__init__()
        self.way = way
        self.conv, self.norm = nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)
        self.other, self.fc = nn.Conv2d(4, 4, 1), nn.Linear(4, 2)

    def forward(self, x):
        x = self.conv(x)
        if self.way == "in place":
            torch.relu_(x)
        y = self.norm(x)
        if self.way == "branch":
            y = y + x
        if self.way == "pre-activation":
            y = self.other(y.relu())
        if self.way == "twice":
            y = y + self.norm(self.other(y))
        return self.fc(y.mean((2, 3)))


@pytest.mark.parametrize("way", ["plain", "in place", "branch", "pre-activation", "twice"])
def test_only_what_goes_to_the_batch_norm_alone_and_unchanged_is_folded(way):
    torch.manual_seed(0)
    network, batch = used(Pieces(way)), torch.rand(2, 3, 4, 4)
    before, weight = network(batch).detach(), network.other.weight.detach().clone()
    pairs = fold_batch_norms(network, batch)
    torch.testing.assert_close(network(batch), before)
    expected = [("conv", "norm")] if way in ("plain", "pre-activation") else []
    assert pairs == expected
    # The convolution after the norm keeps what it has.
    assert torch.equal(network.other.weight, weight)


def test_a_linear_layer_whose_batch_norm_sees_it_in_another_shape_is_folded():
    torch.manual_seed(0)
    network = used(nn.Sequential(LinearNorm(6, 5), nn.ReLU(), nn.Flatten(), nn.Linear(20, 2)))
    batch = torch.rand(2, 4, 6)
    before = network(batch).detach()
    assert fold_batch_norms(network, batch) == [("0.linear", "0.bn")]
    torch.testing.assert_close(network(batch), before)


class Standardised(nn.Conv2d):
    """A convolution that does not use its weights as they are."""

    def forward(self, x):
        return nn.functional.conv2d(x, self.weight / self.weight.norm(), self.bias)


def test_a_layer_that_uses_other_weights_than_its_own_fails_by_name():
    torch.manual_seed(0)
    module = Pieces("plain")
    module.conv = Standardised(3, 4, 1)
    with pytest.raises(ArithmeticError, match="folded the network does something else"):
        fold_batch_norms(used(module), torch.rand(2, 3, 4, 4))


def test_a_batch_norm_without_weights_of_its_own_and_one_without_statistics():
    module = Pieces("plain")
    module.norm = nn.BatchNorm2d(4, affine=False)
    module.norm.running_var.mul_(3)
    assert len(fold_batch_norms(module.eval(), torch.rand(2, 3, 4, 4))) == 1
    module = Pieces("plain")
    module.norm = nn.BatchNorm2d(4, track_running_stats=False)
    assert fold_batch_norms(module.eval(), torch.rand(2, 3, 4, 4)) == []


def test_a_layer_of_zeros_has_no_logarithm_and_the_others_have():
    network = resnet()
    with torch.no_grad():
        network.module.layer1[0].conv1.weight.zero_()
    images = Examples(np.zeros((3, 1, 16, 16), np.uint8), np.arange(3), ("a", "b", "c"))
    table = measure([FoldedNorms()], make_subject(network, images, images, [], 3), RUN)
    failed = [row for row in table.to_pylist() if row["status"] != "ok"]
    assert {row["layer"] for row in failed} == {"layer1.0.conv1"}
    assert {row["reason"] for row in failed} == {"all entries are zero"}


def test_the_plug_in_is_found_without_importing_what_is_heavy():
    assert heavy_imports({"measurement.Measurement": ["folded_norms"]}) == []
