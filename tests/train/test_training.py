"""Training: the seed decides everything, and every option does what it says."""

import os

import numpy as np
import pytest
import torch
from torch import nn

from weightscape.config.place import Place
from weightscape.config.recipe import Optimisation, Recipe
from weightscape.data.examples import Examples
from weightscape.data.mixing import add_synthetic
from weightscape.network import device
from weightscape.network.build import build, describe, initialise, make_live, restore
from weightscape.network.device import select_device
from weightscape.network.inputs import make_adapter
from weightscape.network.predict import predict
from weightscape.network.saved import SavedNetwork, load_network, save_network
from weightscape.train.finetune import finetune, streams_of
from weightscape.train.loop import Streams, TrainingData, Watch, train, validate
from weightscape.train.optimiser import make_optimiser
from weightscape.train.schedule import factor

INFO = describe("resnet10t", in_chans=1, num_classes=3)


@pytest.fixture(scope="module")
def images():
    """Three classes of 16 grey images that differ in their brightness."""
    rng = np.random.default_rng(0)
    labels = np.arange(48) % 3
    pixels = rng.integers(0, 60, (48, 1, 16, 16)) + 90 * labels[:, None, None, None]
    return Examples(pixels.astype(np.uint8), labels, ("a", "b", "c"))


@pytest.fixture(scope="module")
def initial():
    return SavedNetwork(initialise(INFO, 1, {}).state_dict(), INFO)


def run(images, initial, streams=None, **recipe):
    recipe = Recipe(**{"epochs": 1, "batch_size": 16, **recipe})
    streams = streams or streams_of("demo", 1, recipe.data_order)
    tuned = finetune(initial, TrainingData(images, images), recipe, streams, Place("cpu", 1))
    return tuned.network.state_dict(), tuned.history


def same(a, b):
    return all(torch.equal(a[name], b[name]) for name in a)


def test_the_same_seed_gives_the_same_bytes(tmp_path, images, initial):
    recipe = {"dropout": 0.5, "augment": {"trivial_augment": {}, "gaussian_noise": {"sd": 0.1}}}
    for name in "ab":
        tensors, _ = run(images, initial, **recipe)
        save_network(
            tmp_path / name, SavedNetwork(tensors, INFO), {"rule": "demo", "params": {"x": 1}}
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "recipe",
    [
        {"dropout": 0.5},
        {"augment": "trivial_augment"},
        {"augment": "random_shift"},
        {"augment": {"gaussian_noise": {"sd": 0.3}}},
        {"weight_decay": 5.0},
        {"data_order": 1},
        {"opt": "sgd"},
        {"warmup_epochs": 0.5},
    ],
)
def test_every_factor_changes_the_weights(images, initial, recipe):
    assert not same(run(images, initial, **recipe)[0], run(images, initial)[0])


def test_a_twin_shares_the_head_and_differs_in_all_streams():
    everybody, twin = streams_of("demo", 1, 0), streams_of("demo", 1, 1)
    assert all(a != b for a, b in zip(everybody, twin, strict=True))
    assert streams_of("demo", 1, 0) == everybody


def test_a_head_depends_on_the_seed_and_a_body_on_the_pretrained_weights(initial):
    body = {name: tensor for name, tensor in initial.tensors.items() if not name.startswith("fc.")}
    first, second = (initialise(INFO, seed, body).state_dict() for seed in (1, 2))
    assert not torch.equal(first["fc.weight"], second["fc.weight"])
    assert same(body, first)
    with pytest.raises(ValueError, match="do not fit resnet10t"):
        initialise(INFO, 1, {"conv1.weight": torch.zeros(1)})


def test_training_learns(images, initial):
    # Enough steps for the running statistics of batch normalisation to arrive.
    _, history = run(images, initial, epochs=15, lr=1e-3)
    assert history[-1].loss < history[0].loss
    assert history[-1].val_accuracy == 1
    assert [entry.step for entry in history] == list(range(3, 48, 3))


def test_decoupled_decay_by_hand():
    layer = nn.Linear(2, 2)
    start = layer.weight.detach().clone(), layer.bias.detach().clone()
    optimiser = make_optimiser(layer, Optimisation(lr=0.1, weight_decay=2.0))
    layer.weight.grad, layer.bias.grad = torch.zeros(2, 2), torch.zeros(2)
    optimiser.step()
    torch.testing.assert_close(layer.weight, start[0] * (1 - 0.1 * 2.0))
    torch.testing.assert_close(layer.bias, start[1])


def test_schedule_warms_up_and_ends_at_zero():
    lrs = [factor(Optimisation(), step, 2, 10) for step in range(11)]
    assert lrs[:3] == [0.5, 1.0, 1.0]
    assert lrs[6] == pytest.approx(0.5)
    assert lrs[10] == pytest.approx(0)


@pytest.mark.parametrize("rate", [0.5, 0.9])
def test_dropout_acts_on_the_features_before_the_head_and_only_in_training(rate):
    torch.manual_seed(0)
    network = build(INFO, dropout=rate)
    seen = []
    network.fc.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    x = torch.randn(256, 1, 16, 16)
    network.train()(x)
    network.eval()(x)
    zeros = [float((features == 0).float().mean()) for features in seen]
    assert zeros[0] - zeros[1] == pytest.approx(rate * (1 - zeros[1]), abs=0.02)


def test_more_images_do_not_make_a_training_longer(images, initial):
    doubled = add_synthetic(images, [images], [1.0])
    recipe = Recipe(epochs=2, batch_size=16)
    data = TrainingData(doubled, images, len(images))
    history = finetune(initial, data, recipe, streams_of("demo", 1, 0), Place("cpu", 1)).history
    assert [entry.step for entry in history] == [3, 6]


def test_a_batch_that_cannot_be_filled_is_named(images, initial):
    with pytest.raises(ValueError, match=r"48 training images.*64"):
        run(images, initial, batch_size=64)


def test_a_diverged_loss_is_named(images, initial):
    with pytest.raises(FloatingPointError, match="lower lr"):
        train(
            restore(initial), TrainingData(images, images),
            Recipe(batch_size=16, opt="sgd", lr=1e30, epochs=2), Streams(1, 2, 3),
        )  # fmt: skip


def test_a_gpu_that_is_not_there_is_named():
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(RuntimeError, match="device: cuda"):
        select_device("cuda", 1)


def test_of_several_gpus_the_freest_is_taken(monkeypatch):
    assert device._freest([3, 9, 5]) == 1
    chosen = set()
    for process in (100, 101, 102):
        monkeypatch.setattr(os, "getpid", lambda p=process: p)
        chosen.add(device._freest([9, 3, 9]))
    assert chosen == {0, 2}


def test_grey_images_fill_the_channels_and_others_must_fit():
    grey = np.full((2, 1, 4, 4), 7, np.uint8)
    adapter = make_adapter(INFO.model_copy(update={"in_chans": 3}))
    assert adapter.put(grey, torch.device("cpu")).shape == (2, 3, 4, 4)
    with pytest.raises(ValueError, match="in_chans: 2"):
        adapter.put(np.zeros((2, 2, 4, 4), np.uint8), torch.device("cpu"))


def test_predictions_do_not_depend_on_the_batch(images, initial):
    network = restore(initial)
    pixels = torch.from_numpy(images.inputs)
    whole = predict(network, pixels)
    single = np.concatenate([predict(network, pixels[i : i + 1]) for i in range(4)])
    np.testing.assert_allclose(whole[:4], single, rtol=1e-4, atol=1e-4)


def test_a_checkpoint_says_what_it_is(tmp_path, initial):
    save_network(tmp_path / "model.safetensors", initial, {})
    tensors, info = load_network(tmp_path / "model.safetensors")
    assert info == INFO
    assert same(tensors, initial.tensors)


def test_validation_images_decide_nothing(images, initial):
    network = build(INFO)
    results = []
    for validation in (images, images.subset(np.arange(6))):
        network.load_state_dict(initial.tensors)
        recipe = Recipe(epochs=2, batch_size=16, dropout=0.3)
        data = TrainingData(images, validation)
        train(make_live(network, INFO), data, recipe, Streams(1, 2, 3))
        results.append({name: tensor.clone() for name, tensor in network.state_dict().items()})
    assert same(*results)


def test_synthetic_images_follow_the_real_ones_in_their_proportions(images):
    real = images.subset(np.flatnonzero(np.arange(48) != 0))  # class a has one image less
    mixed = add_synthetic(real, [images], [0.5])
    assert len(mixed) == len(real) + 8 + 8 + 8
    np.testing.assert_array_equal(mixed.inputs[: len(real)], real.inputs)
    assert add_synthetic(real, [], []).inputs.shape == real.inputs.shape
    with pytest.raises(ValueError, match="class a: 30 synthetic images are wanted, 16"):
        add_synthetic(real, [images], [2.0])


def test_a_factor_of_the_steps_stretches_the_whole_schedule(images, initial):
    whole, short, twice = (
        run(images, initial, epochs=5, steps_factor=factor)[1] for factor in (1, 0.8, 2)
    )
    assert [history[-1].step for history in (short, whole, twice)] == [12, 15, 30]
    # The rate falls to its end in all of them.
    peak = Optimisation().lr
    assert all(history[-1].lr < 0.1 * peak for history in (short, whole, twice))


def test_the_best_network_is_that_of_the_score_that_is_meant(images, initial):
    network = restore(initial)
    state = train(
        network, TrainingData(images, images),
        Recipe(epochs=6, batch_size=16, select="best", lr=1e-3), streams_of("demo", 1, 0),
        Watch(score="auroc"),
    )  # fmt: skip
    scores = [entry.val_auroc for entry in state.history]
    assert state.selected is state.history[scores.index(max(scores))]
    found = validate(network, network.put(images.inputs), images.labels)
    assert found["val_auroc"] == max(scores)
