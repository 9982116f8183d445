"""Backbones: weights that come ready-made, CLIP's projection, stems, sizes and normalisation."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file

from weightscape.config.backbone import Backbone
from weightscape.data.pixels import fit_size, scale_to_unit
from weightscape.layers.roles import role
from weightscape.network.build import (
    build,
    describe,
    initial_network,
    initialise,
    make_live,
    restore,
)
from weightscape.network.inputs import ImageInput
from weightscape.network.predict import predict
from weightscape.network.published import load_published
from weightscape.network.saved import SavedNetwork, load_network, save_network
from weightscape.study.nano import SIBLINGS

VIT, CLIP_RN, _, RESNET = SIBLINGS.values()
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)


def backbone(architecture="vit_base_patch32_clip_quickgelu_224.openai", **options):
    options = {"pretrained": "random", "img_size": 32, "model_args": VIT, **options}
    return Backbone(name="b", architecture=architecture, **options)


CLIPS = {
    "vit": backbone(keep_projection=True),
    "rn50": backbone("resnet50_clip.openai", model_args=CLIP_RN, keep_projection=True),
}


def saved(entry, tmp_path):
    """Return the file of a backbone with its own weights."""
    network = load_published(entry, tmp_path)
    path = tmp_path / "init.safetensors"
    save_network(path, network, {})
    return path, network.tensors


@pytest.mark.parametrize("name", CLIPS)
def test_the_projection_stands_before_the_classifier(name, tmp_path):
    entry = CLIPS[name]
    path, weights = saved(entry, tmp_path)
    network = initial_network(entry.network, 5, 1, path)
    kept, info = network
    place = info.classifier.removesuffix(".fc")
    assert torch.equal(kept[f"{place}.projection.weight"], weights[f"{place}.weight"])
    assert kept[f"{info.classifier}.weight"].shape == (5, {"vit": 512, "rn50": 1024}[name])
    assert restore(network).module.eval()(torch.zeros(2, 3, 32, 32)).shape == (2, 5)
    assert role(f"{place}.projection", False, False, info.classifier) == "other"
    again = initial_network(entry.network, 5, 1, path)
    other = initial_network(entry.network, 5, 2, path)
    heads = [n.tensors[f"{info.classifier}.weight"] for n in (network, again, other)]
    assert torch.equal(heads[0], heads[1]) and not torch.equal(heads[0], heads[2])
    body = [n for n in kept if not n.startswith(f"{info.classifier}.")]
    assert all(torch.equal(kept[n], other.tensors[n]) for n in body)


@pytest.mark.parametrize("name", CLIPS)
def test_dropout_at_the_head_acts_behind_the_projection(name):
    info = describe(**CLIPS[name].network, num_classes=5)
    torch.manual_seed(0)
    network = build(info, 0.9)
    seen = []
    network.get_submodule(info.classifier).register_forward_pre_hook(
        lambda module, inputs: seen.append(float((inputs[0] == 0).float().mean()))
    )
    for training in (True, False):
        network.train(training)(torch.randn(16, 3, 32, 32))
    assert seen[0] == pytest.approx(0.9, abs=0.02)
    assert seen[1] == 0


def test_without_its_projection_the_classifier_takes_its_place(tmp_path):
    entry = backbone()
    path, weights = saved(entry, tmp_path)
    tensors, info = initial_network(entry.network, 5, 1, path)
    assert info.classifier == "head"
    assert tensors["head.weight"].shape == (5, 48)
    assert torch.equal(tensors["blocks.0.attn.qkv.weight"],
                       weights["blocks.0.attn.qkv.weight"])  # fmt: skip


def test_random_weights_are_the_backbones_own_and_the_same_for_every_seed(tmp_path):
    one, again = (load_published(backbone(), tmp_path).tensors for _ in range(2))
    assert all(torch.equal(one[name], again[name]) for name in one)
    renamed = Backbone(**{**backbone().slice(), "name": "c"})
    other = load_published(renamed, tmp_path).tensors
    assert not torch.equal(one["patch_embed.proj.weight"], other["patch_embed.proj.weight"])


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_checkpoint_brings_its_weights_and_its_normalisation(suffix, tmp_path):
    weights = load_published(backbone(), tmp_path).tensors
    file = tmp_path / f"mine{suffix}"
    write = save_file if suffix == ".safetensors" else torch.save
    write({name: tensor.contiguous() for name, tensor in weights.items()}, file)
    entry = backbone(pretrained="checkpoint", checkpoint=str(file))
    network = load_published(entry, tmp_path)
    info = network.info
    assert all(torch.equal(weights[name], t) for name, t in network.tensors.items())
    assert info.mean == pytest.approx(CLIP_MEAN)
    assert info.source == str(file)
    save_network(tmp_path / "init.safetensors", network, {})
    _, start = initial_network(entry.network, 4, 1, tmp_path / "init.safetensors")
    assert (start.mean, start.std, start.source) == (info.mean, info.std, info.source)


class Evil:
    def __reduce__(self):
        return (os.system, ("touch pickled",))


def test_a_checkpoint_that_would_run_code_runs_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.pth").write_bytes(pickle.dumps({"model": Evil()}, protocol=2))
    entry = backbone(pretrained="checkpoint", checkpoint=str(tmp_path / "evil.pth"))
    with pytest.raises((ValueError, RuntimeError, pickle.UnpicklingError)):
        load_published(entry, tmp_path)
    assert not (tmp_path / "pickled").exists()


def test_a_checkpoint_of_something_else_is_named(tmp_path):
    file = tmp_path / "other.safetensors"
    save_file({"x": torch.zeros(2)}, file)
    with pytest.raises(ValueError, match=r"other\.safetensors: its weights do not fit vit_base"):
        load_published(backbone(pretrained="checkpoint", checkpoint=str(file)), tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no file nowhere"):
        load_published(backbone(pretrained="checkpoint", checkpoint="nowhere"), tmp_path)


OFFLINE = """
from weightscape.config.backbone import Backbone
from weightscape.network.published import load_published
entry = Backbone(name="b", architecture="resnet18.tv_in1k", pretrained="timm")
try:
    load_published(entry, "downloads")
except FileNotFoundError as error:
    print(error)
"""


def test_published_weights_without_a_network_are_asked_for_with_their_place(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", OFFLINE], cwd=tmp_path, env=os.environ | {"HF_HUB_OFFLINE": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "the weights of resnet18.tv_in1k are not here and cannot be fetched" in run.stdout
    assert "downloads/hub" in run.stdout
    assert "pretrained: checkpoint" in run.stdout


def test_the_small_stem_of_a_resnet():
    info = describe("resnet18", in_chans=3, num_classes=4, small_stem=True, model_args=RESNET)
    network = initialise(info, 1, {})
    assert network.conv1.kernel_size == (3, 3) and network.conv1.stride == (1, 1)
    sizes = []
    network.layer1.register_forward_hook(lambda m, i, output: sizes.append(output.shape[2:]))
    network(torch.zeros(1, 3, 32, 32))
    assert sizes == [(16, 16)]  # behind the max-pool; with the large stem it is 8
    with pytest.raises(ValueError, match="small_stem: vit_tiny_patch16_224 has no 7×7"):
        build(describe("vit_tiny_patch16_224", in_chans=3, num_classes=4, small_stem=True))


def test_a_random_backbone_may_have_the_small_stem(tmp_path):
    entry = backbone("resnet18", small_stem=True, img_size=None, model_args=RESNET)
    path, _ = saved(entry, tmp_path)
    assert initial_network(entry.network, 3, 1, path).tensors["conv1.weight"].shape[2:] == (3, 3)


def test_with_and_without_published_weights_images_are_normalised_alike():
    assert describe(**backbone().network, num_classes=3).mean == pytest.approx(CLIP_MEAN)
    untagged = backbone("vit_base_patch32_clip_224")
    assert describe(**untagged.network, num_classes=3).mean == (0.5, 0.5, 0.5)


def test_images_are_brought_to_the_size_and_the_range_that_a_network_wants():
    info = describe(**CLIPS["vit"].network, num_classes=3).model_copy(
        update={"mean": CLIP_MEAN, "std": (0.5, 0.25, 0.2)}
    )
    images = torch.full((2, 3, 20, 24), 255, dtype=torch.uint8)
    adapter = ImageInput(info)
    seen = adapter.encode(adapter.decode(images))
    assert seen.shape == (2, 3, 32, 32)
    expected = (1 - torch.tensor(CLIP_MEAN)) / torch.tensor((0.5, 0.25, 0.2))
    assert torch.allclose(seen.mean((0, 2, 3)), expected, atol=1e-5)
    whole = initialise(info, 1, {})
    assert predict(make_live(whole, info), images).shape == (2, 3)
    assert fit_size(scale_to_unit(images[:, :, :, :20]), 20).shape == (2, 3, 20, 20)
    assert fit_size(scale_to_unit(images), None).shape == (2, 3, 20, 24)


def test_all_that_is_known_of_a_network_is_kept_with_it(tmp_path):
    info = describe(**CLIPS["rn50"].network, num_classes=3).model_copy(
        update={"source": "timm/x", "license": "mit"}
    )
    network = initialise(info, 1, {})
    save_network(tmp_path / "model.safetensors", SavedNetwork(network.state_dict(), info), {})
    again = load_network(tmp_path / "model.safetensors")
    assert again.info == info
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32), np.uint8))
    np.testing.assert_array_equal(
        predict(restore(again), images), predict(make_live(network, info), images)
    )


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"architecture": "resnet50", "pretrained": "timm"}, "does not say which published"),
        ({"architecture": "resnet50.x_y", "pretrained": "timm"}, "not an architecture of timm"),
        ({"architecture": "resnet18", "pretrained": "checkpoint"}, "give a file"),
        ({"architecture": "resnet18", "checkpoint": "x"}, "give a file"),
        ({"architecture": "resnet18.tv_in1k", "pretrained": "timm", "small_stem": True}, "stem"),
        ({"architecture": "resnet18", "pretrained": "random", "pretraining": {}}, "drop one"),
        ({"architecture": "resnet18", "pretrained": "glyphs", "keep_projection": True}, "no head"),
    ],
)
def test_what_a_backbone_cannot_be(entry, complaint):
    with pytest.raises(ValidationError, match=complaint):
        Backbone(name="b", **entry)


@pytest.mark.parametrize(
    "architecture",
    [
        "vit_base_patch32_clip_224.openai", "resnet50_clip.openai", "resnet50.tv_in1k",
        "resnet50.tv2_in1k", "resnet18.tv_in1k",
    ],
)  # fmt: skip
def test_the_published_backbones_of_the_papers_are_known(architecture):
    assert Backbone(name="b", architecture=architecture, pretrained="timm").img_size is None
