from pathlib import Path

import numpy as np
import pytest
import torch
from fontTools.ttLib import TTFont
from pydantic import ValidationError
from safetensors.numpy import load_file, save_file
from sklearn.datasets import load_digits

from tests.helpers.planning import heavy_imports
from weightscape import tensors
from weightscape.config.source import DatasetEntry
from weightscape.data.digits import Digits
from weightscape.data.examples import (
    Examples,
    concatenate,
    load,
    load_shift,
    provenance_of,
    save,
    save_shift,
)
from weightscape.data.fonts import font_files, render
from weightscape.data.glyphs import GREEK, LATIN, Glyphs
from weightscape.data.images import check_images
from weightscape.data.prepare import prepare
from weightscape.data.split import draw_imbalanced, split_stratified

NOWHERE = Path("/nowhere")


def some(n=6, seed=0, classes=("a", "b", "c")):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, 1, 4, 5), dtype=np.uint8)
    return Examples(images, np.arange(n) % len(classes), classes)


def same(one, other):
    return (
        np.array_equal(one.inputs, other.inputs)
        and np.array_equal(one.labels, other.labels)
        and one.classes == other.classes
    )


# Examples


@pytest.mark.parametrize(
    ("images", "labels", "classes", "complaint"),
    [
        (np.zeros((2, 1, 4, 4), np.float32), np.zeros(2, np.int64), ("a",), "uint8"),
        (np.zeros((2, 4, 4), np.uint8), np.zeros(2, np.int64), ("a",), r"\(2, 4, 4\)"),
        (np.zeros((2, 1, 4, 4), np.uint8), np.zeros(3, np.int64), ("a",), r"\(2,\)"),
        (np.zeros((2, 1, 4, 4), np.uint8), np.zeros(2, np.int32), ("a",), "int64"),
        (np.zeros((2, 1, 4, 4), np.uint8), np.array([0, 1]), ("a",), r"0\.\.0"),
        (np.zeros((2, 1, 4, 4), np.uint8), np.array([0, -1]), ("a",), "-1"),
        (np.zeros((2, 1, 4, 4), np.uint8), np.array([0, 1]), ("a", "a"), "names of their own"),
    ],
)
def test_labelled_refuses_what_does_not_fit(images, labels, classes, complaint):
    with pytest.raises(ValueError, match=complaint):
        check_images(Examples(images, labels, classes))


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.int16, np.bool_])
def test_examples_of_any_kind_are_kept(tmp_path, monkeypatch, kind):
    inputs = np.random.default_rng(0).normal(size=(12, 7)).astype(kind)
    whole = Examples(inputs, np.arange(12) % 2, ("a", "b"))
    for limit in (2**32, 1):
        monkeypatch.setattr(tensors, "IN_MEMORY", limit)
        halves = [whole.subset(np.arange(6)), whole.subset(np.arange(6, 12))]
        save(tmp_path / "x", concatenate(halves), {})
        again = load(tmp_path / "x")
        assert same(again, whole) and again.inputs.dtype == kind
        assert isinstance(again.inputs, np.memmap) == (limit == 1)
        save_shift(tmp_path / "y", {1: halves[0], 2: halves[0]}, {})
        assert same(load_shift(tmp_path / "y")[2], halves[0])


def test_inputs_of_two_types_or_of_an_unknown_one_are_refused(tmp_path):
    whole, half = (
        Examples(np.zeros((2, 3), kind), np.array([0, 1]), ("a", "b"))
        for kind in (np.float32, np.float16)
    )
    with pytest.raises(ValueError, match="inputs of one type and shape"):
        concatenate([whole, half])
    words = Examples(np.array(["x", "y"]), np.array([0, 1]), ("a", "b"))
    with pytest.raises(ValueError, match="no type for images, which are <U1"):
        save(tmp_path / "x", words, {})


def test_a_source_has_to_give_images(monkeypatch):
    sounds = Examples(np.zeros((9, 5), np.float32), np.arange(9) % 3, ("a", "b", "c"))
    monkeypatch.setattr(Digits, "__call__", lambda self, data_root, seed: sounds)
    with pytest.raises(ValueError, match=r"must be uint8 .*, not float32 of shape \(9, 5\)"):
        prepare(DatasetEntry(name="digits"), NOWHERE)


def test_subset_keeps_order_and_classes():
    whole = some()
    part = whole.subset(np.array([4, 0]))
    assert np.array_equal(part.inputs, whole.inputs[[4, 0]])
    assert part.labels.tolist() == [1, 0]
    assert part.classes == whole.classes
    assert len(whole.subset(np.array([], dtype=np.int64))) == 0


def test_concatenate_undoes_subset():
    whole = some()
    assert same(concatenate([whole.subset(np.arange(2)), whole.subset(np.arange(2, 6))]), whole)


def test_concatenate_refuses_other_classes_and_shapes():
    with pytest.raises(ValueError, match="classes"):
        concatenate([some(), some(classes=("x", "y", "z"))])
    other = Examples(np.zeros((1, 3, 4, 5), np.uint8), np.array([0]), ("a", "b", "c"))
    with pytest.raises(ValueError, match="shape"):
        concatenate([some(), other])
    with pytest.raises(ValueError, match="nothing"):
        concatenate([])


def test_saved_images_come_back_with_provenance(tmp_path):
    path = tmp_path / "folder" / "test.safetensors"
    saved = some(classes=("α", "b", "c"))
    save(path, saved, {"source": "here", "seed": 3})
    assert same(load(path), saved)
    assert provenance_of(path) == {"source": "here", "seed": 3}
    assert [file.name for file in path.parent.iterdir()] == ["test.safetensors"]


def test_saved_bytes_depend_on_the_content_alone(tmp_path):
    for name in "ab":
        save(tmp_path / name, some(), {"z": 1, "a": [2, 3]})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_saved_file_has_ordinary_permissions(tmp_path):
    save(tmp_path / "images", some(), {})
    (tmp_path / "ordinary").touch()
    assert (tmp_path / "images").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_strided_images_are_saved_as_they_read(tmp_path):
    whole = some()
    turned = Examples(whole.inputs.transpose(0, 1, 3, 2), whole.labels[::1], whole.classes)
    save(tmp_path / "images", turned, {})
    assert same(load(tmp_path / "images"), turned)


def test_load_refuses_files_of_others(tmp_path):
    save_file({"images": some().inputs}, tmp_path / "bare")
    with pytest.raises(ValueError, match=r"bare has no entry 'weightscape'"):
        load(tmp_path / "bare")
    (tmp_path / "text").write_text("not safetensors")
    with pytest.raises(ValueError, match="text does not hold images"):
        load(tmp_path / "text")
    save(tmp_path / "plain", some(), {})
    with pytest.raises(ValueError, match="plain does not hold images, labels, severities"):
        load_shift(tmp_path / "plain")


def test_saved_shift_comes_back_by_severity(tmp_path):
    shift = {3: some(seed=3), 1: some(seed=1)}
    save_shift(tmp_path / "shift", shift, {"shift": "blur"})
    back = load_shift(tmp_path / "shift")
    assert list(back) == [3, 1]
    assert all(same(back[severity], shift[severity]) for severity in shift)
    assert provenance_of(tmp_path / "shift") == {"shift": "blur"}


def test_shift_needs_the_same_samples_at_every_severity(tmp_path):
    with pytest.raises(ValueError, match="at least one"):
        save_shift(tmp_path / "shift", {}, {})
    with pytest.raises(ValueError, match="same labels"):
        save_shift(tmp_path / "shift", {1: some(), 2: some().subset(np.arange(3))}, {})
    assert not (tmp_path / "shift").exists()


# Split


def test_split_is_a_partition_with_every_class_in_its_share():
    labels = np.repeat([0, 1, 2], [100, 50, 20])
    parts = split_stratified(labels, val=0.1, test=0.3, seed=0)
    assert np.array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(170))
    counts = {name: np.bincount(labels[part]).tolist() for name, part in parts.items()}
    assert counts == {"train": [60, 30, 12], "val": [10, 5, 2], "test": [30, 15, 6]}
    assert all((np.diff(part) > 0).all() for part in parts.values())


def test_split_follows_the_seed():
    labels = np.repeat(np.arange(10), 30)
    first, again, other = (split_stratified(labels, 0.2, 0.2, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["test"], other["test"])


@pytest.mark.parametrize(("val", "test"), [(0, 0.2), (0.2, -0.1), (0.5, 0.5), (-0.1, 0.2)])
def test_split_refuses_shares_without_room(val, test):
    with pytest.raises(ValueError, match="must be positive"):
        split_stratified(np.zeros(10, np.int64), val, test, 0)


def test_every_domain_is_split_by_itself():
    labels, domains = np.tile([0, 1], 50), np.repeat([0, 1, 2], [50, 40, 10])
    parts = split_stratified(labels, 0.2, 0.2, 0, domains)
    assert np.array_equal(np.sort(np.concatenate([*parts.values()])), np.arange(100))
    assert np.bincount(domains[parts["test"]]).tolist() == [10, 8, 2]
    # Domains with few images of a class have their share together.
    rare = split_stratified(np.zeros(40, np.int64), 0.1, 0.1, 0, np.arange(40) // 4)
    assert [len(rare[name]) for name in ("train", "val", "test")] == [32, 4, 4]


def test_a_source_that_tests_on_images_of_its_own_is_split_in_two():
    parts = split_stratified(np.zeros(10, np.int64), 0.2, 0, 0)
    assert [len(parts[name]) for name in ("train", "val", "test")] == [8, 2, 0]


def test_fraction_and_long_tail():
    labels = np.repeat([0, 1, 2], 100)
    half, tenth = (draw_imbalanced(labels, share, 1, 0) for share in (0.5, 0.1))
    assert np.bincount(labels[half]).tolist() == [50] * 3
    assert set(tenth) < set(half)
    tail = draw_imbalanced(labels, 1, 100, 0)
    assert np.bincount(labels[tail]).tolist() == [100, 10, 1]
    assert np.array_equal(tail, draw_imbalanced(labels, 1, 100, 0))
    assert len(draw_imbalanced(np.array([3]), 0.1, 1, 0)) == 1


def test_parts_of_a_source_that_has_its_own(monkeypatch):
    many = some(60)
    parts = {"train": many, "test": some(9, seed=1), "elsewhere": some(6, seed=2)}
    monkeypatch.setattr(Digits, "__call__", lambda self, data_root, seed: parts)
    dataset = DatasetEntry(name="digits", val=0.2, fraction=0.5)
    found = prepare(dataset, NOWHERE)
    assert {name: len(images) for name, images in found.items()} == {
        "train": 24, "val": 12, "test": 9, "elsewhere": 6,
    }  # fmt: skip
    limited = prepare(DatasetEntry(name="digits", limit=5), NOWHERE)
    assert len(limited["test"]) == 9 and len(limited["train"]) + len(limited["val"]) == 15
    monkeypatch.setattr(Digits, "__call__", lambda self, data_root, seed: many)
    assert len(prepare(dataset, NOWHERE)["elsewhere"]) == 0


def test_large_images_stay_on_disk(tmp_path, monkeypatch):
    one = Examples(some(50).inputs, some(50).labels, ("a", "b", "c"), np.arange(50) % 2, ("x", "y"))
    monkeypatch.setattr(tensors, "IN_MEMORY", 100)
    monkeypatch.setattr(tensors, "CHUNK", 70)
    part = one.subset(np.arange(40, 0, -2))
    assert isinstance(part.inputs, np.memmap)
    assert np.array_equal(part.inputs, one.inputs[40:0:-2])
    save(tmp_path / "x.safetensors", part, {})
    assert np.array_equal(load_file(tmp_path / "x.safetensors")["images"], part.inputs)
    again = load(tmp_path / "x.safetensors")
    assert isinstance(again.inputs, np.memmap)
    assert same(again, part)
    assert np.array_equal(again.domains, part.domains) and again.domain_names == ("x", "y")
    assert [file.name for file in tmp_path.iterdir()] == ["x.safetensors"]


def test_split_names_the_class_that_is_too_small():
    labels = np.repeat([0, 7], [50, 3])
    with pytest.raises(ValueError, match=r"class 7 has 3 images.*none is left for val"):
        split_stratified(labels, 0.1, 0.4, 0)


# Digits


def test_digits_are_scaled_and_enlarged_as_torch_does():
    data = Digits()(NOWHERE, 0)
    source = load_digits()
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(source.images[:, None]) * (255 / 16),
        size=(32, 32),
        mode="bilinear",
        align_corners=False,
    )
    assert data.inputs.shape == (1797, 1, 32, 32)
    assert np.abs(data.inputs - expected.numpy()).max() <= 0.5 + 1e-4
    assert np.array_equal(data.labels, source.target)
    assert data.classes == tuple("0123456789")


def test_digits_at_their_own_size_are_scaled_alone():
    data = Digits(image_size=8)(NOWHERE, 0)
    expected = np.rint(load_digits().images * 255 / 16)
    assert np.array_equal(data.inputs[:, 0], expected)
    assert data.inputs.max() == 255 and data.inputs.min() == 0


@pytest.mark.parametrize("source", [Digits, Glyphs])
def test_image_size_has_bounds(source):
    for size in (7, 513):
        with pytest.raises(ValidationError):
            source(image_size=size)


# Fonts


def test_fonts_have_every_character_that_is_drawn():
    wanted = {ord(character) for character in LATIN + GREEK + "0123456789"}
    files = font_files()
    assert len(set(files)) == 16
    for file in files:
        assert wanted <= TTFont(file).getBestCmap().keys(), file.name


def box(image):
    rows, columns = np.flatnonzero(image.max(1) > 127), np.flatnonzero(image.max(0) > 127)
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


@pytest.mark.parametrize("character", ["M", "g", "1"])
@pytest.mark.parametrize("shape", [(64, 64), (48, 80)])
def test_size_is_the_longer_side_of_a_centred_box(character, shape):
    for font in font_files():
        top, bottom, left, right = box(render(character, font, shape, size=0.75))
        assert max(bottom - top, right - left) == pytest.approx(0.75 * min(shape), abs=2)
        assert (top + bottom) / 2 == pytest.approx(shape[0] / 2, abs=1.5)
        assert (left + right) / 2 == pytest.approx(shape[1] / 2, abs=1.5)


def test_offset_moves_right_and_down():
    still = render("R", font_files()[0], (32, 32), size=0.5)
    moved = render("R", font_files()[0], (32, 32), size=0.5, offset=(3, 5))
    assert np.array_equal(moved, np.roll(still, (5, 3), axis=(0, 1)))


def test_quarter_turn_is_counter_clockwise():
    still = render("R", font_files()[0], (32, 32), size=0.8).astype(int)
    turned = render("R", font_files()[0], (32, 32), size=0.8, rotation=90).astype(int)
    assert np.abs(turned - np.rot90(still)).max() <= 2


def test_shear_leans_to_the_right():
    image = render("I", font_files()[0], (64, 64), size=0.8, shear=0.5)
    top, bottom, *_ = box(image)
    x = np.arange(64)
    upper, lower = (np.average(x, weights=image[row]) for row in (top + 1, bottom - 2))
    assert upper - lower == pytest.approx(0.5 * (bottom - top - 3), abs=1)


# Glyphs


def test_glyphs_are_81_letters_and_no_digit():
    letters = LATIN + GREEK
    assert len(letters) == len(set(letters)) == 81
    assert all(letter.isalpha() for letter in letters)


def normalised(characters, font):
    images = [render(c, font, (32, 32), size=0.9).ravel() / 255 for c in characters]
    return np.array([image / np.linalg.norm(image) for image in images])


def test_no_two_letters_have_one_shape():
    alike = np.mean([(v := normalised(LATIN + GREEK, f)) @ v.T for f in font_files()], 0)
    assert np.max(alike - np.eye(81)) < 0.96
    # The measure does see shapes that coincide.
    twins = np.mean([(v := normalised("AΑoο", f)) @ v.T for f in font_files()], 0)
    assert twins[0, 1] > 0.99 and twins[2, 3] > 0.99


def test_glyphs_are_balanced_and_half_of_them_coarse():
    data = Glyphs(per_font=2)(NOWHERE, 0)
    assert data.inputs.shape == (81 * 16 * 2, 1, 32, 32)
    assert (np.bincount(data.labels) == 32).all()
    assert data.inputs.max(axis=(1, 2, 3)).min() > 0
    # An image that went through 8x8 pixels has small second differences everywhere.
    bend = np.abs(np.diff(data.inputs.astype(int), n=2, axis=3)).max(axis=(1, 2, 3))
    assert bend[1::2].max() < np.median(bend[::2])


def test_glyphs_follow_the_seed():
    first, again, other = (Glyphs(per_font=1)(NOWHERE, k) for k in (5, 5, 6))
    assert same(first, again)
    assert not np.array_equal(first.inputs, other.inputs)


def test_glyphs_have_the_size_asked_for():
    assert Glyphs(image_size=20, per_font=1)(NOWHERE, 0).inputs.shape == (1296, 1, 20, 20)


def test_plugins_are_light():
    """The planner imports them to validate their options."""
    plugins = {
        "source.Source": ["digits", "glyphs"],
        "shift.Shift": [
            *("gaussian_noise", "blur", "contrast", "rotation", "occlusion", "printed"),
        ],
        "augmentation.Augmentation": ["gaussian_noise", "trivial_augment"],
        "generator.Generator": ["gaussian_mixture"],
    }
    assert heavy_imports(plugins) == []
