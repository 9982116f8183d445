import pytest
import torch
from pydantic import ValidationError
from torchvision.transforms.v2 import TrivialAugmentWide

from tests.helpers.augmenting import generator, levels
from weightscape.augment import trivial_augment
from weightscape.augment.gaussian_noise import GaussianNoise
from weightscape.augment.trivial_augment import TrivialAugment

torch.set_num_threads(1)
ORACLE = TrivialAugmentWide()
SPACE = dict(zip(trivial_augment.OPERATIONS, ORACLE._AUGMENTATION_SPACE.items(), strict=True))


# Gaussian noise


def test_noise_has_its_standard_deviation_and_is_clipped():
    noisy = GaussianNoise(sd=0.1)
    grey = torch.full((8, 1, 32, 32), 0.5)
    noise = noisy(grey, generator()) - grey
    # 8,192 values: the standard error of the deviation is 0.8 %.
    assert noise.std().item() == pytest.approx(0.1, rel=0.03)
    white = noisy(torch.ones(8, 1, 32, 32), generator())
    assert white.max() == 1 and 0.4 < (white == 1).float().mean() < 0.6


def test_noise_follows_the_generator_and_leaves_its_input():
    noisy, images = GaussianNoise(sd=0.3), torch.rand(4, 3, 8, 8, generator=generator())
    before = images.clone()
    first, again = (noisy(images, generator(1)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, noisy(images, generator(2)))
    assert torch.equal(images, before)


@pytest.mark.parametrize("sd", [0, -1, float("nan")])
def test_noise_needs_a_positive_deviation(sd):
    with pytest.raises(ValidationError):
        GaussianNoise(sd=sd)


@pytest.mark.parametrize("sd", [0.01, 0.03, 0.05])
def test_noise_in_eight_bits_has_whole_levels_and_its_standard_deviation(sd):
    images = levels(40, 3) / 255
    noisy = GaussianNoise(sd=sd, eight_bit=True)(images, generator())
    assert torch.equal((noisy * 255).round() / 255, noisy)
    inner = (images > 6 * sd) & (images < 1 - 6 * sd)
    change = (noisy - images)[inner]
    # Rounding adds the variance of a uniform error of one level.
    expected = (sd**2 + (1 / 255) ** 2 / 12) ** 0.5
    assert change.std().item() == pytest.approx(expected, rel=0.03)
    assert change.mean().abs() < 6 * expected / len(change) ** 0.5


def test_the_mildest_noise_leaves_the_image_nearly_plain():
    images = levels(20, 3) / 255
    noisy = GaussianNoise(sd=0.01, eight_bit=True)
    for _ in range(3):  # epochs: each starts from the plain image
        change = noisy(images, generator()) - images
        assert change.abs().max() < 0.06
        assert change.square().mean().sqrt() < 0.011


# TrivialAugment


def magnitude(name, strength, sign):
    """Return what torchvision's kernel is to be called with, rounding errors of float32 mended."""
    _, (magnitudes, signed) = SPACE[name]
    values = magnitudes(trivial_augment.STRENGTHS, 32, 32)
    if values is None:
        return 0.0
    if name.startswith("translate"):  # there, 15.999999 is cut to 15 pixels
        exact = 32 * strength / 30
    elif name == "solarize":
        exact = 255 * (30 - strength) / 30 / 255
    else:
        exact = values[strength].item()
    assert exact == pytest.approx(values[strength].item(), abs=1e-5)
    return exact * sign if signed else exact


# Torchvision rounds to whole levels at the end, twice for some, once per channel for colour.
TOLERANCE = dict.fromkeys(("brightness", "auto_contrast"), 1.001)
TOLERANCE |= dict.fromkeys(("color", "contrast", "sharpness"), 2.001)


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 32, 32), (3, 20, 27)])
@pytest.mark.parametrize("name", trivial_augment.OPERATIONS)
def test_operation_is_torchvisions(name, shape):
    images = levels(4, *shape)
    index, n = trivial_augment.OPERATIONS.index(name), len(images)
    theirs, (_, signed) = SPACE[name]
    for strength in range(trivial_augment.STRENGTHS):
        for sign in (1, -1) if signed else (1,):
            by = magnitude(name, strength, sign)
            expected = [
                ORACLE._apply_image_or_video_transform(
                    image, theirs, by, ORACLE.interpolation, ORACLE._fill
                )
                for image in images
            ]
            drawn = (torch.full((n,), value) for value in (index, strength, sign))
            found = trivial_augment.apply(images / 255, *drawn) * 255
            error = (found - torch.stack(expected)).abs().max().item()
            assert error <= TOLERANCE.get(name, 1e-3), (strength, sign)


def test_samples_of_a_mixed_batch_do_not_touch_one_another():
    n = 200
    images = levels(n, 3, 16, 16) / 255
    draws = [torch.randint(high, (n,), generator=generator(high)) for high in (14, 31, 2)]
    draws[2] = 2 * draws[2] - 1
    together = trivial_augment.apply(images, *draws)
    for i in range(n):
        alone = trivial_augment.apply(images[i : i + 1], *(draw[i : i + 1] for draw in draws))
        torch.testing.assert_close(alone[0], together[i], rtol=0, atol=1e-6)


def test_each_sample_has_a_draw_of_its_own():
    image = levels(3)[2:] / 255
    augmented = TrivialAugment()(image.expand(500, 1, 32, 32), generator())
    assert len(torch.unique(augmented.flatten(1), dim=0)) > 200
    assert augmented.min() >= 0 and augmented.max() <= 1
    # Identity and colour leave a grey image as it is; so does a strength of none.
    unchanged = (augmented - image).abs().amax((1, 2, 3)) < 1e-6
    assert 2 / 14 - 0.05 < unchanged.float().mean() < 3 / 14 + 0.1


def test_draws_are_uniform_over_operations_strengths_and_signs():
    draws = trivial_augment.draw(14_000, generator())
    for draw, values in zip(draws, (range(14), range(31), (-1, 1)), strict=True):
        found, counts = draw.unique(return_counts=True)
        assert found.tolist() == list(values)
        expected = len(draw) / len(found)
        # Six standard deviations of a Poisson count.
        assert (counts - expected).abs().max() < 6 * expected**0.5


def test_augmentation_follows_the_generator_and_leaves_its_input():
    images = levels(32, 3) / 255
    before = images.clone()
    augment = TrivialAugment()
    first, again = (augment(images, generator(1)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, augment(images, generator(2)))
    assert torch.equal(images, before)


def test_an_empty_batch_stays_empty():
    empty = torch.zeros(0, 1, 32, 32)
    assert TrivialAugment()(empty, generator()).shape == empty.shape
