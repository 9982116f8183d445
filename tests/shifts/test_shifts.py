import numpy as np
import pytest
from pydantic import ValidationError
from torch import from_numpy
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2.functional import rotate

from tests.helpers.shifting import floats, images
from weightscape.config.shift import Unshifted
from weightscape.data.examples import Examples
from weightscape.shifts.blur import Blur
from weightscape.shifts.brightness import Brightness
from weightscape.shifts.contrast import Contrast
from weightscape.shifts.elastic_deformation import ElasticDeformation
from weightscape.shifts.gaussian_noise import GaussianNoise
from weightscape.shifts.impulse_noise import ImpulseNoise
from weightscape.shifts.jpeg import Jpeg
from weightscape.shifts.occlusion import Occlusion
from weightscape.shifts.pixelate import Pixelate
from weightscape.shifts.printed import Printed
from weightscape.shifts.rotation import Rotation

RANDOM = [GaussianNoise, ImpulseNoise, Rotation, Occlusion, ElasticDeformation]
CORRUPTIONS = [*RANDOM, Blur, Brightness, Contrast, Jpeg, Pixelate]


@pytest.mark.parametrize("plugin", CORRUPTIONS)
@pytest.mark.parametrize(("channels", "side"), [(1, 32), (3, 32), (2, 32), (3, 48)])
def test_corruption_keeps_everything_but_pixels_and_grows(plugin, channels, side):
    test = images(channels=channels, side=side)
    before = test.inputs.copy()
    distance = []
    for severity in plugin().severities:
        shifted = plugin()(Unshifted(test), severity, 0)
        assert shifted.inputs.shape == test.inputs.shape
        assert np.array_equal(shifted.labels, test.labels)
        assert shifted.classes == test.classes
        distance.append(np.sqrt(np.mean((floats(shifted) - floats(test)) ** 2)))
    assert np.all(np.diff([0, *distance]) > 0)
    assert np.array_equal(test.inputs, before)


@pytest.mark.parametrize("plugin", CORRUPTIONS)
def test_corruption_follows_the_seed(plugin):
    first, again, other = (plugin()(Unshifted(images()), 2, seed) for seed in (4, 4, 5))
    assert np.array_equal(first.inputs, again.inputs)
    assert np.array_equal(first.inputs, other.inputs) == (plugin not in RANDOM)


@pytest.mark.parametrize("plugin", RANDOM)
def test_every_image_has_a_draw_of_its_own(plugin):
    one = images(1).inputs
    test = Examples(one.repeat(30, axis=0), np.zeros(30, np.int64), ("a",))
    shifted = plugin()(Unshifted(test), 3, 0)
    distinct = len(np.unique(shifted.inputs.reshape(30, -1), axis=0))
    assert distinct == 2 if plugin is Rotation else distinct > 20


@pytest.mark.parametrize("plugin", CORRUPTIONS)
@pytest.mark.parametrize("severity", [0, 6, -1])
def test_corruption_refuses_other_severities(plugin, severity):
    with pytest.raises(ValueError, match="1 to 5"):
        plugin()(Unshifted(images(2)), severity, 0)


@pytest.mark.parametrize("plugin", CORRUPTIONS)
@pytest.mark.parametrize("severities", [(), (0,), (6,), (1, 1)])
def test_options_refuse_severities_out_of_order(plugin, severities):
    with pytest.raises(ValidationError):
        plugin(severities=severities)


def test_noise_has_its_standard_deviation():
    for severity, sd in enumerate(GaussianNoise.strengths[:3], start=1):
        shifted = GaussianNoise()(Unshifted(images(value=128)), severity, 0)
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
    test = Examples(point, np.array([0]), ("a",))
    x = np.arange(-middle, middle + 1)
    sigma = Blur.strengths[severity - 1] * side / 32
    kernel = np.exp(-(x**2) / (2 * sigma**2))
    kernel /= kernel.sum()
    shifted = Blur()(Unshifted(test), severity, 0)
    # scipy cuts the kernel at four standard deviations.
    assert np.abs(floats(shifted)[0, 0] - np.outer(kernel, kernel)).max() <= 0.6 / 255


def test_blur_keeps_a_uniform_image_and_channels_apart():
    test = images(3, channels=3, value=0)
    test.inputs[:, 1] = 200
    shifted = Blur()(Unshifted(test), 5, 0)
    assert np.array_equal(shifted.inputs, test.inputs)


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_contrast_scales_the_deviation_and_keeps_the_mean(severity):
    test = images(channels=3)
    shifted = floats(Contrast()(Unshifted(test), severity, 0))
    axes = (2, 3)
    ratio = shifted.std(axes) / floats(test).std(axes)
    assert ratio == pytest.approx(Contrast.strengths[severity - 1], abs=0.01)
    assert np.abs(shifted.mean(axes) - floats(test).mean(axes)).max() < 1 / 255


@pytest.mark.parametrize("severity", [1, 3, 5])
def test_rotation_is_torchvisions_to_either_side(severity):
    test = images(30)
    shifted = Rotation()(Unshifted(test), severity, 0)
    angle = Rotation.strengths[severity - 1]
    y, x = np.mgrid[:32, :32] - 15.5
    inside = np.hypot(x, y) < 14  # at the black corners the two interpolate differently
    signs = []
    for image, source in zip(shifted.inputs, test.inputs, strict=True):
        error = [
            np.abs(rotate(from_numpy(source), a, InterpolationMode.BILINEAR).numpy() - image * 1.0)
            for a in (angle, -angle)
        ]
        signs.append(int(np.argmin([e[0, inside].max() for e in error])))
        assert error[signs[-1]][0, inside].max() <= 1
    assert 5 < sum(signs) < 25


@pytest.mark.parametrize("channels", [1, 3])
def test_occlusion_covers_a_whole_square_anywhere(channels):
    side = round(Occlusion.strengths[4] * 32)
    shifted = Occlusion()(Unshifted(images(400, channels, value=0)), 5, 0)
    assert set(np.unique(shifted.inputs)) == {0, 128}
    covered = shifted.inputs > 0
    assert (covered == covered[:, :1]).all()
    assert (covered[:, 0].sum((1, 2)) == side**2).all()
    for axis in 1, 2:
        lengths = covered[:, 0].any(3 - axis).sum(1)
        starts = covered[:, 0].any(3 - axis).argmax(1)
        assert (lengths == side).all()
        assert set(starts) == set(range(32 - side + 1))


# Printed digits


def test_printed_digits_are_balanced_bright_strokes():
    shifted = Printed()(Unshifted(images()), 1, 0)
    assert shifted.inputs.shape == (480, 1, 32, 32)
    assert (np.bincount(shifted.labels) == 48).all()
    assert shifted.inputs.mean() < 127
    assert shifted.inputs.max((1, 2, 3)).min() > 200


def test_printed_follows_image_shape_class_order_and_polarity_of_the_test_set():
    dark = Examples(np.full((2, 3, 20, 24), 250, np.uint8), np.array([0, 1]), tuple("9876543210"))
    shifted = Printed(per_font=1)(Unshifted(dark), 1, 0)
    assert shifted.inputs.shape == (160, 3, 20, 24)
    assert shifted.classes == dark.classes
    assert shifted.inputs.mean() > 127
    assert (shifted.inputs == shifted.inputs[:, :1]).all()
    bright = Examples(255 - dark.inputs, dark.labels, tuple("0123456789"))
    other = Printed(per_font=1)(Unshifted(bright), 1, 0)
    names = [[part.classes[label] for label in part.labels] for part in (shifted, other)]
    assert names[0] == names[1]
    assert np.array_equal(shifted.inputs, 255 - other.inputs)


def test_printed_ignores_the_test_images_and_follows_the_seed():
    first, again, other = (
        Printed(per_font=1)(Unshifted(images(value=value)), 1, seed).inputs
        for value, seed in ((0, 0), (100, 0), (0, 1))
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_printed_needs_the_ten_digits_and_severity_one():
    letters = Examples(np.zeros((1, 1, 32, 32), np.uint8), np.array([0]), ("a", "b"))
    with pytest.raises(ValueError, match="has a, b"):
        Printed()(Unshifted(letters), 1, 0)
    with pytest.raises(ValueError, match="not 2"):
        Printed()(Unshifted(images()), 2, 0)
    with pytest.raises(ValidationError):
        Printed(severities=(1, 2))
