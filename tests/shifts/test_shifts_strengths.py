"""What brightness, impulses, coarse pixels, JPEG and elastic deformation do to images."""

import numpy as np
import pytest
from scipy.fft import dctn, idctn
from torch import from_numpy
from torch.nn.functional import adaptive_avg_pool2d

from tests.helpers.shifting import floats, images
from weightscape.config.shift import Unshifted
from weightscape.data.examples import Examples
from weightscape.shifts import elastic_deformation
from weightscape.shifts.brightness import Brightness
from weightscape.shifts.elastic_deformation import ElasticDeformation
from weightscape.shifts.impulse_noise import ImpulseNoise
from weightscape.shifts.jpeg import Jpeg
from weightscape.shifts.pixelate import Pixelate


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_brightness_is_added_up_to_white(severity):
    test = images(4, channels=3)
    shifted = Brightness()(Unshifted(test), severity, 0)
    expected = np.minimum(floats(test) + Brightness.strengths[severity - 1], 1)
    assert np.abs(floats(shifted) - expected).max() <= 0.5001 / 255


@pytest.mark.parametrize("severity", [1, 5])
def test_impulses_replace_their_share_by_black_and_white_alike(severity):
    test = images(60, channels=2, value=100)
    shifted = ImpulseNoise()(Unshifted(test), severity, 0).inputs
    share = ImpulseNoise.strengths[severity - 1]
    assert set(np.unique(shifted)) == {0, 100, 255}
    for value in 0, 255:
        found = np.mean(shifted == value)
        assert found == pytest.approx(share / 2, abs=6 * np.sqrt(share / 2 / shifted.size))
    # Channels have impulses of their own.
    both = np.mean((shifted != 100).all(axis=1))
    assert both == pytest.approx(share**2, abs=6 * share / np.sqrt(shifted.size / 2))


def test_stronger_impulses_cover_the_weaker_ones():
    test = images(5, value=100)
    weak, strong = (ImpulseNoise()(Unshifted(test), severity, 0).inputs for severity in (2, 4))
    assert (strong[weak != 100] == weak[weak != 100]).all()


@pytest.mark.parametrize(("side", "squares"), [(32, 8), (64, 8), (224, 8), (16, 4)])
def test_pixels_are_the_means_of_as_many_squares_at_any_size(side, squares):
    test = images(2, channels=3, side=side)
    shifted = Pixelate()(Unshifted(test), 5, 0)
    assert round(Pixelate.strengths[4] * min(side, 32)) == squares
    means = adaptive_avg_pool2d(from_numpy(floats(test)), squares).numpy()
    expected = means.repeat(side // squares, axis=2).repeat(side // squares, axis=3)
    assert np.abs(floats(shifted) - expected).max() <= 0.51 / 255


def test_squares_of_an_oblong_image_are_squares():
    test = Examples(images(1, side=64).inputs[:, :, :32], np.array([0]), ("a",))
    shifted = Pixelate()(Unshifted(test), 5, 0).inputs[0, 0]
    blocks = shifted.reshape(8, 4, 16, 4)
    assert (blocks == blocks[:, :1, :, :1]).all()
    assert len(np.unique(shifted)) > 8


# What quality 50 divides the cosine transform of 8 x 8 pixels by: JPEG's annex K.
DIVISORS = """
16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101
72 92 95 98 112 100 103 99
"""


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_jpeg_rounds_the_cosine_transform_of_blocks(severity):
    test = images(4, channels=2, side=40)
    scale = 5000 // int(Jpeg.strengths[severity - 1])
    divisors = (np.array(DIVISORS.split(), int).reshape(8, 8) * scale + 50) // 100
    divisors = divisors.clip(1, 255)[:, None, :]
    blocks = test.inputs.reshape(4, 2, 5, 8, 5, 8) - 128.0
    rounded = np.rint(dctn(blocks, axes=(3, 5), norm="ortho") / divisors) * divisors
    expected = (idctn(rounded, axes=(3, 5), norm="ortho") + 128).clip(0, 255)
    shifted = Jpeg()(Unshifted(test), severity, 0).inputs
    difference = np.abs(expected.reshape(test.inputs.shape) - shifted)
    # A coefficient in the middle between two multiples may be rounded the other way.
    assert np.mean(difference < 1.01) > 0.9


def test_jpeg_halves_the_resolution_of_colours_alone():
    grey = images(3)
    test = Examples(grey.inputs.repeat(3, axis=1), grey.labels, grey.classes)
    shifted, alone = (Jpeg()(Unshifted(t), 2, 0).inputs for t in (test, grey))
    assert np.abs(shifted.astype(int) - alone).max() <= 1
    stripes = np.zeros((1, 3, 16, 16), np.uint8)
    stripes[:, 0, :, ::2] = stripes[:, 2, :, 1::2] = 200
    test = Examples(stripes, np.array([0]), ("a",))
    shifted = Jpeg()(Unshifted(test), 1, 0).inputs.astype(int)
    red_over_blue = (shifted[0, 0] - shifted[0, 2]).mean(0)
    assert np.abs(red_over_blue).max() < 40  # 200 and -200 by turns before


def displacement(severity, side, seed=0, n=30):
    """Return how far the shift moves pixels to the left, read from the image of a ramp."""
    ramp = np.rint(np.linspace(0, 255, side)).astype(np.uint8)
    test = Examples(np.broadcast_to(ramp, (n, 2, side, side)).copy(), np.zeros(n, int), ("a",))
    shifted = ElasticDeformation()(Unshifted(test), severity, seed)
    assert np.array_equal(shifted.inputs[:, 0], shifted.inputs[:, 1])
    moved = (shifted.inputs[:, 0] / 255.0) * (side - 1) - np.arange(side)
    margin = side // 4  # further out, the ramp ends
    return moved[:, :, margin:-margin]


@pytest.mark.parametrize("side", [32, 96])
@pytest.mark.parametrize("severity", [1, 3])
def test_elastic_displacement_has_its_size_and_grows_with_the_image(severity, side):
    moved = displacement(severity, side)
    expected = ElasticDeformation.strengths[severity - 1] * side / 32
    assert np.sqrt(np.mean(moved**2)) == pytest.approx(expected, rel=0.15)
    # The correlation of a smoothed field falls to 1/e at twice the kernel's deviation.
    lag = round(2 * elastic_deformation.SMOOTHNESS * side / 32)
    near, far = (
        np.mean(moved[:, :-step] * moved[:, step:]) / np.mean(moved**2) for step in (1, lag)
    )
    assert near > 0.95
    assert far == pytest.approx(np.exp(-1), abs=0.2)


def test_elastic_fields_of_all_severities_are_one_field():
    weak, strong = (displacement(severity, 96, n=4) for severity in (1, 2))
    assert np.corrcoef(weak.ravel(), strong.ravel())[0, 1] > 0.99
