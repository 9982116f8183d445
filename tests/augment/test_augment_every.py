"""What every augmentation keeps to."""

import subprocess
import sys

import pytest
import torch

from tests.helpers.augmenting import generator, levels
from weightscape.augment.chain import chain
from weightscape.config.augmentation import Augmentation
from weightscape.config.plugins import make_plugin, plugin_names
from weightscape.config.recipe import Optimisation
from weightscape.config.shift import Shift

torch.set_num_threads(1)

OPTIONS = {"gaussian_noise": {"sd": 0.1}}
# Options under which an image has hardly a chance to stay as it is or to equal another.
STRONG = OPTIONS | {
    "random_grayscale": {"p": 0.5},
    "random_erasing": {"p": 1},
    "elastic": {"sigma": 3},
    "rand_augment": {"num_ops": 4, "magnitude": 17},
}
# Different results of one image in a hundred; 60 for the others.
LEAST = dict.fromkeys(("horizontal_flip", "vertical_flip", "random_grayscale"), 2)
LEAST |= dict.fromkeys(("auto_augment", "random_shift"), 25)
NAMES = plugin_names(Augmentation)
SHAPES = [(1, 32, 32), (3, 32, 32), (3, 20, 27), (1, 27, 20)]


def augmenting(name, options=OPTIONS):
    return make_plugin(Augmentation, name, options.get(name))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_images_keep_shape_and_range_and_the_input_stays(name, shape):
    augment, images = augmenting(name), levels(16, *shape) / 255
    before = images.clone()
    augmented = augment(images, generator(3))
    assert augmented.shape == images.shape and augmented.dtype == torch.float32
    assert augmented.min() >= 0 and augmented.max() <= 1
    assert torch.equal(images, before)
    assert augmented.data_ptr() != images.data_ptr()


@pytest.mark.parametrize("name", NAMES)
def test_draws_follow_the_generator_and_not_the_layout_in_memory(name):
    augment, images = augmenting(name), levels(32, 3, 20, 27) / 255
    first, again = (augment(images, generator(1)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, augment(images, generator(2)))
    channels_last = images.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(augment(channels_last, generator(1)), first, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_of_a_batch_has_a_draw_of_its_own(name):
    image = levels(3, 3)[1:2] / 255
    augmented = augmenting(name, STRONG)(image.expand(100, -1, -1, -1), generator())
    distinct = len(augmented.flatten(1).mul(1000).round().unique(dim=0))
    assert distinct >= LEAST.get(name, 60)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_does_not_depend_on_the_others(name):
    augment, images = augmenting(name, STRONG), levels(30, 3) / 255
    others = images.flip(0)
    others[7] = images[7]
    for seed in range(3):
        first, second = (augment(batch, generator(seed))[7] for batch in (images, others))
        torch.testing.assert_close(first, second, rtol=0, atol=1e-5)


@pytest.mark.parametrize("n", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_a_batch_may_have_one_sample_or_none(name, n):
    images = levels(4, 3)[1 : 1 + n] / 255
    for seed in range(20):
        assert augmenting(name)(images, generator(seed)).shape == images.shape


@pytest.mark.parametrize("name", NAMES)
def test_augmentation_changes_most_images_and_not_beyond_recognition(name):
    images = levels(2, 3)[1:2].expand(200, -1, -1, -1) / 255
    change = (
        (augmenting(name, STRONG)(images, generator()) - images).square().mean((1, 2, 3)).sqrt()
    )
    assert (change > 1e-3).float().mean() > 0.35
    # Two unrelated images of even noise differ by 0.41.
    assert change.mean() < 0.41


def test_a_recipe_applies_its_augmentations_in_turn_to_the_original():
    images = levels(16, 3) / 255
    before = images.clone()
    auto1 = {"auto_augment": {}, "gaussian_noise": {"sd": 0.05, "eight_bit": True}}
    augment = chain(Optimisation(augment=auto1).augmentations, generator(5))
    first, second = augment(images), augment(images)
    draws = generator(5)
    for augmented in (first, second):
        drawn = augmenting("auto_augment")(before, draws)
        expected = augmenting("gaussian_noise", auto1)(drawn, draws)
        assert torch.equal(augmented, expected)
    assert not torch.equal(first, second)
    assert torch.equal(images, before)


@pytest.mark.parametrize("kind", [Augmentation, Shift])
def test_the_planner_imports_nothing_heavy(kind):
    heavy, names = {"torch", "torchvision", "numpy", "scipy", "PIL"}, plugin_names(kind)
    assert names
    code = (
        f"import sys\nfrom {kind.__module__} import {kind.__name__}\n"
        "from weightscape.config.plugins import find_plugin\n"
        f"assert all([find_plugin({kind.__name__}, name) for name in {names}])\n"
        f"print(*sorted({heavy} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
