from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.svm import SVC

from weightscape.data.digits import Digits
from weightscape.data.examples import Examples
from weightscape.data.split import split_stratified
from weightscape.generators import gaussian_mixture
from weightscape.generators.model import Model, Setting

MIXTURE = gaussian_mixture.GaussianMixture(n_components_pca=12, components=2)
CLASSES = tuple("0123456789")


def setting(seed=0):
    return Setting(CLASSES, (1, 16, 16), seed)


def sample(arrays, per_class, seed=0):
    """Return the first images of each class, and their labels."""
    draw = MIXTURE.sampler(Model(arrays, {}), setting(seed))
    images = [draw(label, range(count)) for label, count in enumerate(per_class)]
    return np.concatenate(images), np.repeat(np.arange(len(per_class)), per_class)


@pytest.fixture(scope="module")
def parts():
    data = Digits(image_size=16)(Path(), 0)
    split = split_stratified(data.labels, 0.1, 0.3, 0)
    return {name: data.subset(indices) for name, indices in split.items()}


@pytest.fixture(scope="module")
def model(parts):
    return MIXTURE.fit(parts["train"], setting()).arrays


def test_model_is_plain_arrays_that_safetensors_keeps(model):
    assert {name: array.shape for name, array in model.items()} == {
        "mean": (1, 16, 16),
        "axes": (12, 1, 16, 16),
        "weights": (10, 2),
        "means": (10, 2, 12),
        "factors": (10, 2, 12, 12),
    }
    kept = load(save(model))
    counts = np.full(10, 3)
    assert np.array_equal(sample(kept, counts, 0)[0], sample(model, counts, 0)[0])


def test_likelihood_is_scikit_learns(parts, model):
    train, label = parts["train"], 3
    pca = PCA(12, whiten=True, svd_solver="full").fit(train.inputs.reshape(len(train), -1) / 255)
    scores = pca.transform(parts["test"].inputs.reshape(len(parts["test"]), -1) / 255)
    own = pca.transform(train.inputs[train.labels == label].reshape(-1, 256) / 255)
    start = int(np.random.SeedSequence(0).generate_state(10)[label])
    oracle = GaussianMixture(2, reg_covar=0.01, max_iter=1000, random_state=start).fit(own)
    terms = [
        np.log(weight) + multivariate_normal(mean, factor @ factor.T).logpdf(scores)
        for weight, mean, factor in zip(
            *(model[name][label] for name in ("weights", "means", "factors")), strict=True
        )
    ]
    np.testing.assert_allclose(logsumexp(terms, axis=0), oracle.score_samples(scores), rtol=1e-6)


def test_axes_rebuild_images_as_scikit_learns_components_do(parts, model):
    pixels = parts["train"].inputs.reshape(len(parts["train"]), -1) / 255
    pca = PCA(12, whiten=True, svd_solver="full").fit(pixels)
    scores = pca.transform(pixels[:5])
    rebuilt = model["mean"] + np.tensordot(scores, model["axes"], 1)
    np.testing.assert_allclose(rebuilt.reshape(5, -1), pca.inverse_transform(scores), atol=1e-9)


def test_samples_have_the_moments_of_the_mixture(model):
    images, _ = sample(model, np.array([4000, *[0] * 9]), 0)
    weights, means = model["weights"][0], model["means"][0]
    covariances = model["factors"][0] @ model["factors"][0].transpose(0, 2, 1)
    mean = weights @ means
    spread = np.einsum("m,mij->ij", weights, covariances)
    spread += np.einsum("m,mi,mj->ij", weights, means - mean, means - mean)
    axes = model["axes"].reshape(12, -1)
    expected_mean, expected_sd = (
        (model["mean"].ravel() + mean @ axes),
        np.sqrt(np.einsum("ip,ij,jp->p", axes, spread, axes)),
    )
    pixels = images.reshape(4000, -1) / 255
    # Where clipping to [0, 1] does next to nothing.
    inside = (expected_mean - 2.5 * expected_sd > 0) & (expected_mean + 2.5 * expected_sd < 1)
    inside &= expected_sd > 0.02
    assert inside.sum() >= 5
    assert np.abs(pixels.mean(0) - expected_mean)[inside].max() < 0.02
    np.testing.assert_allclose(pixels.std(0)[inside], expected_sd[inside], rtol=0.08)


def test_samples_are_recognised_and_teach(parts):
    images, labels = sample(
        gaussian_mixture.GaussianMixture().fit(parts["train"], setting()).arrays, np.full(10, 60)
    )
    flat = [part.reshape(len(part), -1) / 255 for part in (parts["train"].inputs, images)]
    assert SVC(C=10).fit(flat[0], parts["train"].labels).score(flat[1], labels) > 0.97
    test = parts["test"]
    score = (
        SVC(C=10).fit(flat[1], labels).score(test.inputs.reshape(len(test), -1) / 255, test.labels)
    )
    assert score > 0.93


def test_an_image_is_the_same_whichever_others_are_drawn(model):
    draw = MIXTURE.sampler(Model(model, {}), setting(7))
    few = draw(4, range(3))
    assert np.array_equal(draw(4, range(9))[:3], few)
    assert np.array_equal(draw(4, range(1, 2)), few[1:2])
    assert not np.array_equal(few, draw(5, range(3)))


def test_fit_and_samples_follow_the_seed(parts, model):
    again, other = (MIXTURE.fit(parts["train"], setting(seed)).arrays for seed in (0, 1))
    assert all(np.array_equal(model[name], again[name]) for name in model)
    assert not np.array_equal(model["means"], other["means"])
    counts = np.full(10, 2)
    assert not np.array_equal(sample(model, counts, 0)[0], sample(model, counts, 1)[0])


def test_nothing_asked_for_is_nothing_given(model):
    images, labels = sample(model, np.zeros(10, np.int64), 0)
    assert images.shape == (0, 1, 16, 16) and labels.shape == (0,)


def test_colour_images_come_back_in_their_shape():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (40, 3, 6, 5), dtype=np.uint8)
    train = Examples(pixels, np.arange(40) % 2, ("a", "b"))
    fitted = (
        gaussian_mixture.GaussianMixture(n_components_pca=3, components=1)
        .fit(train, setting())
        .arrays
    )
    assert sample(fitted, [2, 1])[0].shape == (3, 3, 6, 5)


def test_fit_names_what_is_lacking(parts):
    train = parts["train"]
    without = train.subset(np.flatnonzero(train.labels != 4))
    with pytest.raises(ValueError, match="class '4' has 0 training images"):
        MIXTURE.fit(without, setting())
    few = train.subset(np.concatenate([np.flatnonzero(train.labels == k)[:3] for k in range(10)]))
    with pytest.raises(ValueError, match=r"class '0' has 3 .* components=4"):
        gaussian_mixture.GaussianMixture().fit(few, setting())
    with pytest.raises(ValueError, match=r"n_components_pca=40 exceeds .* at most 30"):
        gaussian_mixture.GaussianMixture(components=3).fit(few, setting())
