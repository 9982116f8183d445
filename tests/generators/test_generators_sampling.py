"""Drawing from any generator: how many, checked, filtered, and again after a kill."""

import json
from dataclasses import replace

import numpy as np
import pytest

from weightscape.config.generator import GeneratorEntry
from weightscape.content import identity_of
from weightscape.data.digits import Digits
from weightscape.data.examples import Examples
from weightscape.data.split import split_stratified
from weightscape.generators import chunks
from weightscape.generators.fitted import (
    choose_training_images,
    fit,
    load_generator,
    make_sampler,
    save_generator,
)
from weightscape.generators.gaussian_mixture import GaussianMixture
from weightscape.generators.sampling import CHUNK, generate

OPTIONS = {"n_components_pca": 8, "components": 1}


def generator(**values):
    return GeneratorEntry(name="mixture", source="gaussian_mixture", options=OPTIONS, **values)


@pytest.fixture(scope="module")
def parts():
    data = Digits(image_size=8)(None, 0)
    split = split_stratified(data.labels, 0.3, 0.2, 0)
    return {name: data.subset(indices) for name, indices in split.items()}


@pytest.fixture(scope="module")
def real(parts):
    """Digits, of which the later ones are rarer."""
    train = parts["train"]
    kept = [np.flatnonzero(train.labels == k)[: 70 - 5 * k] for k in range(10)]
    return train.subset(np.concatenate(kept))


@pytest.fixture(scope="module")
def model(real):
    return fit(real, generator())


def test_there_are_as_many_images_as_the_ratio_asks_for_and_more_keep_the_first(real, model):
    draw = make_sampler(model, generator(), real)
    once, nothing = generate(draw, generator(ratio=1.0), real)
    twice, _ = generate(draw, generator(ratio=2.5), real)
    assert nothing == {}
    counts = np.bincount(real.labels)
    assert np.bincount(once.labels).tolist() == counts.tolist()
    assert np.bincount(twice.labels).tolist() == np.rint(2.5 * counts).tolist()
    assert once.classes == real.classes and (np.diff(once.labels) >= 0).all()
    for k, count in enumerate(counts):
        assert np.array_equal(
            twice.inputs[twice.labels == k][:count], once.inputs[once.labels == k]
        )


def test_progress_is_logged_with_what_is_left(real, model, caplog, monkeypatch):
    monkeypatch.setattr("weightscape.generators.sampling.PAUSE", 0)
    with caplog.at_level("INFO"):
        generate(make_sampler(model, generator(), real), generator(), real)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 12  # a line per chunk: two chunks of the classes with more than 64
    assert lines[0].startswith("64 of 475 images, at class '0': ") and "left" in lines[0]
    assert lines[-1].startswith("475 of 475 images, at class '9': ")


class CutError(Exception):
    """Stands for the end of a process."""


def test_a_sampling_that_is_cut_off_goes_on_to_the_same_images(tmp_path, real, model):
    draw = make_sampler(model, generator(), real)
    whole, _ = generate(draw, generator(), real)
    calls = []

    def cut(label, indices):
        calls.append((label, indices.start))
        if len(calls) == 6:
            raise CutError
        return draw(label, indices)

    with pytest.raises(CutError):
        generate(chunks.keep_draws(cut, tmp_path / "x", "same"), generator(), real)
    resumed, _ = generate(chunks.keep_draws(cut, tmp_path / "x", "same"), generator(), real)
    assert np.array_equal(resumed.inputs, whole.inputs)
    assert len(calls) == 12 + 1  # the chunk that was cut is the only one drawn twice
    assert calls[5] == calls[6] and len(set(calls)) == 12


def test_chunks_of_another_identity_or_broken_ones_are_drawn_anew(tmp_path):
    def draw(label, indices):
        calls.append(label)
        return np.full((len(indices), 1, 2, 2), len(calls), np.uint8)

    calls = []
    for identity, value in (("a", 1), ("a", 1), ("b", 2), ("a", 3)):
        images = chunks.keep_draws(draw, tmp_path / "x", identity)(0, range(4))
        assert images[0, 0, 0, 0] == value
    next((tmp_path / "x").iterdir()).write_bytes(b"\x80\x04cos\nsystem\n.")
    assert chunks.keep_draws(draw, tmp_path / "x", "a")(0, range(4))[0, 0, 0, 0] == 4
    chunks.remove(tmp_path / "x")
    chunks.remove(tmp_path / "x")
    assert not list(tmp_path.iterdir())


def test_the_identity_follows_every_part():
    parts = [{"a": 1, "b": 2}, ["x"]]
    assert identity_of(*parts) == identity_of({"b": 2, "a": 1}, ["x"])
    others = [[{"a": 1, "b": 3}, ["x"]], [{"a": 1, "b": 2}, ["y"]], [{"a": 1, "b": 2}, "x"]]
    assert len({identity_of(*each) for each in [parts, *others]}) == 4


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda images: images / 255, "float64"),
        (lambda images: images[1:], r"\(63, 1, 8, 8\)"),
        (lambda images: images[:, :, :4], r"\(64, 1, 4, 8\)"),
        (lambda images: images.repeat(3, 1), r"\(64, 3, 8, 8\)"),
    ],
)
def test_a_generator_that_gives_something_else_is_named(real, model, monkeypatch, spoil, words):
    make = GaussianMixture.sampler

    def spoilt(self, model, setting):
        draw = make(self, model, setting)
        return lambda label, indices: spoil(draw(label, indices))

    monkeypatch.setattr(GaussianMixture, "sampler", spoilt)
    draw = make_sampler(model, generator(), real)
    with pytest.raises(ValueError, match=rf"'mixture' .source gaussian_mixture.*{words}.*'0'"):
        generate(draw, generator(), real)


def test_a_class_without_training_images_is_named(real):
    lacking = real.subset(np.flatnonzero(real.labels != 7))
    with pytest.raises(ValueError, match="'mixture': class '7' has no training images"):
        fit(lacking, generator())


# The filter


def wrong_every_second_time(parts):
    """Draws digits that were not trained on: with an odd index those of the next class."""
    held = parts["val"]
    of_class = [held.inputs[held.labels == k] for k in range(10)]

    def draw(label, indices):
        chosen = [of_class[(label + index % 2) % 10] for index in indices]
        return np.stack([images[i // 2 % 50] for images, i in zip(chosen, indices, strict=True)])

    return draw


def test_the_filter_keeps_what_a_classifier_of_real_images_recognises(parts, caplog):
    real = parts["train"]
    draw = wrong_every_second_time(parts)
    with caplog.at_level("INFO"):
        images, filtered = generate(draw, generator(ratio=0.5, filter=True), real)
    assert np.bincount(images.labels).tolist() == (np.rint(np.bincount(real.labels) / 2)).tolist()
    for k, name in enumerate(real.classes):
        kept = images.inputs[images.labels == k]
        drawn = draw(k, range(filtered["drawn"][name]))
        position, places = 0, []
        for image in kept:  # a part of the stream, in its order
            while not np.array_equal(drawn[position], image):
                position += 1
            places.append(position)
            position += 1
        assert np.mean(np.array(places) % 2 == 0) > 0.95
        assert filtered["drawn"][name] - filtered["dropped"][name] == len(kept)
        assert 0.45 < filtered["dropped"][name] / filtered["drawn"][name] < 0.55
    assert "support vector machine" in filtered["classifier"]
    assert f"dropped {sum(filtered['dropped'].values())} of" in caplog.text
    json.dumps(filtered)


def test_a_class_that_is_never_recognised_is_named_with_the_rate(parts):
    real, right = parts["train"], wrong_every_second_time(parts)

    def draw(label, indices):
        return right(8 if label == 3 else label, range(0, 2 * len(indices), 2))

    count = round((real.labels == 3).sum() * 0.2)
    assert count < CHUNK
    with pytest.raises(ValueError, match=rf"'mixture': {10 * count} images of class '3'.* 0\.0%"):
        generate(draw, generator(ratio=0.2, filter=True), real)


# On disk, and trained on one another


def test_a_generator_on_disk_is_the_same(tmp_path, real, model):
    path = tmp_path / "generator.safetensors"
    save_generator(path, replace(model, facts={"loss": 0.1}), {"rule": "x"})
    again = load_generator(path)
    assert again.facts == {"loss": 0.1}
    assert all(np.array_equal(again.arrays[name], model.arrays[name]) for name in model.arrays)
    images = [make_sampler(each, generator(), real)(3, range(5)) for each in (model, again)]
    assert np.array_equal(*images)
    save_generator(path, replace(model, arrays={}), {})
    assert load_generator(path).arrays == {}


def test_a_generator_is_trained_on_another_ones_images_and_fresh_ones():
    labels = np.repeat(np.arange(2), 10)
    real = Examples(np.zeros((20, 1, 2, 2), np.uint8), labels, ("a", "b"))
    made = Examples(np.ones((20, 1, 2, 2), np.uint8), labels, ("a", "b"))
    for fresh, expected in ((0.0, 10), (0.3, 7), (0.9, 1)):
        second = GeneratorEntry(
            name="g2", source="gaussian_mixture", trained_on="g1", fresh=fresh, ratio=0.1
        )
        images = choose_training_images(real, [made], second)
        assert np.bincount(images.labels).tolist() == [10, 10]
        assert [images.inputs[images.labels == k, 0, 0, 0].sum() for k in (0, 1)] == [expected] * 2
    assert choose_training_images(real, [], generator()) is real
