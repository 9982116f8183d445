"""Shifts that bring their own images: other domains, and the published ones of CIFAR."""

import numpy as np
import published
import pytest
from published import colour
from pydantic import ValidationError

from weightscape.config.sources import Dataset, Shift
from weightscape.data import cifar10, large
from weightscape.data.labelled import Labelled, load_shift, save_shift
from weightscape.data.prepare import prepare, shifted
from weightscape.shifts import _corrupted, cifar10_1, cifar10_c, cifar100_c, domain
from weightscape.shifts.source import Source


def test_set(data_root, **options):
    """Return the test images of a small CIFAR-10."""
    return cifar10.load(cifar10.Options(checksums=False, **options), data_root, 0)["test"]


test_set.__test__ = False


def middles(part):
    return part.images[:, :, part.images.shape[2] // 2, part.images.shape[3] // 2].tolist()


# Another domain


def domains():
    images = np.arange(6, dtype=np.uint8)[:, None, None, None].repeat(3, 1)
    return Labelled(
        images, np.arange(6) % 2, ("a", "b"), np.array([1, 2, 1, 3, 3, 1]), ("w", "x", "y", "z")
    )


def test_a_domain_elsewhere_or_all_of_them_are_tested():
    source = Source(domains().subset(np.arange(0)), domains())
    assert domain.shift(source, 1, domain.Options(), 0) is source.elsewhere
    only = domain.shift(source, 1, domain.Options(domain="x"), 0)
    assert only.images[:, 0, 0, 0].tolist() == [0, 2, 5] and only.labels.tolist() == [0, 0, 1]
    assert only.classes == source.test.classes


def test_a_domain_that_is_not_elsewhere_is_refused():
    source = Source(domains(), domains())
    with pytest.raises(ValueError, match=r"asks for 'w'; the domains that are not.* are x, y, z"):
        domain.shift(source, 1, domain.Options(domain="w"), 0)
    with pytest.raises(ValueError, match="severity 1, not 2"):
        domain.shift(source, 2, domain.Options(), 0)
    for nothing in (None, domains().subset(np.arange(0))):
        with pytest.raises(ValueError, match="needs a dataset that leaves out domains"):
            domain.shift(Source(domains(), nothing), 1, domain.Options(), 0)


def test_the_domains_of_a_dataset_become_shifts(tmp_path):
    published.write_pacs(tmp_path, classes=3, per_class=6)
    options = {"train_domains": ["photo"], "image_size": 16, "checksums": False}
    parts = prepare(Dataset(name="photos", source="pacs", options=options), tmp_path)
    source = Source(parts["test"], parts["elsewhere"], tmp_path)
    for name in ("sketch", None):
        found = shifted(source, Shift(name="s", source="domain", options={"domain": name}))
        assert found.keys() == {1}
        save_shift(tmp_path / "shift", found, {})
        images = load_shift(tmp_path / "shift")[1]
        assert len(images) == (18 if name else 54) and images.classes == parts["train"].classes


# CIFAR-10.1


def test_cifar10_1_comes_in_the_size_of_the_test_images(tmp_path):
    published.write_cifar10(tmp_path)
    published.write_cifar10_1(tmp_path, per_class=3)
    options = cifar10_1.Options(checksums=False)
    for size in (32, 40):
        source = Source(test_set(tmp_path, image_size=size), None, tmp_path)
        found = cifar10_1.shift(source, 1, options, 0)
        assert found.images.shape == (30, 3, size, size)
        assert found.labels.tolist() == np.repeat(np.arange(10), 3).tolist()
        expected = [list(colour(y, 3, k)) for k, y in enumerate(found.labels.tolist())]
        assert middles(found) == expected


def test_cifar10_1_refuses_other_classes_severities_and_files(tmp_path):
    published.write_cifar10(tmp_path)
    source = Source(test_set(tmp_path), None, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"v6_data\.npy is missing; remove .*cifar10_1"):
        cifar10_1.shift(source, 1, cifar10_1.Options(), 0)
    published.write_cifar10_1(tmp_path)
    with pytest.raises(ValueError, match=r"v6_data\.npy is not the published file: its git"):
        cifar10_1.shift(source, 1, cifar10_1.Options(), 0)
    options = cifar10_1.Options(checksums=False)
    with pytest.raises(ValueError, match="severity 1, not 2"):
        cifar10_1.shift(source, 2, options, 0)
    digits = Labelled(source.test.images, source.test.labels, tuple("0123456789"))
    with pytest.raises(ValueError, match=r"needs the classes of CIFAR-10.*has 10, 0, 1"):
        cifar10_1.shift(Source(digits, None, tmp_path), 1, options, 0)
    np.save(tmp_path / "cifar10.1" / "cifar10.1_v6_data.npy", np.zeros((30, 3, 32, 32), np.uint8))
    with pytest.raises(ValueError, match=r"should hold 30 images.*shape \(30, 3, 32, 32\)"):
        cifar10_1.shift(source, 1, options, 0)
    objects = np.array([{}], object)
    np.save(tmp_path / "cifar10.1" / "cifar10.1_v6_data.npy", objects, allow_pickle=True)
    with pytest.raises(ValueError, match="not a numpy array without objects"):
        cifar10_1.shift(source, 1, options, 0)


# CIFAR-10-C and CIFAR-100-C


def test_corrupted_images_are_those_of_their_severity(tmp_path):
    published.write_cifar10(tmp_path)
    published.write_cifar10_c(tmp_path)
    assert len(cifar10_c.fetch(tmp_path)) == 3
    source = Source(test_set(tmp_path), None, tmp_path)
    options = cifar10_c.Options(corruptions=["fog", "gaussian_noise"])
    for severity in (1, 5):
        found = cifar10_c.shift(source, severity, options, 0)
        labels = source.test.labels.tolist()
        assert found.labels.tolist() == labels * 2
        expected = [list(colour(y, severity, k)) for k in (1, 0) for y in labels]
        assert middles(found) == expected


def test_corrupted_images_of_a_hundred_classes_and_another_size(tmp_path):
    published.write_cifar100_c(tmp_path)
    labels = np.tile(np.arange(100), 2)
    test = Labelled(np.zeros((200, 3, 48, 48), np.uint8), labels, published.CIFAR100)
    options = cifar100_c.Options(corruptions=["gaussian_noise"], severities=[2])
    found = cifar100_c.shift(Source(test, None, tmp_path), 2, options, 0)
    assert found.images.shape == test.images.shape
    assert middles(found) == [list(colour(y, 2, 0)) for y in labels.tolist()]


def test_a_limited_dataset_limits_its_shifts(tmp_path):
    published.write_cifar10(tmp_path)
    published.write_cifar10_c(tmp_path)
    published.write_cifar10_1(tmp_path)
    whole = test_set(tmp_path)
    some = whole.subset(np.flatnonzero(whole.labels < 7)[:20])
    source = Source(some, None, tmp_path)
    counts = np.bincount(some.labels, minlength=10)
    options = cifar10_c.Options(corruptions=["fog"])
    parts = {s: cifar10_c.shift(source, s, options, 0) for s in (1, 2)}
    save_shift(tmp_path / "shift", parts, {})  # which needs the same labels at every severity
    assert np.bincount(parts[1].labels, minlength=10).tolist() == counts.tolist()
    found = cifar10_1.shift(source, 1, cifar10_1.Options(checksums=False), 0)
    expected = np.minimum(counts, 3)
    assert np.bincount(found.labels, minlength=10).tolist() == expected.tolist()


def test_corrupted_images_of_other_test_images_are_refused(tmp_path):
    published.write_cifar10(tmp_path)
    published.write_cifar10_c(tmp_path)
    test, options = test_set(tmp_path), cifar10_c.Options(corruptions=["fog"])
    turned = test.subset(np.arange(len(test))[::-1])
    with pytest.raises(ValueError, match="has other labels than the dataset's test images"):
        cifar10_c.shift(Source(turned, None, tmp_path), 1, options, 0)
    source = Source(test, None, tmp_path)
    with pytest.raises(ValueError, match="1 to 5, not 6"):
        cifar10_c.shift(source, 6, options, 0)
    with pytest.raises(FileNotFoundError, match=r"snow\.npy is missing; unpack .* into"):
        cifar10_c.shift(source, 1, cifar10_c.Options(corruptions=["snow"]), 0)
    with pytest.raises(ValueError, match="needs the classes of CIFAR-100, apple to worm"):
        cifar100_c.shift(source, 1, cifar100_c.Options(corruptions=["fog"]), 0)
    labels = tmp_path / "CIFAR-10-C" / "labels.npy"
    np.save(labels, np.arange(200) % 7)
    with pytest.raises(ValueError, match="should hold the same labels five times"):
        cifar10_c.shift(source, 1, options, 0)


def test_the_corruptions_are_the_published_nineteen():
    assert len(set(_corrupted.Corruption.__args__)) == 19
    assert cifar10_c.Options().corruptions == _corrupted.Corruption.__args__[:15]
    assert {"speckle_noise", "saturate"}.isdisjoint(_corrupted.BENCHMARK)
    for options in (
        {"corruptions": ["rain"]},
        {"corruptions": ["fog", "fog"]},
        {"corruptions": []},
    ):
        with pytest.raises(ValidationError):
            cifar10_c.Options(**options)


def test_a_large_shift_is_written_from_disk(tmp_path, monkeypatch):
    published.write_cifar10(tmp_path)
    published.write_cifar10_c(tmp_path)
    source = Source(test_set(tmp_path), None, tmp_path)
    monkeypatch.setattr(large, "IN_MEMORY", 50_000)
    found = shifted(source, Shift(name="c", source="cifar10_c", options={"corruptions": ["fog"]}))
    assert all(isinstance(part.images, np.memmap) for part in found.values())
    save_shift(tmp_path / "shift", found, {})
    again = load_shift(tmp_path / "shift")
    assert all(np.array_equal(again[s].images, found[s].images) for s in range(1, 6))
