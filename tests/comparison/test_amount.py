"""Taking the amount of training out of profiles: worlds of which the truth is known."""

import numpy as np
import pytest

from weightscape.comparison.amount import multiply_seeds, take_out
from weightscape.comparison.likeness import likeness

LAYERS = 14


def path(rng, bend):
    """Return a training: where the layers are at a place from 0 to 1 and beyond."""
    change, other = rng.standard_normal((2, LAYERS))
    return lambda place: place * change + bend * place * (1 - place) * other


def trained(rng, places, *, bend=0.0, noise=0.1, seeds=5, controls=(0.8,), own=()):
    """Return profiles of conditions that stop at `places`, and the span.

    `own` is what each of the first of them does beside it, per layer.
    """
    way = path(rng, bend)

    def run(place):
        return way(place) + noise * rng.standard_normal((seeds, LAYERS))

    baseline = run(1.0)
    profiles = np.stack([run(place) - baseline for place in places])
    for i, pattern in enumerate(own):
        profiles[i] += pattern
    return profiles, np.stack([baseline, *(run(place) - baseline for place in controls)])


def plain_regression(profiles, span):
    """Return what least squares on the mean span leaves of every seed's profile."""
    mean = span.mean(axis=1)
    fit = np.linalg.lstsq(mean.T, profiles.reshape(-1, LAYERS).T, rcond=None)[0]
    return profiles - (mean.T @ fit).T.reshape(profiles.shape)


def test_products_of_different_seeds_are_those_of_the_means_without_bias():
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, LAYERS))
    found = []
    for _ in range(400):
        shared = 2 * rng.standard_normal((4, LAYERS))
        seeds = np.stack([one + shared, other + shared])
        by_hand = np.mean([seeds[0, k] @ seeds[1, m] for k in range(4) for m in range(4) if k != m])
        products = multiply_seeds(seeds, seeds)
        assert products[0, 1] == pytest.approx(by_hand)
        found.append(products)
    truth = np.array([[one @ one, one @ other], [one @ other, other @ other]])
    error = np.std(found, axis=0) / 20
    assert (np.abs(np.mean(found, axis=0) - truth) < 4 * error).all()


def test_a_seed_that_one_lacks_counts_in_no_product():
    rng = np.random.default_rng(1)
    one, other = rng.standard_normal((2, 1, 4, LAYERS))
    other[0, 3] = np.nan
    expected = np.mean([one[0, k] @ other[0, m] for k in range(4) for m in range(3) if k != m])
    assert multiply_seeds(one, other)[0, 0] == pytest.approx(expected)


@pytest.mark.parametrize("bend", [0.0, 2.0])
def test_without_noise_nothing_is_left_of_more_or_less_training(bend):
    profiles, span = trained(
        np.random.default_rng(2), (0.5, 0.9, 1.3), bend=bend, noise=1e-9, controls=(0.8,)
    )
    found = take_out(profiles, span)
    assert np.abs(found.profiles).max() < 1e-6
    np.testing.assert_allclose(found.explained, 1, atol=1e-9)


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("bend", [0.0, 1.0, 2.0])
def test_families_that_only_train_less_are_not_alike(bend, noise):
    alike = []
    for k in range(60):
        rng = np.random.default_rng([k, int(10 * bend), int(100 * noise)])
        profiles, span = trained(rng, (0.5, 0.6), bend=bend, noise=noise)
        alike.append(likeness(profiles, span).estimate.low[0, 1] > 0)
    assert np.mean(alike) <= 0.05


def test_a_plain_regression_on_the_mean_span_would_call_them_alike():
    # The reason for products of different seeds: what noise leaves behind is shared.
    r, ours = [], []
    for k in range(60):
        profiles, span = trained(
            np.random.default_rng(k), (0.5, 0.6), bend=2.0, noise=0.05, seeds=3
        )
        r.append(likeness(plain_regression(profiles, span)).r[0, 1])
        ours.append(likeness(profiles, span).r[0, 1])
    assert np.mean(r) > 0.15
    assert abs(np.mean(ours)) < 0.1


def test_a_pattern_of_their_own_is_found_beside_less_training():
    found = []
    for k in range(40):
        rng = np.random.default_rng(k)
        shared = 0.6 * rng.standard_normal(LAYERS)
        profiles, span = trained(rng, (0.85, 0.9), bend=1.0, own=(shared, shared), noise=0.1)
        found.append(likeness(profiles, span).estimate.low[0, 1] > 0)
    assert np.mean(found) >= 0.8


def test_what_goes_further_than_the_control_on_a_bent_path_is_not_compared():
    # A cubic bend that one control cannot show: nothing is told of what goes beyond it.
    rng = np.random.default_rng(5)
    change, bend, swing = rng.standard_normal((3, LAYERS))

    def run(t):
        at = t * change + t * (1 - t) * bend + 2 * t * (1 - t) * (0.5 - t) * swing
        return at + 0.01 * rng.standard_normal((5, LAYERS))

    baseline = run(1.0)
    profiles = np.stack([run(t) - baseline for t in (0.4, 0.5, 0.9)])
    near = np.stack([baseline, run(0.8) - baseline])
    found = likeness(profiles, near)
    assert list(found.is_beyond) == [True, True, False]
    assert np.isnan(found.corrected[0, 1])
    # A control as far away settles it.
    far = np.concatenate([near, [run(0.4) - baseline]])
    assert not likeness(profiles, far).is_beyond.any()


def test_a_control_that_hardly_does_anything_tells_nothing_of_what_goes_far():
    """It shows no bend, for noise hides it: what a bend leaves of the families is no mechanism."""
    rng = np.random.default_rng(8)
    found = [
        likeness(*trained(rng, (0.4, 0.5), bend=1.0, noise=0.1, controls=(0.97,))).is_beyond
        for _ in range(20)
    ]
    assert np.mean(found) > 0.9


def test_less_than_eight_layers_are_too_few():
    profiles, span = trained(np.random.default_rng(6), (0.8, 0.7), own=(np.ones(LAYERS),) * 2)
    assert np.isnan(likeness(profiles[..., :7], span[..., :7]).r).all()
    assert np.isfinite(likeness(profiles[..., :8], span[..., :8]).r).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda span: np.zeros_like(span),  # no change at all
        lambda span: np.concatenate([span, span[1:]]),  # the same control twice
        lambda span: np.where(np.arange(5)[:, None] == 0, np.nan, span),  # a seed is missing
        lambda span: np.full_like(span, np.nan),
    ],
)
def test_a_span_that_says_little_is_no_crash(change):
    profiles, span = trained(np.random.default_rng(7), (0.9, 0.8), own=(np.arange(LAYERS),) * 2)
    found = likeness(profiles, change(span))
    assert found.r.shape == (2, 2)
