"""Training sets of real and synthetic images: how many of each, and which."""

import numpy as np
import pytest

from weightscape.data.examples import Examples
from weightscape.data.mixing import add_synthetic

CLASSES = ("a", "b", "c")


def images(*counts, start=0):
    """Return so many images of each class, each image of its own."""
    labels = np.repeat(np.arange(len(counts)), counts)
    pixels = np.arange(start, start + len(labels), dtype=np.uint8)
    return Examples(np.tile(pixels[:, None, None, None], (1, 1, 2, 2)), labels, CLASSES)


def of(mixed, label):
    """Return the pixel values of the images of a class, in order."""
    return mixed.inputs[mixed.labels == label, 0, 0, 0].tolist()


REAL, MADE, OTHER = images(10, 5, 4), images(30, 30, 30, start=100), images(9, 9, 9, start=200)


@pytest.mark.parametrize("ratio", [0.25, 1.0, 3.0])
def test_added_images_follow_the_real_ones_in_their_proportions(ratio):
    mixed = add_synthetic(REAL, [MADE], [ratio])
    assert np.array_equal(mixed.inputs[: len(REAL)], REAL.inputs)
    expected = np.bincount(REAL.labels) + np.rint(ratio * np.bincount(REAL.labels))
    assert np.bincount(mixed.labels).tolist() == expected.tolist()
    assert of(mixed, 1)[5:] == of(MADE, 1)[: round(5 * ratio)]


@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.9, 1.0])
def test_replacing_keeps_the_number_of_every_class(ratio):
    mixed = add_synthetic(REAL, [MADE], [ratio], replaces=True, seed=3)
    assert np.bincount(mixed.labels).tolist() == [10, 5, 4]
    for label in range(3):
        values = of(mixed, label)
        made = [value for value in values if value >= 100]
        assert len(made) == round(ratio * len(values))
        assert made == of(MADE, label)[: len(made)]
        kept = [value for value in values if value < 100]
        assert set(kept) <= set(of(REAL, label)) and kept == sorted(set(kept))


def test_all_is_synthetic_where_all_is_replaced():
    mixed = add_synthetic(REAL, [MADE], [1.0], replaces=True)
    assert mixed.inputs.min() >= 100 and len(mixed) == len(REAL)


def test_real_images_that_stay_with_a_higher_ratio_stay_with_a_lower_one():
    def stay(ratio, seed):
        mixed = add_synthetic(REAL, [MADE], [ratio], replaces=True, seed=seed)
        return {value for label in range(3) for value in of(mixed, label) if value < 100}

    for seed in range(5):
        nested = [stay(ratio, seed) for ratio in (0.9, 0.6, 0.3)]
        assert nested[0] < nested[1] < nested[2]
    assert len({frozenset(stay(0.5, seed)) for seed in range(5)}) > 1
    assert stay(0.5, 1) == stay(0.5, 1)


def test_generators_replace_in_turn_until_no_real_image_is_left():
    # Of 5 images, half are 2 (rounded to even); of 10, 5 and 5; of 4, 2 and 2.
    mixed = add_synthetic(REAL, [MADE, OTHER], [0.5, 0.5], replaces=True)
    sources = [[value // 100 for value in of(mixed, label)] for label in range(3)]
    assert [part.count(1) for part in sources] == [5, 2, 2]
    assert [part.count(2) for part in sources] == [5, 2, 2]
    assert [part.count(0) for part in sources] == [0, 1, 0]
    # Of 5 images 0.7 are 4 (3.5 rounded to even), so that one place is left for 0.3, 2 of 5.
    mixed = add_synthetic(REAL, [MADE, OTHER], [0.7, 0.3], replaces=True)
    assert [value // 100 for value in of(mixed, 1)] == [1, 1, 1, 1, 2]


def test_synthetic_images_are_a_domain_of_their_own():
    domains = np.arange(len(REAL)) % 2
    real = Examples(REAL.inputs, REAL.labels, CLASSES, domains, ("photo", "sketch"))
    mixed = add_synthetic(real, [MADE], [1.0])
    assert mixed.domain_names == ("photo", "sketch", "synthetic")
    assert np.array_equal(mixed.domains[: len(real)], domains)
    assert set(mixed.domains[len(real) :]) == {2}
    again = add_synthetic(mixed, [MADE], [0.5])
    assert again.domain_names == mixed.domain_names and set(again.domains[-19:]) == {2}


def test_real_images_alone_are_left_as_they_are():
    assert add_synthetic(REAL, [], []) is REAL


@pytest.mark.parametrize("replaces", [False, True])
def test_too_few_images_of_a_class_are_named(replaces):
    with pytest.raises(ValueError, match="class b: 5 synthetic images are wanted, 4 are there"):
        add_synthetic(REAL, [images(10, 4, 4)], [1.0], replaces=replaces)
