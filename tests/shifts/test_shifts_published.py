"""Shifts that bring their own images: other domains, and the published ones of CIFAR."""

import numpy as np
import pytest
from pydantic import ValidationError

from tests.helpers import published
from tests.helpers.published import colour
from weightscape import tensors
from weightscape.config.shift import ShiftEntry, Unshifted
from weightscape.config.source import DatasetEntry
from weightscape.data.cifar10 import Cifar10
from weightscape.data.examples import Examples, load_shift, save_shift
from weightscape.data.prepare import prepare
from weightscape.shifts import _corrupted
from weightscape.shifts.cifar10_1 import Cifar101
from weightscape.shifts.cifar10_c import Cifar10C
from weightscape.shifts.cifar100_c import Cifar100C
from weightscape.shifts.domain import Domain
from weightscape.shifts.prepare import prepare_shift


def test_set(data_root, **options):
    """Return the test images of a small CIFAR-10."""
    return Cifar10(checksums=False, **options)(data_root, 0)["test"]


test_set.__test__ = False


def middles(part):
    return part.inputs[:, :, part.inputs.shape[2] // 2, part.inputs.shape[3] // 2].tolist()


# Another domain


def domains():
    images = np.arange(6, dtype=np.uint8)[:, None, None, None].repeat(3, 1)
    return Examples(
        images, np.arange(6) % 2, ("a", "b"), np.array([1, 2, 1, 3, 3, 1]), ("w", "x", "y", "z")
    )


def test_a_domain_elsewhere_or_all_of_them_are_tested():
    unshifted = Unshifted(domains().subset(np.arange(0)), domains())
    assert Domain()(unshifted, 1, 0) is unshifted.elsewhere
    only = Domain(domain="x")(unshifted, 1, 0)
    assert only.inputs[:, 0, 0, 0].tolist() == [0, 2, 5] and only.labels.tolist() == [0, 0, 1]
    assert only.classes == unshifted.test.classes


def test_a_domain_that_is_not_elsewhere_is_refused():
    unshifted = Unshifted(domains(), domains())
    with pytest.raises(ValueError, match=r"asks for 'w'; the domains that are not.* are x, y, z"):
        Domain(domain="w")(unshifted, 1, 0)
    with pytest.raises(ValueError, match="severity 1, not 2"):
        Domain()(unshifted, 2, 0)
    for nothing in (None, domains().subset(np.arange(0))):
        with pytest.raises(ValueError, match="needs a dataset that leaves out domains"):
            Domain()(Unshifted(domains(), nothing), 1, 0)


def test_the_domains_of_a_dataset_become_shifts(tmp_path):
    published.write_pacs(tmp_path, classes=3, per_class=6)
    options = {"train_domains": ["photo"], "image_size": 16, "checksums": False}
    parts = prepare(DatasetEntry(name="photos", source="pacs", options=options), tmp_path)
    unshifted = Unshifted(parts["test"], parts["elsewhere"], tmp_path)
    for name in ("sketch", None):
        found = prepare_shift(
            unshifted, ShiftEntry(name="s", source="domain", options={"domain": name})
        )
        assert found.keys() == {1}
        save_shift(tmp_path / "shift", found, {})
        images = load_shift(tmp_path / "shift")[1]
        assert len(images) == (18 if name else 54) and images.classes == parts["train"].classes


# CIFAR-10.1


def test_cifar10_1_comes_in_the_size_of_the_test_images(tmp_path):
    published.write_cifar10(tmp_path)
    published.write_cifar10_1(tmp_path, per_class=3)
    shift = Cifar101(checksums=False)
    for size in (32, 40):
        unshifted = Unshifted(test_set(tmp_path, image_size=size), None, tmp_path)
        found = shift(unshifted, 1, 0)
        assert found.inputs.shape == (30, 3, size, size)
        assert found.labels.tolist() == np.repeat(np.arange(10), 3).tolist()
        expected = [list(colour(y, 3, k)) for k, y in enumerate(found.labels.tolist())]
        assert middles(found) == expected


def test_cifar10_1_refuses_other_classes_severities_and_files(tmp_path):
    published.write_cifar10(tmp_path)
    unshifted = Unshifted(test_set(tmp_path), None, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"v6_data\.npy is missing; remove .*cifar10_1"):
        Cifar101()(unshifted, 1, 0)
    published.write_cifar10_1(tmp_path)
    with pytest.raises(ValueError, match=r"v6_data\.npy is not the published file: its git"):
        Cifar101()(unshifted, 1, 0)
    shift = Cifar101(checksums=False)
    with pytest.raises(ValueError, match="severity 1, not 2"):
        shift(unshifted, 2, 0)
    digits = Examples(unshifted.test.inputs, unshifted.test.labels, tuple("0123456789"))
    with pytest.raises(ValueError, match=r"needs the classes of CIFAR-10.*has 10, 0, 1"):
        shift(Unshifted(digits, None, tmp_path), 1, 0)
    np.save(tmp_path / "cifar10.1" / "cifar10.1_v6_data.npy", np.zeros((30, 3, 32, 32), np.uint8))
    with pytest.raises(ValueError, match=r"should hold 30 images.*shape \(30, 3, 32, 32\)"):
        shift(unshifted, 1, 0)
    objects = np.array([{}], object)
    np.save(tmp_path / "cifar10.1" / "cifar10.1_v6_data.npy", objects, allow_pickle=True)
    with pytest.raises(ValueError, match="not a numpy array without objects"):
        shift(unshifted, 1, 0)


# CIFAR-10-C and CIFAR-100-C


def test_corrupted_images_are_those_of_their_severity(tmp_path):
    published.write_cifar10(tmp_path)
    published.write_cifar10_c(tmp_path)
    assert len(Cifar10C.fetch(tmp_path)) == 3
    unshifted = Unshifted(test_set(tmp_path), None, tmp_path)
    shift = Cifar10C(corruptions=["fog", "gaussian_noise"])
    for severity in (1, 5):
        found = shift(unshifted, severity, 0)
        labels = unshifted.test.labels.tolist()
        assert found.labels.tolist() == labels * 2
        expected = [list(colour(y, severity, k)) for k in (1, 0) for y in labels]
        assert middles(found) == expected


def test_corrupted_images_of_a_hundred_classes_and_another_size(tmp_path):
    published.write_cifar100_c(tmp_path)
    labels = np.tile(np.arange(100), 2)
    test = Examples(np.zeros((200, 3, 48, 48), np.uint8), labels, published.CIFAR100)
    shift = Cifar100C(corruptions=["gaussian_noise"], severities=[2])
    found = shift(Unshifted(test, None, tmp_path), 2, 0)
    assert found.inputs.shape == test.inputs.shape
    assert middles(found) == [list(colour(y, 2, 0)) for y in labels.tolist()]


def test_a_limited_dataset_limits_its_shifts(tmp_path):
    published.write_cifar10(tmp_path)
    published.write_cifar10_c(tmp_path)
    published.write_cifar10_1(tmp_path)
    whole = test_set(tmp_path)
    some = whole.subset(np.flatnonzero(whole.labels < 7)[:20])
    unshifted = Unshifted(some, None, tmp_path)
    counts = np.bincount(some.labels, minlength=10)
    shift = Cifar10C(corruptions=["fog"])
    parts = {s: shift(unshifted, s, 0) for s in (1, 2)}
    save_shift(tmp_path / "shift", parts, {})  # which needs the same labels at every severity
    assert np.bincount(parts[1].labels, minlength=10).tolist() == counts.tolist()
    found = Cifar101(checksums=False)(unshifted, 1, 0)
    expected = np.minimum(counts, 3)
    assert np.bincount(found.labels, minlength=10).tolist() == expected.tolist()


def test_corrupted_images_of_other_test_images_are_refused(tmp_path):
    published.write_cifar10(tmp_path)
    published.write_cifar10_c(tmp_path)
    test, shift = test_set(tmp_path), Cifar10C(corruptions=["fog"])
    turned = test.subset(np.arange(len(test))[::-1])
    with pytest.raises(ValueError, match="has other labels than the dataset's test images"):
        shift(Unshifted(turned, None, tmp_path), 1, 0)
    unshifted = Unshifted(test, None, tmp_path)
    with pytest.raises(ValueError, match="1 to 5, not 6"):
        shift(unshifted, 6, 0)
    with pytest.raises(FileNotFoundError, match=r"snow\.npy is missing; unpack .* into"):
        Cifar10C(corruptions=["snow"])(unshifted, 1, 0)
    with pytest.raises(ValueError, match="needs the classes of CIFAR-100, apple to worm"):
        Cifar100C(corruptions=["fog"])(unshifted, 1, 0)
    labels = tmp_path / "CIFAR-10-C" / "labels.npy"
    np.save(labels, np.arange(200) % 7)
    with pytest.raises(ValueError, match="should hold the same labels five times"):
        shift(unshifted, 1, 0)


def test_the_corruptions_are_the_published_nineteen():
    assert len(set(_corrupted.Corruption.__args__)) == 19
    assert Cifar10C().corruptions == _corrupted.Corruption.__args__[:15]
    assert {"speckle_noise", "saturate"}.isdisjoint(_corrupted.BENCHMARK)
    for options in (
        {"corruptions": ["rain"]},
        {"corruptions": ["fog", "fog"]},
        {"corruptions": []},
    ):
        with pytest.raises(ValidationError):
            Cifar10C(**options)


def test_a_large_shift_is_written_from_disk(tmp_path, monkeypatch):
    published.write_cifar10(tmp_path)
    published.write_cifar10_c(tmp_path)
    unshifted = Unshifted(test_set(tmp_path), None, tmp_path)
    monkeypatch.setattr(tensors, "IN_MEMORY", 50_000)
    found = prepare_shift(
        unshifted, ShiftEntry(name="c", source="cifar10_c", options={"corruptions": ["fog"]})
    )
    assert all(isinstance(part.inputs, np.memmap) for part in found.values())
    save_shift(tmp_path / "shift", found, {})
    again = load_shift(tmp_path / "shift")
    assert all(np.array_equal(again[s].inputs, found[s].inputs) for s in range(1, 6))
