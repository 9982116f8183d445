"""Batch norms of combined networks: statistics that are their own, seen as in training."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import update_bn

from weightscape.config.place import Place
from weightscape.config.recipe import SHOWN, Recipe
from weightscape.config.run import RunId
from weightscape.data.digits import Digits
from weightscape.data.examples import Examples
from weightscape.network.average import average, interpolate
from weightscape.network.build import describe, initialise, restore
from weightscape.network.predict import predict
from weightscape.network.saved import SavedNetwork
from weightscape.train.batch_norm import Shown, recompute_bn, shown_to
from weightscape.train.batches import batches_of
from weightscape.train.finetune import finetune, streams_of
from weightscape.train.loop import TrainingData

PLACE = Place("cpu", 1)
INFO = describe("resnet10t", 1, 10, model_args={"channels": [8, 16, 32, 64]})
RECIPE = Recipe(epochs=4, batch_size=32, lr=3e-3)


def digits(turns=0):
    """Return training and test digits of 16 pixels, turned by so many quarters."""
    images = Digits(image_size=16)(None, 0)
    turned = np.ascontiguousarray(np.rot90(images.inputs, turns, (2, 3)))
    examples = Examples(turned, images.labels, images.classes)
    return examples.subset(np.arange(600)), examples.subset(np.arange(600, 1100))


def trained(start, data, recipe=RECIPE):
    tuned = finetune(start, TrainingData(*data), recipe, streams_of("digits", 1, 0), PLACE)
    return SavedNetwork(tuned.network.state_dict(), INFO)


@pytest.fixture(scope="module")
def ends():
    """Return a network that knows turned digits, and what upright ones make of it."""
    torch.set_num_threads(1)
    random = SavedNetwork(initialise(INFO, 1, {}).state_dict(), INFO)
    start = trained(random, digits(turns=1))
    return start, trained(start, digits())


def halfway(ends, share=0.5):
    return SavedNetwork(interpolate(ends[0].tensors, ends[1].tensors, share), INFO)


def quality(network, examples):
    """Return accuracy and loss."""
    live = restore(network)
    logits = predict(live, live.put(examples.inputs))
    loss = cross_entropy(torch.from_numpy(logits), torch.from_numpy(examples.labels))
    return (logits.argmax(1) == examples.labels).mean(), loss.item()


def shown(recipe=RECIPE, examples=None):
    return [Shown(examples or digits()[0], recipe)]


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def statistics(network):
    return {k: t for k, t in network.tensors.items() if "running" in k or "num_batches" in k}


def test_half_way_between_two_networks_statistics_of_its_own_are_far_better(ends):
    test = digits()[1]
    averaged = halfway(ends)
    recomputed = recompute_bn(averaged, shown(), 0, PLACE)
    (before, loss), (after, lower) = quality(averaged, test), quality(recomputed, test)
    assert after > before + 0.02
    assert lower < 0.8 * loss
    # Of a network that was trained with them they are nearly those that it has.
    own, again = quality(ends[1], test), quality(recompute_bn(ends[1], shown(), 0, PLACE), test)
    assert abs(own[0] - again[0]) < 0.02


def test_weights_stay_and_equal_seeds_give_equal_statistics(ends):
    recipe = Recipe(batch_size=32, augment={"trivial_augment": {}}, mixup_alpha=0.3)
    averaged = halfway(ends)
    one, again, other = (
        recompute_bn(averaged, shown(recipe), seed, PLACE).tensors for seed in (1, 1, 2)
    )
    assert same(one, again) and not same(one, other)
    changed = {name for name in one if not torch.equal(one[name], averaged.tensors[name])}
    assert changed == {*statistics(averaged)}
    assert not same(one, recompute_bn(averaged, shown(), 1, PLACE).tensors)


def test_statistics_are_those_of_update_bn(ends):
    """The oracle is torch's function on batches made by hand, and sums over what a layer sees."""
    images, averaged = digits()[0], halfway(ends)
    order = batches_of(len(images), None, 32, 5, None)
    pixels = torch.from_numpy(images.inputs).float() / 255
    loader = [(pixels[order.of_step(step)] - 0.5) / 0.5 for step in range(600 // 32)]
    theirs = restore(averaged).module
    first = next(m for m in theirs.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm))
    seen = []
    first.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))
    update_bn(loader, theirs)
    ours = recompute_bn(averaged, shown(), 5, PLACE).tensors
    for name, tensor in theirs.state_dict().items():
        torch.testing.assert_close(ours[name], tensor, rtol=1e-5, atol=1e-6)
    mean = torch.stack([batch.mean((0, 2, 3)) for batch in seen]).mean(0)
    variance = torch.stack([batch.var((0, 2, 3)) for batch in seen]).mean(0)
    torch.testing.assert_close(first.running_mean, mean, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(first.running_var, variance, rtol=1e-4, atol=1e-5)
    assert first.num_batches_tracked == 18


def test_frozen_statistics_stay_and_so_does_what_has_none(ends):
    averaged = halfway(ends)
    frozen = Recipe(batch_size=32, freeze_bn=True)
    assert recompute_bn(averaged, shown(frozen) * 2, 0, PLACE) is averaged
    assert recompute_bn(averaged, [], 0, PLACE) is averaged
    # One that did not freeze them has seen batches.
    mixed = recompute_bn(averaged, shown(frozen) + shown(), 0, PLACE)
    assert not same(statistics(mixed), statistics(averaged))
    info = describe("test_vit", 1, 10, img_size=32)
    without = SavedNetwork(initialise(info, 1, {}).state_dict(), info)
    assert same(recompute_bn(without, shown(), 0, PLACE).tensors, without.tensors)


def test_nothing_is_dropped_meanwhile():
    plain = describe("test_efficientnet", 1, 10)
    network = SavedNetwork(initialise(plain, 1, {}).state_dict(), plain)
    skips = plain.model_copy(update={"model_args": {"drop_path_rate": 0.9}})
    found = [
        recompute_bn(network._replace(info=info), shown(), 0, PLACE).tensors
        for info in (plain, skips)
    ]
    assert same(*found)
    assert not same(statistics(network), statistics(SavedNetwork(found[0], plain)))


def test_the_runs_take_turns_and_equal_ones_make_one_pass(ends):
    averaged, images = halfway(ends), digits()[0]
    # Dark images, and as many bright ones.
    dark, bright = (
        Shown(Examples(np.full_like(images.inputs, grey), images.labels, images.classes), RECIPE)
        for grey in (55, 155)
    )

    def mean_of(members):
        return recompute_bn(averaged, members, 0, PLACE).tensors["conv1.1.running_mean"]

    alone = [mean_of([one]) for one in (dark, bright)]
    torch.testing.assert_close(mean_of([dark, bright]), (alone[0] + alone[1]) / 2)
    two_of_three = (alone[0] + 2 * alone[1]) / 3
    torch.testing.assert_close(mean_of([dark, bright, bright]), two_of_three)
    assert torch.equal(mean_of([dark] * 3), alone[0])


def test_runs_of_equal_recipes_share_their_images():
    images = digits()[0]
    made = Examples(images.inputs[:200] // 2, images.labels[:200], images.classes)
    recipes = [RECIPE, Recipe(**RECIPE.slice()), Recipe(synthetic={"mixture": 0.2})]
    one, two, other = shown_to(recipes, images, {"mixture": made}, RunId("digits", "b", "c", 1))
    assert one is two and one.training is images
    assert len(other.training) > len(images)
    assert other.training.domain_names == ("", "synthetic")


def test_a_pass_takes_the_largest_domain_along():
    """A step of a batch per domain shows a small domain again before a large one has been seen."""
    images = digits()[0]
    domains = (np.arange(600) < 40).astype(np.int64)
    apart = Examples(images.inputs, images.labels, images.classes, domains, ("large", "small"))
    network = SavedNetwork(initialise(INFO, 1, {}).state_dict(), INFO)
    recipe = Recipe(batch_size=32, batch_per_domain=True)
    found = recompute_bn(network, shown(recipe, apart), 0, PLACE).tensors
    assert found["bn1.num_batches_tracked"] == 560 // 32


def test_the_mean_of_equal_networks_is_the_network_with_its_statistics_recomputed(ends):
    mean = SavedNetwork(average([ends[1].tensors] * 3), INFO)
    found = [recompute_bn(network, shown(), 0, PLACE).tensors for network in (mean, ends[1])]
    assert same(*found)


def test_every_key_of_a_recipe_is_one_that_batch_norms_see_or_not():
    """A new key that changes what a network is shown belongs to `SHOWN`."""
    unseen = {
        "opt", "lr", "head_lr_factor", "weight_decay", "filter_bias_and_bn", "momentum", "epochs",
        "steps", "steps_factor", "sched", "decay_milestones", "decay_rate", "warmup_epochs",
        "eval_interval", "label_smoothing", "sparsity", "select", "amp", "dropout",
        "dropout_placement", "drop_path_rate", "pretrained", "data_order",
    }  # fmt: skip
    assert {*Recipe.model_fields} == {*SHOWN} | unseen
