"""What a recipe can set: every option does what it says, and nothing else."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.stats import beta, kstest
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from weightscape.config.place import Place
from weightscape.config.recipe import Optimisation, Recipe
from weightscape.data.examples import Examples
from weightscape.network.build import build, describe, initialise, make_live
from weightscape.network.saved import SavedNetwork
from weightscape.train.batches import batches_of
from weightscape.train.finetune import finetune, streams_of
from weightscape.train.loop import TrainingData, validate
from weightscape.train.mixup import mix
from weightscape.train.optimiser import make_optimiser
from weightscape.train.schedule import factor
from weightscape.train.sparsity import keep_zero, prune

INFO = describe("resnet10t", in_chans=1, num_classes=3)
VIT = describe(
    "vit_tiny_patch16_224",
    in_chans=3,
    num_classes=3,
    img_size=32,
    model_args={"embed_dim": 32, "depth": 2, "num_heads": 2, "patch_size": 8},
)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    labels = np.arange(48) % 3
    pixels = rng.integers(0, 60, (48, 1, 16, 16)) + 90 * labels[:, None, None, None]
    return Examples(pixels.astype(np.uint8), labels, ("a", "b", "c"), np.arange(48) % 2, ("x", "y"))


@pytest.fixture(scope="module")
def initial():
    return SavedNetwork(initialise(INFO, 1, {}).state_dict(), INFO)


def tuned(images, initial, **recipe):
    recipe = Recipe(**{"epochs": 1, "batch_size": 16, **recipe})
    streams = streams_of("demo", 1, recipe.data_order)
    return finetune(initial, TrainingData(images, images), recipe, streams, Place("cpu", 1))


@pytest.mark.parametrize(
    "recipe",
    [
        {"opt": "adam"},
        {"opt": "adam", "weight_decay": 0.1},
        {"filter_bias_and_bn": False, "weight_decay": 0.1},
        {"head_lr_factor": 10},
        {"sched": "constant"},
        {"sched": "multistep"},
        {"label_smoothing": 0.1},
        {"mixup_alpha": 0.2},
        {"cutmix_alpha": 1.0},
        {"dropout": 0.5, "dropout_placement": "blocks"},
        {"dropout": 0.5, "dropout_placement": "everywhere"},
        {"drop_path_rate": 0.5},
        {"freeze_bn": True},
        {"sparsity": 0.5},
        {"batch_per_domain": True, "batch_size": 8},
        {"steps": 2},
    ],
)
def test_every_option_changes_the_weights_and_repeats_itself(images, initial, recipe):
    one, again = (tuned(images, initial, **recipe).network.state_dict() for _ in range(2))
    plain = tuned(images, initial).network.state_dict()
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert any(not torch.equal(one[name], plain[name]) for name in one)


# The optimiser, by hand: gradient g = 1, weight w = 2, λ = .5, η = .1, one step.


def stepped(recipe, steps=1):
    layer = nn.Linear(1, 1)
    nn.init.constant_(layer.weight, 2.0)
    nn.init.constant_(layer.bias, 2.0)
    optimiser = make_optimiser(layer, recipe)
    for _ in range(steps):
        layer.weight.grad, layer.bias.grad = torch.ones(1, 1), torch.ones(1)
        optimiser.step()
    return layer.weight.item(), layer.bias.item()


def test_decoupled_decay_shrinks_the_weight_and_leaves_the_gradient():
    # Adam's first step is η · g / |g| whatever g is; the decay comes on top: 2 (1 − ηλ) − η.
    assert stepped(Optimisation(opt="adamw", lr=0.1, weight_decay=0.5)) == pytest.approx((1.8, 1.9))


def test_coupled_decay_is_a_part_of_the_gradient():
    # One step of Adam cannot tell g from g + λw: both are η long. The second can.
    recipe = Optimisation(opt="adam", lr=0.1, weight_decay=0.5)
    assert stepped(recipe) == pytest.approx((1.9, 1.9))
    w = 1.9
    g1, g2 = 1 + 0.5 * 2, 1 + 0.5 * 1.9
    m = (0.9 * 0.1 * g1 + 0.1 * g2) / (1 - 0.9**2)
    v = (0.999 * 0.001 * g1**2 + 0.001 * g2**2) / (1 - 0.999**2)
    assert stepped(recipe, 2)[0] == pytest.approx(w - 0.1 * m / v**0.5, rel=1e-6)


def test_the_l2_term_of_sgd():
    recipe = Optimisation(opt="sgd", lr=0.1, weight_decay=0.5, momentum=0)
    assert stepped(recipe) == pytest.approx((2 - 0.1 * (1 + 0.5 * 2), 1.9))
    everything = recipe.model_copy(update={"filter_bias_and_bn": False})
    assert stepped(everything) == pytest.approx((1.8, 1.8))


def test_the_head_has_a_learning_rate_of_its_own():
    network = build(INFO)
    optimiser = make_optimiser(network, Optimisation(lr=0.1, head_lr_factor=10), "fc")
    rates = {id(p): group["lr"] for group in optimiser.param_groups for p in group["params"]}
    for name, parameter in network.named_parameters():
        assert rates[id(parameter)] == pytest.approx(1.0 if name.startswith("fc.") else 0.1)


def test_schedules():
    drop = Optimisation(sched="multistep", decay_milestones=(0.5, 0.8), decay_rate=0.1)
    lrs = [factor(drop, step, 0, 10) for step in range(10)]
    assert lrs == pytest.approx([1] * 5 + [0.1] * 3 + [0.01] * 2)
    assert {factor(Optimisation(sched="constant"), step, 0, 10) for step in range(10)} == {1.0}


# Dropout, counted.


def zeros_behind(network, modules, size=16, channels=1):
    """Return the share of zeros in what modules give, in training and in evaluation."""
    shares = {}
    for training in (True, False):
        shares[training] = []

        def count(module, inputs, output, found=shares[training]):
            found.append(float((output == 0).float().mean()))

        hooks = [module.register_forward_hook(count) for module in modules]
        network.train(training)(torch.randn(64, channels, size, size))
        for hook in hooks:
            hook.remove()
    return shares


@pytest.mark.parametrize("placement", ["head", "blocks", "everywhere"])
def test_dropout_acts_where_it_is_placed_in_a_residual_network(placement):
    torch.manual_seed(0)
    network = build(INFO, 0.5, placement)
    blocks = [network.get_submodule(f"layer{k}.0") for k in (1, 2, 3, 4)]
    shares = zeros_behind(network, blocks)
    for training, still in zip(shares[True], shares[False], strict=True):
        dropped = 0.5 * (1 - still) if placement != "head" else 0
        assert training - still == pytest.approx(dropped, abs=0.1 if placement == "head" else 0.05)
    assert network.drop_rate == (0 if placement == "blocks" else 0.5)


@pytest.mark.parametrize("placement", ["head", "blocks", "everywhere"])
def test_dropout_acts_where_it_is_placed_in_a_transformer(placement):
    torch.manual_seed(0)
    network = build(VIT, 0.5, placement)
    inner = [m for b in network.blocks for m in (b.attn.proj_drop, b.mlp.drop1, b.mlp.drop2)]
    shares = zeros_behind(network, inner, 32, 3)
    within = 0.5 if placement != "head" else 0.0
    assert shares[True] == pytest.approx([within] * 6, abs=0.02)
    assert shares[False] == [0.0] * 6
    head = zeros_behind(network, [network.head_drop], 32, 3)
    assert head[True][0] == pytest.approx(0 if placement == "blocks" else 0.5, abs=0.04)


def test_stochastic_depth_skips_blocks():
    torch.manual_seed(0)
    network = build(VIT, drop_path_rate=0.9)
    shares = zeros_behind(network, [network.blocks[-1].drop_path1], 32, 3)
    assert shares[True][0] == pytest.approx(0.9, abs=0.15)
    assert shares[False][0] == 0
    with pytest.raises(ValueError, match="drop_path_rate"):
        build(describe("vgg11", in_chans=3, num_classes=2), drop_path_rate=0.1)


def test_a_network_without_blocks_cannot_drop_in_them():
    with pytest.raises(ValueError, match="vgg11 has no blocks"):
        build(describe("vgg11", in_chans=3, num_classes=2), 0.5, "blocks")


# Batch norms, sparsity.


def test_frozen_batch_norms_keep_their_statistics_and_train_their_weights(images, initial):
    frozen = tuned(images, initial, freeze_bn=True, epochs=2).network
    free = tuned(images, initial, epochs=2).network
    names = [n for n, m in frozen.named_modules() if isinstance(m, _BatchNorm)]
    assert names
    for name in names:
        kept, moved = (n.state_dict()[f"{name}.running_mean"] for n in (frozen, free))
        assert torch.equal(kept, initial.tensors[f"{name}.running_mean"])
        assert not torch.equal(moved, initial.tensors[f"{name}.running_mean"])
        assert not torch.equal(
            frozen.state_dict()[f"{name}.weight"], initial.tensors[f"{name}.weight"]
        )


def test_pruned_weights_are_the_smallest_and_stay_zero(images, initial):
    network = tuned(images, initial, sparsity=0.75, lr=1e-2).network
    for name, weight in network.named_parameters():
        start = initial.tensors[name]
        share = float((weight == 0).float().mean())
        if weight.ndim < 2 or name.startswith("fc."):
            assert share < 0.5
            continue
        assert share == pytest.approx(0.75, abs=1 / weight.numel() + 1e-6)
        assert start[weight == 0].abs().max() <= start[weight != 0].abs().min()


def test_embeddings_of_positions_are_no_layers_to_prune():
    network = build(VIT)
    before = network.pos_embed.detach().clone()
    pruned = prune(network, 0.5, "head")
    assert torch.equal(network.pos_embed, before)
    names = {id(p): name for name, p in network.named_parameters()}
    assert {names[id(p)] for p, _ in pruned} == {
        "patch_embed.proj.weight",
        *(
            f"blocks.{k}.{layer}.weight"
            for k in (0, 1)
            for layer in ("attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2")
        ),
    }


def test_the_masks_of_a_training_that_goes_on_are_the_same():
    network = build(INFO)
    first = prune(network, 0.5, "fc")
    again = prune(network, 0.5, "fc")
    assert all(torch.equal(a[1], b[1]) for a, b in zip(first, again, strict=True))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1)
    keep_zero(first)
    assert all(((p == 0) == (mask == 0)).all() for p, mask in first)


# Order.


def test_an_epoch_has_every_image_once_and_the_next_another_order():
    batches = batches_of(23, None, 5, seed=1, epoch_size=None)
    epochs = [torch.cat([batches.of_step(4 * e + k) for k in range(4)]) for e in (0, 1)]
    assert all(len(set(epoch.tolist())) == 20 for epoch in epochs)  # three are left
    assert not torch.equal(*epochs)
    again = batches_of(23, None, 5, seed=1, epoch_size=None)
    assert torch.equal(again.of_step(6), batches.of_step(6))


def test_a_batch_has_as_many_images_of_every_domain():
    domains = np.repeat([0, 1, 2], [40, 10, 6])
    batches = batches_of(56, domains, 5, seed=1, epoch_size=50)
    assert batches.steps_per_epoch == 1  # the smallest domain's
    seen = [domains[batches.of_step(step)] for step in range(8)]
    assert all(np.bincount(batch).tolist() == [5, 5, 5] for batch in seen)
    # Each domain goes through all its own images before it starts again.
    large = np.concatenate([batches.of_step(step)[:5] for step in range(8)])
    assert sorted(large.tolist()) == list(range(40))
    again = np.concatenate([batches.of_step(step)[:5] for step in range(8, 16)])
    assert sorted(again.tolist()) == list(range(40)) and again.tolist() != large.tolist()
    # One smaller than a batch comes more than once.
    wide = batches_of(56, domains, 9, seed=1, epoch_size=None).of_step(0)[18:]
    assert set(wide.tolist()) == set(range(50, 56))


# Mixup and cutmix.


def batch(n=64):
    labels = torch.arange(n) % 3
    return labels.float().view(-1, 1, 1, 1).expand(-1, 2, 16, 12) / 2, labels


@pytest.mark.parametrize("alphas", [(0.4, 0), (0, 1.0), (0.4, 1.0)])
def test_mixed_labels_are_the_shares_of_the_pixels(alphas):
    pixels, labels = batch()
    recipe = Optimisation(mixup_alpha=alphas[0], cutmix_alpha=alphas[1])
    images, targets = mix(pixels, labels, 3, recipe, torch.Generator().manual_seed(0))
    assert torch.allclose(targets.sum(1), torch.ones(64))
    # A pixel is its label / 2, so that an image's mean is that of its labels.
    mean = (targets * torch.arange(3) / 2).sum(1)
    assert torch.allclose(images.mean((1, 2, 3)), mean, atol=1e-5)
    whole = ((images == 0) | (images == 0.5) | (images == 1)).flatten(1).all(1)
    cut = float(whole.float().mean())
    if alphas[0] and alphas[1]:
        assert 0.4 < cut < 0.9
    else:
        assert (cut == 1) if alphas[1] else (cut < 0.6)
    assert len({tuple(row.tolist()) for row in targets}) > 32  # a draw per image


def test_mixup_shares_follow_their_distribution():
    pixels, labels = torch.zeros(4000, 1, 2, 2), torch.arange(4000) % 2
    recipe = Optimisation(mixup_alpha=0.8)
    _, targets = mix(pixels, labels, 2, recipe, torch.Generator().manual_seed(1))
    own = targets[torch.arange(4000), labels].numpy()
    assert kstest(own, beta(0.8, 0.8).cdf).pvalue > 0.01


# Evaluations and what they choose.


def test_evaluations_by_steps_and_the_best_of_them(images, initial):
    short = tuned(images, initial, steps=7, eval_interval=3)
    assert [entry.step for entry in short.history] == [3, 6, 7]
    assert [entry.epoch for entry in short.history] == pytest.approx([1, 2, 7 / 3], abs=1e-5)
    assert short.selected is short.history[-1]
    best = tuned(images, initial, epochs=12, lr=3e-3, select="best")
    accuracies = [entry.val_accuracy for entry in best.history]
    assert best.selected == best.history[accuracies.index(max(accuracies))]
    network = make_live(best.network, INFO)
    found = validate(network, network.put(images.inputs), images.labels)
    assert found["val_accuracy"] == best.selected.val_accuracy


@pytest.mark.parametrize(
    ("recipe", "complaint"),
    [
        ({"dropout_placement": "tail"}, "head"),
        ({"steps": 0}, "greater than or equal to 1"),
        ({"decay_milestones": [1.5]}, "less than 1"),
        ({"mixup_alpha": -1}, "greater than or equal to 0"),
        ({"select": "ood"}, "last"),
    ],
)
def test_what_a_recipe_cannot_be(recipe, complaint):
    with pytest.raises(ValidationError, match=complaint):
        Recipe(**recipe)
