"""Pre-trained pipelines, tried with one of the real format and random weights."""

import json
import sys

import numpy as np
import pytest

from weightscape.config.generator import GeneratorEntry
from weightscape.data.examples import Examples
from weightscape.generators.fitted import fit, make_sampler
from weightscape.generators.sampling import generate
from weightscape.generators.text_to_image import TextToImage

CLASSES = ("cat", "dog")
REAL = Examples(np.zeros((4, 3, 12, 12), np.uint8), np.arange(4) % 2, CLASSES)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    """Return the folder of a Stable Diffusion pipeline of some thousand parameters."""
    import torch
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    words = tmp_path_factory.mktemp("words")
    letters = [*"abcdefghijklmnopqrstuvwxyz", *(f"{c}</w>" for c in "abcdefghijklmnopqrstuvwxyz")]
    tokens = [*letters, "<|startoftext|>", "<|endoftext|>"]
    (words / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (words / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(
        str(words / "vocab.json"), str(words / "merges.txt"), model_max_length=77
    )
    torch.manual_seed(0)
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokens), hidden_size=8, intermediate_size=16, num_hidden_layers=1,
            num_attention_heads=2, max_position_embeddings=77, projection_dim=8,
            bos_token_id=len(tokens) - 2, eos_token_id=len(tokens) - 1,
        )
    )  # fmt: skip
    blocks = {"block_out_channels": (8, 8), "layers_per_block": 1, "norm_num_groups": 4}
    network = UNet2DConditionModel(
        sample_size=8, cross_attention_dim=8, attention_head_dim=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **blocks,
    )  # fmt: skip
    autoencoder = AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
        latent_channels=4, sample_size=16, **blocks,
    )  # fmt: skip
    whole = StableDiffusionPipeline(
        vae=autoencoder, text_encoder=text, tokenizer=tokenizer, unet=network,
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False),
        safety_checker=None, feature_extractor=None,
        image_encoder=None, requires_safety_checker=False,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("pipeline")
    whole.save_pretrained(folder, safe_serialization=True)
    (folder / "README.md").write_text("---\nlicense: openrail++\ntags: [tiny]\n---\n# Tiny\n")
    return folder


def entry(folder, **options):
    options = {"model": str(folder), "steps": 2, "batch_size": 3, **options}
    return GeneratorEntry(name="tiny", source="text_to_image", options=options)


def images(folder, count=2, label=0, **options):
    generator = entry(folder, **options)
    return make_sampler(fit(REAL, generator), generator, REAL)(label, range(count))


def test_it_gives_images_of_each_class_and_says_where_they_come_from(pipeline):
    generator = entry(pipeline)
    model = fit(REAL, generator)
    made, _ = generate(make_sampler(model, generator, REAL), generator, REAL)
    assert made.inputs.shape == (4, 3, 12, 12) and made.labels.tolist() == [0, 0, 1, 1]
    assert len(np.unique(made.inputs.reshape(4, -1), axis=0)) == 4
    assert model.facts["pipeline"] == "StableDiffusionPipeline"
    assert model.facts["licence"] == "openrail++"
    assert model.facts["model"] == str(pipeline) and len(model.facts["digest"]) == 64


def test_an_image_is_the_same_whichever_others_are_drawn_and_follows_the_prompt(pipeline):
    many = images(pipeline, count=4)
    assert np.array_equal(images(pipeline, count=1), many[:1])
    assert np.array_equal(images(pipeline, class_names={"dog": "wolf"}), many[:2])
    named = images(pipeline, class_names={"cat": "lion"})
    assert not np.array_equal(named, many[:2])
    assert np.array_equal(
        named, images(pipeline, prompts=["a photo of a lion {class}"], class_names={"cat": ""})
    )
    turns = images(pipeline, prompts=["a photo of a {class}", "{class}"])
    assert np.array_equal(turns[0], many[0]) and not np.array_equal(turns[1], many[1])


def test_grey_images_are_given_where_the_real_ones_are_grey(pipeline):
    grey = Examples(REAL.inputs[:, :1], REAL.labels, CLASSES)
    generator = entry(pipeline, image_size=32)
    assert make_sampler(fit(grey, generator), generator, grey)(1, range(2)).shape == (2, 1, 12, 12)


def test_a_model_that_has_changed_is_refused(pipeline, tmp_path):
    import shutil

    copy = shutil.copytree(pipeline, tmp_path / "copy")
    generator = entry(copy)
    model = fit(REAL, generator)
    (copy / "README.md").write_text("no head")
    with pytest.raises(ValueError, match="has changed since"):
        make_sampler(model, generator, REAL)
    other = fit(REAL, generator)
    assert other.facts["licence"] is None
    assert other.facts["digest"] != model.facts["digest"]


def test_weights_that_are_no_safetensors_are_refused(pipeline, tmp_path):
    import shutil

    copy = shutil.copytree(pipeline, tmp_path / "copy")
    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(FileNotFoundError, match="safetensors"):
        images(copy)


def test_a_model_that_is_nowhere_is_named_with_what_to_do(tmp_path, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(
        FileNotFoundError, match=r"'nobody/nothing' is no folder .*`hf download nobody"
    ):
        fit(REAL, entry("nobody/nothing"))
    (tmp_path / "x").mkdir()
    with pytest.raises(FileNotFoundError, match="no saved pipeline"):
        fit(REAL, entry(tmp_path / "x"))


def test_words_for_a_class_that_there_is_not_are_named(pipeline):
    with pytest.raises(ValueError, match="class_names: 'bird' is no class; there are cat, dog"):
        fit(REAL, entry(pipeline, class_names={"bird": "a bird"}))


@pytest.mark.parametrize("package", ["diffusers", "transformers"])
def test_a_missing_package_is_named_with_how_to_get_it(pipeline, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=rf"{package}.*weightscape\[text-to-image\]"):
        fit(REAL, entry(pipeline))


def test_options_need_no_package():
    assert TextToImage(model="m").prompts == ("a photo of a {class}",)
