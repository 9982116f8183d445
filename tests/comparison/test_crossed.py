"""Errors over seeds and images: against an analysis of variance, by hand and by simulation."""

import numpy as np
import pytest
from scipy import stats

from weightscape.comparison.crossed import (
    Crossed,
    average_apart,
    estimate_crossed,
    find_unsampled,
    stack,
)
from weightscape.comparison.paired import estimate_paired

NAMES = ("effect", "error", "low", "high", "p", "n_seeds", "p_sign_flip", "df")


def crossed(x):
    """Return the mean over the images of values of shape (..., seeds, images)."""
    m = x.shape[-1]
    mean = x.mean(axis=-1)
    return Crossed(mean, ((x - mean[..., None]) / np.sqrt(m * (m - 1)),))


def draw(shape, seeds, images, parts, rng):
    """Return values around 0 whose seeds, images and rest have these standard deviations."""
    of_seeds, of_images, rest = parts
    return (
        of_seeds * rng.normal(size=(*shape, seeds, 1))
        + of_images * rng.normal(size=(*shape, 1, images))
        + rest * rng.normal(size=(*shape, seeds, images))
    )


def test_the_variance_is_that_of_a_two_way_analysis():
    x = draw((), 5, 40, (0.3, 2.0, 1.0), np.random.default_rng(0))
    n, m = x.shape
    of_seeds, of_images = x.mean(axis=1), x.mean(axis=0)
    rest = x - of_seeds[:, None] - of_images + x.mean()
    squares = {
        "seeds": m * ((of_seeds - x.mean()) ** 2).sum() / (n - 1),
        "images": n * ((of_images - x.mean()) ** 2).sum() / (m - 1),
        "rest": (rest**2).sum() / (n - 1) / (m - 1),
    }
    total = squares["seeds"] + squares["images"] - squares["rest"]
    share = squares["seeds"] / total
    df = 1 / (share / (n - 1) + (1 - share) / (m - 1))
    found = estimate_crossed(crossed(x))
    assert found.effect == pytest.approx(x.mean())
    assert found.error**2 == pytest.approx(total / n / m)
    assert found.df == pytest.approx(df)
    t = found.effect / found.error
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), found.df))
    half = stats.t.ppf(0.975, found.df) * found.error
    assert (found.low, found.high) == pytest.approx((x.mean() - half, x.mean() + half))


def test_a_component_that_comes_out_negative_counts_as_none():
    rng = np.random.default_rng(1)
    x = draw((200,), 4, 30, (0.0, 0.0, 1.0), rng)
    found, paired = estimate_crossed(crossed(x)), estimate_paired(x.mean(axis=-1))
    images = np.sqrt(x.mean(axis=1).var(axis=-1, ddof=1) / 30)
    assert (found.error >= np.maximum(paired.error, images) * (1 - 1e-9)).all()
    only_seeds = np.isclose(found.error, paired.error)
    only_images = np.isclose(found.error, images)
    assert only_seeds.any() and only_images.any()
    np.testing.assert_allclose(found.df[only_seeds], 3)
    np.testing.assert_allclose(found.df[only_images], 29)


WORLDS = {
    "images dominate": (0.03, 1.0, 0.3),
    "balanced": (0.17, 1.0, 0.3),
    "seeds are three times the images": (0.5, 1.0, 0.3),
    "seeds dominate": (2.0, 1.0, 0.3),
    "images and the rest": (0.02, 1.0, 1.0),
    "seeds and the rest": (0.2, 0.1, 1.0),
    "seeds agree to the image": (0.0, 1.0, 0.0),
}
"""Standard deviations of seeds, of 100 images, and of the rest."""


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("world", WORLDS)
def test_intervals_cover_in_95_per_cent(world, seeds):
    x = draw((4000,), seeds, 100, WORLDS[world], np.random.default_rng(seeds))
    found = estimate_crossed(crossed(x))
    covered = ((found.low <= 0) & (found.high >= 0)).mean()
    # The worst there is: of three seeds, whose small error by chance is taken for that of images.
    assert (0.92 if (world, seeds) == ("seeds and the rest", 3) else 0.93) <= covered <= 0.97
    assert (found.p <= 0.05).mean() == pytest.approx(1 - covered)


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_where_there_is_nothing_but_the_rest_the_error_is_rather_too_large(seeds):
    x = draw((4000,), seeds, 100, (0.0, 0.0, 1.0), np.random.default_rng(seeds))
    found = estimate_crossed(crossed(x))
    assert 0.95 <= ((found.low <= 0) & (found.high >= 0)).mean() <= 0.98


def test_seeds_that_agree_to_the_image_have_an_interval_and_a_test():
    right = np.random.default_rng(0).random(359) < 0.9
    x = np.broadcast_to(right.astype(float), (3, 359))
    alone, found = estimate_paired(x.mean(axis=1)), estimate_crossed(crossed(x))
    assert alone.error == 0
    assert found.error == pytest.approx(right.std(ddof=1) / np.sqrt(359))
    assert found.df == pytest.approx(358)
    assert found.low < found.effect < found.high
    assert np.isfinite([found.p, found.smallest_detectable]).all()


def test_without_influences_it_is_the_paired_one():
    values = np.random.default_rng(0).normal(size=(4, 5))
    values[1, 2] = np.nan
    paired = estimate_paired(values)
    for given in (Crossed(values), Crossed(values, (np.empty((4, 5, 0)),))):
        found = estimate_crossed(given)
        for name in NAMES:
            np.testing.assert_allclose(
                getattr(found, name), getattr(paired, name), rtol=1e-12, err_msg=name
            )


def test_one_run_without_influences_leaves_the_others_theirs():
    x = draw((3,), 4, 30, (1.0, 1.0, 1.0), np.random.default_rng(0))
    given = crossed(x)
    given.influences[0][1, 2] = np.nan
    assert find_unsampled(given).tolist() == [False, True, False]
    found, whole = estimate_crossed(given), estimate_crossed(crossed(x))
    assert found.error[1] == estimate_paired(given.values).error[1]
    assert found.df[1] == 3
    np.testing.assert_array_equal(found.error[[0, 2]], whole.error[[0, 2]])
    # A seed without a value needs no influences.
    given.values[1, 2] = np.nan
    assert not find_unsampled(given).any()
    rest = estimate_crossed(crossed(np.delete(x[1], 2, axis=0)))
    for name in NAMES:
        np.testing.assert_allclose(getattr(estimate_crossed(given), name)[1], getattr(rest, name))


def test_one_seed_has_no_interval_whatever_its_images():
    x = draw((), 1, 30, (1.0, 1.0, 1.0), np.random.default_rng(0))
    found = estimate_crossed(crossed(x))
    assert found.n_seeds == 1 and np.isfinite(found.effect)
    assert np.isnan([found.error, found.low, found.p, found.df, found.smallest_detectable]).all()
    nothing = estimate_crossed(Crossed(np.full((2, 3), np.nan), (np.full((2, 3, 5), np.nan),)))
    assert np.isnan(nothing.effect).all() and nothing.n_seeds.tolist() == [0, 0]


def test_differences_and_means_are_of_the_images():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 3, 4, 20))
    for found, expected in (
        (crossed(one) - crossed(other), crossed(one - other)),
        (crossed(one).mean(), crossed(one.mean(axis=0))),
        (crossed(one) * -2.0, crossed(-2 * one)),
        (crossed(one)[[2, 0]], crossed(one[[2, 0]])),
        (crossed(one)[1], crossed(one[1])),
    ):
        np.testing.assert_allclose(found.values, expected.values)
        np.testing.assert_allclose(found.influences[0], expected.influences[0])


def test_what_is_common_to_all_images_of_two_conditions_leaves_their_difference():
    rng = np.random.default_rng(0)
    hard = 5 * rng.normal(size=200)
    x, y = (hard + rng.normal(size=(3, 200)) for _ in range(2))
    difference = estimate_crossed(crossed(x) - crossed(y))
    assert difference.error < estimate_crossed(crossed(x)).error / 3


def test_corruptions_of_one_image_are_no_more_images():
    x = np.broadcast_to(np.random.default_rng(0).normal(size=100), (3, 100))
    severities = stack([crossed(x)] * 5).mean()
    assert estimate_crossed(severities).error == pytest.approx(estimate_crossed(crossed(x)).error)
    apart = average_apart([crossed(x)] * 4)
    assert estimate_crossed(apart).error == pytest.approx(estimate_crossed(crossed(x)).error / 2)
    assert estimate_crossed(apart).df == pytest.approx(99)


def test_values_of_different_images_have_independent_errors():
    rng = np.random.default_rng(0)
    test, printed = (draw((), 3, m, (0.0, 1.0, 0.0), rng) for m in (50, 80))
    of_test, of_printed = crossed(test), crossed(printed)
    nothing = np.empty((3, 0))
    one = Crossed(of_test.values, (of_test.influences[0], nothing))
    other = Crossed(of_printed.values, (nothing, of_printed.influences[0]))
    gap = estimate_crossed(one - other)
    parts = [test[0].var(ddof=1) / 50, printed[0].var(ddof=1) / 80]
    assert gap.error**2 == pytest.approx(sum(parts))
    assert gap.df == pytest.approx(sum(parts) / (parts[0] / 49 + parts[1] / 79))
    mean = estimate_crossed(stack([one, other]).mean())
    assert mean.error == pytest.approx(gap.error / 2)


def test_what_is_of_no_images_leaves_nothing_known_of_a_difference():
    x = crossed(draw((), 3, 50, (1.0, 1.0, 1.0), np.random.default_rng(0)))
    plain = Crossed(np.array([0.1, 0.2, 0.4]))
    assert (x - plain).influences == (plain - x).influences == ()
    assert average_apart([x, plain]).influences == ()
    with pytest.raises(ValueError, match="zip"):
        x - Crossed(x.values, (*x.influences, *x.influences))
