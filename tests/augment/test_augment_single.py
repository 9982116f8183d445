"""Augmentations of one kind each, beside torchvision's."""

import pytest
import torch
from pydantic import ValidationError
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

from tests.helpers.augmenting import generator, levels
from weightscape.augment import _rectangles, color_jitter, elastic, random_resized_crop
from weightscape.augment.color_jitter import ColorJitter
from weightscape.augment.elastic import Elastic
from weightscape.augment.horizontal_flip import HorizontalFlip
from weightscape.augment.random_erasing import RandomErasing
from weightscape.augment.random_grayscale import RandomGrayscale
from weightscape.augment.random_resized_crop import RandomResizedCrop
from weightscape.augment.vertical_flip import VerticalFlip

torch.set_num_threads(1)

SIZES = [(32, 32), (20, 27), (40, 16)]


def smooth(n, channels, height, width):
    coarse = torch.rand((n, channels, 5, 5), generator=generator())
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")


# Flips and loss of colour

FLIPS = [
    (HorizontalFlip, functional.horizontal_flip),
    (VerticalFlip, functional.vertical_flip),
    (RandomGrayscale, lambda image: functional.rgb_to_grayscale(image, 3)),
]


@pytest.mark.parametrize(("plugin", "theirs"), FLIPS)
@pytest.mark.parametrize("p", [0, 0.3, 1])
def test_as_many_images_as_asked_for_are_changed_as_torchvision_does(plugin, theirs, p):
    n = 2000
    images = torch.rand((n, 3, 6, 5), generator=generator())
    augmented = plugin(p=p)(images, generator(1))
    changed = (augmented != images).flatten(1).any(1)
    torch.testing.assert_close(augmented[changed], theirs(images[changed]))
    assert changed.float().mean().item() == pytest.approx(p, abs=6 * (p * (1 - p) / n) ** 0.5)


def test_grey_images_have_no_colour_to_lose():
    images = levels(8) / 255
    assert torch.equal(RandomGrayscale(p=1)(images, generator()), images)


@pytest.mark.parametrize("plugin", [HorizontalFlip, VerticalFlip, RandomGrayscale])
@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_a_probability_is_one(plugin, p):
    with pytest.raises(ValidationError):
        plugin(p=p)


# Rectangles: crops and erasing


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("antialias", [True, False])
def test_a_crop_is_torchvisions(size, antialias):
    images = torch.rand((60, 3, *size), generator=generator())
    parts = RandomResizedCrop(scale=(0.05, 1)).draw(60, size, generator())
    found = random_resized_crop.crop(images, parts)
    for image, cropped, *part in zip(images, found, *parts, strict=True):
        sides = [side.item() for side in part]
        expected = functional.resized_crop(image, *sides, size=size, antialias=antialias)
        torch.testing.assert_close(cropped, expected, rtol=0, atol=1e-5)


def quartiles(values):
    return torch.tensor(values, dtype=torch.float64).quantile(
        torch.tensor([0.1, 0.25, 0.5, 0.75, 0.9], dtype=torch.float64)
    )


@pytest.mark.parametrize("size", SIZES)
def test_crops_are_drawn_as_torchvisions(size):
    n, side = 3000, max(size)
    ours = RandomResizedCrop().draw(n, size, generator())
    torch.manual_seed(0)
    oracle = v2.RandomResizedCrop(size, scale=(0.7, 1.0))
    drawn = [oracle.make_params([torch.zeros(3, *size)]) for _ in range(n)]
    for name in ("top", "left", "height", "width"):
        found = quartiles(getattr(ours, name).tolist())
        assert (found - quartiles([draw[name] for draw in drawn])).abs().max() <= 0.04 * side
    assert (ours.top + ours.height <= size[0]).all() and (ours.left + ours.width <= size[1]).all()
    assert min(side.min().item() for side in ours) >= 0


def test_a_crop_that_nothing_fits_is_the_largest_allowed_in_the_middle():
    # A part as wide as it is high, of at least 90 % of an image twice as wide as high.
    augment = RandomResizedCrop(scale=(0.9, 1), ratio=(1, 1))
    for size, expected in (((10, 21), (0, 5, 10, 10)), ((21, 10), (5, 0, 10, 10))):
        drawn = augment.draw(3, size, generator())
        assert torch.stack(drawn, 1).tolist() == [list(expected)] * 3
        theirs = v2.RandomResizedCrop(size, scale=(0.9, 1), ratio=(1, 1))
        params = theirs.make_params([torch.zeros(3, *size)])
        assert tuple(params[key] for key in ("top", "left", "height", "width")) == expected


@pytest.mark.parametrize("size", SIZES)
def test_rectangles_are_erased_as_torchvisions_are_drawn(size):
    n = 3000
    torch.manual_seed(0)
    oracle = v2.RandomErasing(p=1)
    drawn = [oracle.make_params([torch.zeros(3, *size)]) for _ in range(n)]
    found = RandomErasing(p=1).draw(n, size, generator())
    for ours, theirs in (("top", "i"), ("left", "j"), ("height", "h"), ("width", "w")):
        expected = quartiles([draw[theirs] for draw in drawn])
        assert (quartiles(getattr(found, ours).tolist()) - expected).abs().max() <= 0.04 * max(size)
    images = torch.rand((n, 2, *size), generator=generator())
    erased = RandomErasing(value=0.25).erase(images, found)
    for i in range(50):
        top, left, height, width = (side[i].item() for side in found)
        expected = functional.erase(images[i], top, left, height, width, torch.tensor(0.25))
        assert torch.equal(erased[i], expected)


def test_as_many_images_as_asked_for_are_erased():
    images = torch.ones(2000, 1, 16, 16)
    for p in (0, 0.3, 1):
        erased = RandomErasing(p=p)(images, generator())
        share = (erased == 0).flatten(1).any(1).float().mean().item()
        assert share == pytest.approx(p, abs=6 * (p * (1 - p) / 2000) ** 0.5)


def test_a_rectangle_that_does_not_fit_is_not_erased():
    images = torch.ones(5, 1, 16, 16)
    augment = RandomErasing(p=1, scale=(1, 1), ratio=(1, 1))
    assert torch.equal(augment(images, generator()), images)


def test_the_ratio_of_what_is_erased_is_height_over_width():
    augment = RandomErasing(p=1, scale=(0.1, 0.2), ratio=(2, 3))
    drawn = augment.draw(200, (200, 200), generator())
    ratio = drawn.height / drawn.width
    assert ratio.min() >= 1.95 and ratio.max() <= 3.05


def test_rectangles_lie_anywhere_with_equal_chance():
    n = 8000
    drawn = _rectangles.draw(n, (8, 8), (8, 8), (0.4, 0.4), (1, 1), (0, 0), generator())
    assert set(drawn.height.tolist()) == set(drawn.width.tolist()) == {5}
    counts = (4 * drawn.top + drawn.left).bincount()
    assert len(counts) == 16 and (counts - n / 16).abs().max() < 6 * (n / 16) ** 0.5


@pytest.mark.parametrize("plugin", [RandomResizedCrop, RandomErasing])
@pytest.mark.parametrize(
    "options", [{"scale": (0.5, 0.4)}, {"scale": (0, 1)}, {"scale": (0.5, 1.2)}, {"ratio": (2, 1)}]
)
def test_rectangles_need_a_least_and_a_largest_value(plugin, options):
    with pytest.raises(ValidationError):
        plugin(**options)


# Colour jitter

CHANGES = [
    functional.adjust_brightness,
    functional.adjust_contrast,
    functional.adjust_saturation,
    functional.adjust_hue,
]


@pytest.mark.parametrize("channels", [1, 3])
def test_changes_of_colour_are_torchvisions_in_any_order(channels):
    n = 150
    images = torch.rand((n, channels, 9, 11), generator=generator())
    images[0], images[1, :, :5] = 0.5, images[1, :1, :5]  # grey pixels have no hue
    order, sizes = ColorJitter(brightness=2, hue=0.5).draw(n, generator())
    found = color_jitter.apply(images, order, sizes)
    for image, changed, places, by in zip(images, found, order, sizes, strict=True):
        for place in places:
            image = CHANGES[place](image, by[place].item())
        torch.testing.assert_close(changed, image, rtol=0, atol=1e-5)


def test_orders_and_sizes_of_changes_are_uniform():
    n = 24_000
    augment = ColorJitter(brightness=0.2, contrast=1.5, saturation=0, hue=0.1)
    order, sizes = augment.draw(n, generator())
    found, counts = order.unique(dim=0, return_counts=True)
    assert len(found) == 24 and (counts - n / 24).abs().max() < 6 * (n / 24) ** 0.5
    for index, (least, most) in enumerate(((0.8, 1.2), (0, 2.5), (1, 1), (-0.1, 0.1))):
        drawn = sizes[:, index].double().sort().values
        uniform = torch.linspace(least, most, n, dtype=torch.float64)
        assert (drawn - uniform).abs().max() <= 0.015 * (most - least) + 1e-6
    assert sizes.T.corrcoef()[0, 3].abs() < 6 / n**0.5


def test_no_change_is_none():
    images = torch.rand((20, 3, 8, 8), generator=generator())
    augment = ColorJitter(brightness=0, contrast=0, saturation=0, hue=0)
    unchanged = augment(images, generator())
    torch.testing.assert_close(unchanged, images, rtol=0, atol=1e-5)


# Elastic deformation


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", SIZES)
def test_deformation_is_torchvisions(size, interpolation):
    # Its mirror is as wide as the image at the most, which limits its kernel.
    oracle = v2.ElasticTransform(40.0, 1.8, interpolation)
    augment = Elastic(sigma=1.8, interpolation=interpolation)
    images = smooth(3, 3, *size)
    torch.manual_seed(0)
    theirs = oracle.make_params([images])["displacement"]
    torch.manual_seed(0)
    noise = 2 * torch.cat([torch.rand(1, 1, *size) for _ in range(2)], 1) - 1
    ours = augment.smooth(noise)
    torch.testing.assert_close(ours.permute(0, 2, 3, 1), theirs, rtol=0, atol=1e-6)
    expected = oracle.transform(images, {"displacement": theirs}).clamp(0, 1)
    found = elastic.warp(images, ours.expand(3, -1, -1, -1), interpolation)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", SIZES)
def test_an_image_ends_as_torchvisions_does(size, interpolation):
    """Fields that lead out of the image everywhere, each image with its own."""
    oracle = v2.ElasticTransform(interpolation=interpolation)
    images = torch.rand((8, 3, *size), generator=generator())
    fields = 0.8 * torch.rand((8, 2, *size), generator=generator(1)) - 0.4
    theirs = fields.permute(0, 2, 3, 1)
    expected = torch.cat(
        [
            oracle.transform(image[None], {"displacement": field[None]})
            for image, field in zip(images, theirs, strict=True)
        ]
    ).clamp(0, 1)
    assert torch.equal(elastic.warp(images, fields, interpolation), expected)
    # Without a colour to fill with, the border is another one.
    bare = functional.elastic(images[:1], theirs[:1], interpolation=interpolation).clamp(0, 1)
    assert (bare - expected[:1]).abs().max() > 0.1


def test_the_default_deformation_is_torchvisions():
    oracle = v2.ElasticTransform(40.0, 6.0)
    torch.manual_seed(0)
    theirs = oracle.make_params([torch.zeros(1, 40, 48)])["displacement"]
    torch.manual_seed(0)
    noise = 2 * torch.cat([torch.rand(1, 1, 40, 48) for _ in range(2)], 1) - 1
    ours = Elastic().smooth(noise)
    torch.testing.assert_close(ours.permute(0, 2, 3, 1), theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (8, 8)])
def test_a_kernel_may_be_wider_than_the_image(size):
    noise = torch.ones(1, 2, *size)
    found = Elastic().smooth(noise)
    # A smoothed constant is that constant: 40 / 2 pixels, in halves of width and height.
    expected = torch.tensor([40.0 / size[1], 40.0 / size[0]]).view(1, 2, 1, 1)
    torch.testing.assert_close(found, expected.expand_as(found))
