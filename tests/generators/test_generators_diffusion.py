"""The generator that trains a network: what it learns, follows, and goes on from."""

import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from weightscape.data.digits import Digits
from weightscape.data.examples import Examples
from weightscape.generators import _flow
from weightscape.generators._flow import Integration, follow
from weightscape.generators._size import enlarge_images, shrink_images
from weightscape.generators._unet import UNet, waves
from weightscape.generators.diffusion import Diffusion
from weightscape.generators.model import Setting
from weightscape.train.state import Keeper

SMALL = Diffusion(
    channels=16, multipliers=(1, 1), steps=150, warmup_steps=10, batch_size=32, sampling_steps=5
)
CLASSES = ("dark", "bright")


def shades(n=40):
    """Return images of two classes around two greys, 8 by 8 pixels that were 4 by 4."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    pixels = rng.normal(np.where(labels, 0.8, 0.3)[:, None, None, None], 0.05, (n, 1, 4, 4))
    return Examples(enlarge_images(pixels, (8, 8)), labels, CLASSES)


def setting(seed=0, **values):
    return Setting(CLASSES, (1, 8, 8), seed, **values)


@pytest.fixture(scope="module")
def model():
    return SMALL.fit(shades(), setting())


def test_images_come_back_from_the_size_that_they_were_enlarged_from():
    small = load_digits().images[:50, None] / 16
    images = Digits(image_size=32)(None, 0).inputs[:50]
    assert np.array_equal(enlarge_images(small, (32, 32)), images)
    found = shrink_images(images, (8, 8))
    assert np.abs(found - small).max() < 0.5 / 16
    assert np.array_equal(enlarge_images(np.rint(found * 16) / 16, (32, 32)), images)
    colour = images[:3, :, :20].repeat(3, 1)
    np.testing.assert_allclose(shrink_images(colour, (20, 32)), colour / 255, atol=1e-12)
    assert np.array_equal(enlarge_images(colour / 255, (20, 32)), colour)


class Straight:
    """Stands for a perfectly trained network, where images are normal with known moments."""

    no_class = 2

    def __init__(self, means, sd):
        self.means, self.sd = torch.tensor(means), sd

    def __call__(self, x, times, labels):
        # E[e − x0 | x] for x = (1 − t) x0 + t e, x0 normal and e standard normal.
        t, mean = times.view(-1, 1, 1, 1), self.means[labels].view(-1, 1, 1, 1)
        along = (t - (1 - t) * self.sd**2) / ((1 - t) ** 2 * self.sd**2 + t**2)
        return along * (x - (1 - t) * mean) - mean


@pytest.mark.parametrize("sd", [0.05, 0.3, 1.0, 1.5])
def test_noise_flows_to_images_with_their_moments(sd):
    noise = torch.linspace(-2, 2, 9).view(9, 1, 1, 1)
    labels = torch.arange(9) % 2
    network = Straight([-1.0, 3.0, 0.0], sd)

    def error(solver, steps):
        integration = Integration(solver, steps)
        exact = network.means[labels].view_as(noise) + sd * noise
        return float((follow(network, noise, labels, integration) - exact).abs().max()) / (2 * sd)

    assert error("heun", 20) < 0.01
    assert error("heun", 80) < error("heun", 20) / 3
    assert 0.03 < error("euler", 20) < 0.2
    assert error("euler", 80) == pytest.approx(error("euler", 20) / 4, rel=0.4)


def test_guidance_goes_beyond_the_class_away_from_no_class():
    class Constant:
        no_class = 2

        def __call__(self, x, times, labels):
            return torch.tensor([1.0, 2.0, 5.0])[labels].view(-1, 1, 1, 1).expand_as(x)

    start, labels = torch.zeros(2, 1, 1, 1), torch.tensor([0, 1])
    for guidance, expected in ((0, [-1.0, -2.0]), (1.5, [5.0, 2.5])):
        # From time 1 to 0: minus the velocity (1 + w) v(class) − w v(no class).
        found = follow(Constant(), start, labels, Integration(guidance=guidance))
        torch.testing.assert_close(found.flatten(), torch.tensor(expected))


def test_the_network_knows_time_and_class():
    torch.manual_seed(0)
    network = UNet(3, 4, (8, 16, 24)).eval()
    x = torch.randn(2, 3, 8, 12)
    for layer in network.modules():  # those that start at zero would hide what lies behind them
        if isinstance(layer, torch.nn.Conv2d) and not layer.weight.any():
            torch.nn.init.normal_(layer.weight)
    out = network(x, torch.tensor([0.1, 0.9]), torch.tensor([0, network.no_class]))
    assert out.shape == x.shape
    for times, labels in (([0.2, 0.9], [0, 4]), ([0.1, 0.9], [1, 4])):
        other = network(x, torch.tensor(times), torch.tensor(labels))
        assert not torch.allclose(other[0], out[0], atol=1e-3)
        torch.testing.assert_close(other[1], out[1])
    with pytest.raises(IndexError):
        network(x, torch.zeros(2), torch.tensor([0, 5]))


def test_waves_are_cosines_and_sines_of_falling_frequency():
    found = waves(torch.tensor([0.0, 0.5]), 4).numpy()
    np.testing.assert_allclose(found[0], [1, 1, 0, 0])
    angles = np.array([500, 5.0])
    np.testing.assert_allclose(found[1], [*np.cos(angles), *np.sin(angles)], atol=1e-4)


def test_it_learns_the_classes_and_their_spread(model):
    images = [SMALL.sampler(model, setting())(label, range(64)) / 255 for label in (0, 1)]
    for pixels, mean in zip(images, (0.3, 0.8), strict=True):
        assert pixels.mean() == pytest.approx(mean, abs=0.03)
        assert 0.02 < pixels.std() < 0.1
    assert model.facts["size"] == (8, 8) and 0 < model.facts["loss"] < 1
    assert model.facts["parameters"] == sum(array.size for array in model.arrays.values())


def test_at_an_image_size_of_its_own_images_are_as_smooth_as_the_real_ones():
    generator = SMALL.model_copy(update={"image_size": 4, "steps": 60})
    found = generator.fit(shades(), setting())
    assert found.facts["size"] == (4, 4)
    images = generator.sampler(found, setting())(1, range(20))
    assert images.shape == (20, 1, 8, 8)
    again = enlarge_images(shrink_images(images, (4, 4)), (8, 8))
    assert np.abs(again.astype(int) - images).max() <= 1


def test_weights_and_images_follow_the_seed(model):
    same, other = (SMALL.fit(shades(), setting(seed)) for seed in (0, 1))
    assert all(np.array_equal(same.arrays[name], model.arrays[name]) for name in model.arrays)
    assert not np.array_equal(other.arrays["enter.weight"], model.arrays["enter.weight"])
    draws = [SMALL.sampler(model, setting(seed))(0, range(3)) for seed in (0, 0, 1)]
    assert np.array_equal(draws[0], draws[1]) and not np.array_equal(draws[0], draws[2])


def test_an_image_is_the_same_whichever_others_are_drawn(model):
    draw = SMALL.sampler(model, setting())
    many = draw(1, range(150))
    for indices in (range(1), range(3), range(60, 70), range(149, 150), range(64, 128)):
        found = SMALL.sampler(model, setting())(1, indices)
        assert np.array_equal(found, many[indices.start : indices.stop])
    assert len(np.unique(many.reshape(150, -1), axis=0)) == 150
    assert not np.array_equal(draw(0, range(3)), many[:3])


def test_guidance_changes_images_without_another_training(model):
    guided = SMALL.model_copy(update={"guidance": 2.0, "solver": "euler"})
    found = guided.sampler(model, setting())(0, range(4))
    assert not np.array_equal(found, SMALL.sampler(model, setting())(0, range(4)))


KILLED = """
import sys
from functools import partial
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_generators_diffusion import LONG, Keeper, _flow, setting, shades
_flow.Keeper = partial(Keeper, seconds=0)
LONG.fit(shades(), setting(state=Path(sys.argv[2]), identity="x"))
"""
LONG = SMALL.model_copy(update={"steps": 320, "ema": 0.9})


def test_a_training_that_is_killed_goes_on_to_the_same_weights(tmp_path, caplog, monkeypatch):
    path = tmp_path / "state.safetensors"
    training = subprocess.Popen([sys.executable, "-c", KILLED, Path(__file__).parent, path])
    while not path.exists():
        assert training.poll() is None
        time.sleep(0.001)
    training.kill()
    assert training.wait() == -signal.SIGKILL
    monkeypatch.setattr(_flow, "Keeper", partial(Keeper, seconds=1e9))
    with caplog.at_level("INFO"):
        resumed = LONG.fit(shades(), setting(state=path, identity="x"))
    assert "goes on after" in caplog.text and "step 50 of 320" not in caplog.text
    assert "step 320 of 320: loss" in caplog.text and "0:00:00 left" in caplog.text
    whole = LONG.fit(shades(), setting())
    assert resumed.facts == whole.facts
    assert all(np.array_equal(resumed.arrays[name], whole.arrays[name]) for name in whole.arrays)
    with caplog.at_level("INFO"):
        LONG.shrink().fit(shades(), setting(state=path, identity="y"))
    assert "left aside" in caplog.text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"image_size": 16}, "image_size 16 is larger than the images, which are 8 by 8"),
        ({"image_size": 6, "multipliers": (1, 1, 1)}, "6 by 6 .* 3 multipliers"),
        ({"multipliers": (1, 1, 1, 1, 1)}, "8 by 8 .* 5 multipliers"),
    ],
)
def test_a_size_that_cannot_be_is_named(values, words):
    with pytest.raises(ValueError, match=words):
        SMALL.model_copy(update=values).fit(shades(), setting())


def test_a_diverged_loss_is_named():
    generator = SMALL.model_copy(update={"lr": 1e30, "warmup_steps": 0})
    with pytest.raises(FloatingPointError, match=r"step 50; lower lr .1e\+30"):
        generator.fit(shades(), setting())


def test_images_of_one_value_can_be_learned():
    flat = Examples(np.full((4, 3, 8, 8), 51, np.uint8), np.arange(4) % 2, CLASSES)
    generator = SMALL.shrink()
    found = generator.fit(flat, Setting(CLASSES, (3, 8, 8), 0))
    images = generator.sampler(found, Setting(CLASSES, (3, 8, 8), 0))(0, range(2))
    assert np.array_equal(images, flat.inputs[:2])
