import numpy as np
import pytest
from pydantic import ValidationError
from shifting import floats, images
from torch import from_numpy
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2.functional import rotate

from weightscape.data.labelled import Labelled
from weightscape.shifts import (
    blur,
    brightness,
    contrast,
    elastic_deformation,
    gaussian_noise,
    impulse_noise,
    jpeg,
    occlusion,
    pixelate,
    printed,
    rotation,
)
from weightscape.shifts.source import Source

RANDOM = [gaussian_noise, impulse_noise, rotation, occlusion, elastic_deformation]
CORRUPTIONS = [*RANDOM, blur, brightness, contrast, jpeg, pixelate]


@pytest.mark.parametrize("plugin", CORRUPTIONS)
@pytest.mark.parametrize(("channels", "side"), [(1, 32), (3, 32), (2, 32), (3, 48)])
def test_corruption_keeps_everything_but_pixels_and_grows(plugin, channels, side):
    test = images(channels=channels, side=side)
    before = test.images.copy()
    distance = []
    for severity in plugin.Options().severities:
        shifted = plugin.shift(Source(test), severity, plugin.Options(), 0)
        assert shifted.images.shape == test.images.shape
        assert np.array_equal(shifted.labels, test.labels)
        assert shifted.classes == test.classes
        distance.append(np.sqrt(np.mean((floats(shifted) - floats(test)) ** 2)))
    assert np.all(np.diff([0, *distance]) > 0)
    assert np.array_equal(test.images, before)


@pytest.mark.parametrize("plugin", CORRUPTIONS)
def test_corruption_follows_the_seed(plugin):
    first, again, other = (
        plugin.shift(Source(images()), 2, plugin.Options(), seed) for seed in (4, 4, 5)
    )
    assert np.array_equal(first.images, again.images)
    assert np.array_equal(first.images, other.images) == (plugin not in RANDOM)


@pytest.mark.parametrize("plugin", RANDOM)
def test_every_image_has_a_draw_of_its_own(plugin):
    one = images(1).images
    test = Labelled(one.repeat(30, axis=0), np.zeros(30, np.int64), ("a",))
    shifted = plugin.shift(Source(test), 3, plugin.Options(), 0)
    distinct = len(np.unique(shifted.images.reshape(30, -1), axis=0))
    assert distinct == 2 if plugin is rotation else distinct > 20


@pytest.mark.parametrize("plugin", CORRUPTIONS)
@pytest.mark.parametrize("severity", [0, 6, -1])
def test_corruption_refuses_other_severities(plugin, severity):
    with pytest.raises(ValueError, match="1 to 5"):
        plugin.shift(Source(images(2)), severity, plugin.Options(), 0)


@pytest.mark.parametrize("plugin", CORRUPTIONS)
@pytest.mark.parametrize("severities", [(), (0,), (6,), (1, 1)])
def test_options_refuse_severities_out_of_order(plugin, severities):
    with pytest.raises(ValidationError):
        plugin.Options(severities=severities)


def test_noise_has_its_standard_deviation():
    for severity, sd in enumerate(gaussian_noise.SD[:3], start=1):
        shifted = gaussian_noise.shift(
            Source(images(value=128)), severity, gaussian_noise.Options(), 0
        )
        noise = floats(shifted) - 128 / 255
        # 40,960 values: the standard error of the deviation is 0.35 %.
        assert noise.std() == pytest.approx(sd, rel=0.015)
        assert abs(noise.mean()) < 4 * sd / np.sqrt(noise.size)


@pytest.mark.parametrize("side", [33, 65])
@pytest.mark.parametrize("severity", [1, 5])
def test_blur_is_a_gaussian_kernel_that_grows_with_the_image(severity, side):
    middle = side // 2
    point = np.zeros((1, 1, side, side), np.uint8)
    point[0, 0, middle, middle] = 255
    test = Labelled(point, np.array([0]), ("a",))
    x = np.arange(-middle, middle + 1)
    sigma = blur.SIGMA[severity - 1] * side / 32
    kernel = np.exp(-(x**2) / (2 * sigma**2))
    kernel /= kernel.sum()
    shifted = blur.shift(Source(test), severity, blur.Options(), 0)
    # scipy cuts the kernel at four standard deviations.
    assert np.abs(floats(shifted)[0, 0] - np.outer(kernel, kernel)).max() <= 0.6 / 255


def test_blur_keeps_a_uniform_image_and_channels_apart():
    test = images(3, channels=3, value=0)
    test.images[:, 1] = 200
    shifted = blur.shift(Source(test), 5, blur.Options(), 0)
    assert np.array_equal(shifted.images, test.images)


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_contrast_scales_the_deviation_and_keeps_the_mean(severity):
    test = images(channels=3)
    shifted = floats(contrast.shift(Source(test), severity, contrast.Options(), 0))
    axes = (2, 3)
    ratio = shifted.std(axes) / floats(test).std(axes)
    assert ratio == pytest.approx(contrast.FACTOR[severity - 1], abs=0.01)
    assert np.abs(shifted.mean(axes) - floats(test).mean(axes)).max() < 1 / 255


@pytest.mark.parametrize("severity", [1, 3, 5])
def test_rotation_is_torchvisions_to_either_side(severity):
    test = images(30)
    shifted = rotation.shift(Source(test), severity, rotation.Options(), 0)
    angle = rotation.DEGREES[severity - 1]
    y, x = np.mgrid[:32, :32] - 15.5
    inside = np.hypot(x, y) < 14  # at the black corners the two interpolate differently
    signs = []
    for image, source in zip(shifted.images, test.images, strict=True):
        error = [
            np.abs(rotate(from_numpy(source), a, InterpolationMode.BILINEAR).numpy() - image * 1.0)
            for a in (angle, -angle)
        ]
        signs.append(int(np.argmin([e[0, inside].max() for e in error])))
        assert error[signs[-1]][0, inside].max() <= 1
    assert 5 < sum(signs) < 25


@pytest.mark.parametrize("channels", [1, 3])
def test_occlusion_covers_a_whole_square_anywhere(channels):
    side = round(occlusion.SIDE[4] * 32)
    shifted = occlusion.shift(Source(images(400, channels, value=0)), 5, occlusion.Options(), 0)
    assert set(np.unique(shifted.images)) == {0, 128}
    covered = shifted.images > 0
    assert (covered == covered[:, :1]).all()
    assert (covered[:, 0].sum((1, 2)) == side**2).all()
    for axis in 1, 2:
        lengths = covered[:, 0].any(3 - axis).sum(1)
        starts = covered[:, 0].any(3 - axis).argmax(1)
        assert (lengths == side).all()
        assert set(starts) == set(range(32 - side + 1))


# Printed digits


def test_printed_digits_are_balanced_bright_strokes():
    shifted = printed.shift(Source(images()), 1, printed.Options(), 0)
    assert shifted.images.shape == (480, 1, 32, 32)
    assert (np.bincount(shifted.labels) == 48).all()
    assert shifted.images.mean() < 127
    assert shifted.images.max((1, 2, 3)).min() > 200


def test_printed_follows_image_shape_class_order_and_polarity_of_the_test_set():
    dark = Labelled(np.full((2, 3, 20, 24), 250, np.uint8), np.array([0, 1]), tuple("9876543210"))
    shifted = printed.shift(Source(dark), 1, printed.Options(per_font=1), 0)
    assert shifted.images.shape == (160, 3, 20, 24)
    assert shifted.classes == dark.classes
    assert shifted.images.mean() > 127
    assert (shifted.images == shifted.images[:, :1]).all()
    bright = Labelled(255 - dark.images, dark.labels, tuple("0123456789"))
    other = printed.shift(Source(bright), 1, printed.Options(per_font=1), 0)
    names = [[part.classes[label] for label in part.labels] for part in (shifted, other)]
    assert names[0] == names[1]
    assert np.array_equal(shifted.images, 255 - other.images)


def test_printed_ignores_the_test_images_and_follows_the_seed():
    first, again, other = (
        printed.shift(Source(images(value=value)), 1, printed.Options(per_font=1), seed).images
        for value, seed in ((0, 0), (100, 0), (0, 1))
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_printed_needs_the_ten_digits_and_severity_one():
    letters = Labelled(np.zeros((1, 1, 32, 32), np.uint8), np.array([0]), ("a", "b"))
    with pytest.raises(ValueError, match="has a, b"):
        printed.shift(Source(letters), 1, printed.Options(), 0)
    with pytest.raises(ValueError, match="not 2"):
        printed.shift(Source(images()), 2, printed.Options(), 0)
    with pytest.raises(ValidationError):
        printed.Options(severities=(1, 2))
