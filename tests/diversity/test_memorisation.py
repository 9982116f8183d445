"""Images that are nearer to training images than real ones are."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from weightscape.diversity.memorisation import find_memorised


def pixels(n, seed, d=64):
    return np.random.default_rng(seed).integers(0, 256, (n, d), np.uint8)


def test_copies_are_memorised_and_fresh_images_are_not():
    train, test = pixels(200, 0), pixels(1000, 1)
    noise = np.random.default_rng(2).integers(0, 3, train.shape, np.uint8)
    assert find_memorised(train, train, test).all()
    assert find_memorised(train // 2 * 2 + noise, train, test).all()
    fresh = find_memorised(pixels(2000, 3), train, test)
    assert 0.03 < fresh.mean() < 0.08


def test_about_one_test_image_in_twenty_is_near():
    train, test = pixels(200, 0), pixels(400, 1)
    assert find_memorised(test, train, test).mean() == pytest.approx(0.05, abs=1 / 400)


def test_it_is_what_nearest_neighbours_say():
    train, test, images = pixels(80, 0), pixels(50, 1), pixels(60, 2)
    images[:5] = train[:5] ^ 1
    tree = NearestNeighbors(n_neighbors=1).fit(train.astype(float))
    of_test, of_images = (tree.kneighbors(part.astype(float))[0][:, 0] for part in (test, images))
    known = of_images**2 <= np.quantile(of_test**2, 0.05)
    assert known[:5].all() and not known.all()
    assert np.array_equal(find_memorised(images, train, test), known)


def test_where_test_images_are_copies_only_copies_count():
    train = pixels(50, 0)
    test = np.vstack([train[:10], pixels(40, 1)])
    images = np.vstack([train[3:4], train[3:4] ^ 1])
    assert find_memorised(images, train, test).tolist() == [True, False]


def test_without_images_to_compare_with_it_is_refused():
    for train, test in ((0, 5), (5, 0)):
        with pytest.raises(ValueError, match="none"):
            find_memorised(pixels(3, 0), pixels(train, 1), pixels(test, 2))
    assert find_memorised(pixels(0, 0), pixels(5, 1), pixels(5, 2)).shape == (0,)
