"""Sets of images: which there are, what they hold, and what is measured of them."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from vendi_score.image_utils import get_pixel_vectors

from weightscape.augment.gaussian_noise import GaussianNoise
from weightscape.augment.once import augment_once
from weightscape.augment.random_shift import RandomShift
from weightscape.config.diversity import Diversity, ImageSet
from weightscape.config.place import Place
from weightscape.data.examples import Examples, concatenate
from weightscape.data.samples import take_samples
from weightscape.diversity.image_set import Embedder, Parts, View, measure_image_set
from weightscape.diversity.measure import Three, measure_diversity
from weightscape.diversity.prdc import measure_fidelity
from weightscape.diversity.sets import images_of, pixels_of, with_channels
from weightscape.diversity.vendi import vendi_score
from weightscape.network.build import describe, initialise
from weightscape.network.embed import embed, load_embeddings, save_embeddings
from weightscape.network.saved import SavedNetwork, save_network
from weightscape.study.load import ConfigError, load_study
from weightscape.study.nano import shrink
from weightscape.study.plan import Plan
from weightscape.tables import diversity, samples
from weightscape.tables.table import from_arrays, from_rows

STUDY = {
    "study": "s",
    "datasets": ["digits"],
    "backbones": [{"name": "b", "architecture": "resnet10t", "pretrained": "none"}],
    "generators": [{"name": "mixture", "source": "gaussian_mixture"}],
    "diversity": {},
    "conditions": [
        {"name": "baseline"},
        {"name": "twin", "family": "null", "factors": {"data_order": 1}},
        {"family": "noise", "vary": "augment.gaussian_noise.sd", "over": [0.1, 0.3]},
        {"name": "same", "factors": {"augment": {"gaussian_noise": {"sd": 0.3}}, "dropout": 0.5}},
        {"family": "synthetic", "vary": "synthetic.mixture", "over": [0.5]},
        {
            "name": "both",
            "factors": {"augment": "trivial_augment", "synthetic": {"mixture": 0.5}},
        },
    ],
}
PLAIN = {"conditions": [{"name": "baseline"}]}


def some(n=30, seed=0, classes=("a", "b", "c"), side=6, channels=1):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, channels, side, side), dtype=np.uint8)
    return Examples(images, np.arange(n) % len(classes), classes)


def sets_of(values):
    return Plan(load_study({**STUDY, **values})).image_sets


# Which sets there are


def test_every_kind_of_images_has_one_set():
    found = sets_of({})
    assert {name: (s.kind, s.condition, s.dose) for name, s in found.items()} == {
        "real": ("real", "baseline", None),
        "noise-0.1": ("augmented", "noise-0.1", 0.1),
        "noise-0.3": ("augmented", "noise-0.3", 0.3),
        "synthetic-0.5": ("mixed", "synthetic-0.5", 0.5),
        "both": ("mixed", "both", None),
        "test": ("test", None, None),
        "mixture": ("synthetic", None, None),
    }
    assert found["both"].augment == {"trivial_augment": {}}
    assert found["both"].synthetic == {"mixture": 0.5}
    assert found["mixture"].identifiers["generator"] == "mixture"
    assert found["both"].identifiers["generator"] is None
    assert ImageSet(**found["both"].slice()) == found["both"]


def test_a_set_names_its_augmentations_and_their_modules():
    found = sets_of({})
    assert found["noise-0.3"].augmentations == [GaussianNoise(sd=0.3)]
    assert found["noise-0.3"].modules == ["weightscape.augment.gaussian_noise"]
    assert found["real"].augmentations == found["mixture"].modules == []


def test_the_order_of_augmentations_makes_another_set():
    one = {"gaussian_noise": {"sd": 0.1}, "random_shift": {}}
    other = dict(reversed(one.items()))
    conditions = [
        {"name": "baseline"},
        {"name": "one", "factors": {"augment": one}},
        {"name": "other", "factors": {"augment": other}},
    ]
    found = sets_of({"conditions": conditions})
    assert list(found["one"].augment) == ["gaussian_noise", "random_shift"]
    assert list(found["other"].augment) == ["random_shift", "gaussian_noise"]


def test_real_images_are_measured_where_no_condition_trains_on_them():
    found = sets_of({"training": {"augment": "random_shift"}})
    assert found["real"] == ImageSet(name="real", kind="real")
    assert (found["baseline"].kind, found["baseline"].family) == ("augmented", "baseline")


def test_a_study_that_does_not_ask_has_none():
    assert sets_of({"diversity": None}) == {}


def test_another_condition_changes_no_other_set():
    more = [*STUDY["conditions"], {"family": "noise2", "vary": "augment.gaussian_noise.sd"}]
    more[-1]["over"] = [0.7]
    found = sets_of({"conditions": more})
    assert {name: found[name] for name in sets_of({})} == sets_of({})


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"diversity": {"subsample": 5}}, "subsample"),
        ({"diversity": {"spaces": []}}, "spaces"),
        ({"diversity": {"spaces": ["clip"]}}, "spaces"),
        ({"diversity": {"repeat": 5}}, "did you mean 'repeats'"),
        ({"figures": ["image_samples"], "diversity": None}, "figures.image_samples"),
        ({"generators": [{"name": "test", "source": "gaussian_mixture"}], **PLAIN}, "'test'"),
    ],
)
def test_mistakes_are_named(values, complaint):
    with pytest.raises(ConfigError, match=complaint):
        load_study({**STUDY, **values})


def test_two_sets_must_not_share_a_name():
    conditions = [
        {"name": "baseline"},
        {"name": "mixture", "factors": {"synthetic": {"mixture": 1.0}}},
    ]
    with pytest.raises(ConfigError, match="'mixture' would be the name of two sets"):
        load_study({**STUDY, "conditions": conditions})
    load_study({**STUDY, "conditions": conditions, "diversity": None})


def test_a_nano_study_takes_small_subsamples():
    small = shrink(load_study(STUDY)).diversity
    assert (small.subsample, small.repeats, small.k) == (40, 10, 3)
    assert shrink(load_study({**STUDY, "diversity": None})).diversity is None


# What they hold


def test_images_of_every_set():
    train, test, made = some(30), some(9, 1), some(60, 2)
    found = sets_of({})
    assert images_of(found["real"], train, test, []) == (train, 0)
    assert images_of(found["noise-0.1"], train, test, []) == (train, 0)
    assert images_of(found["test"], train, test, []) == (test, 0)
    assert images_of(found["mixture"], train, test, [made]) == (made, 0)
    mixed, added = images_of(found["synthetic-0.5"], train, test, [made])
    assert (len(mixed), added) == (45, 30)
    assert np.array_equal(mixed.inputs[:30], train.inputs)
    assert np.bincount(mixed.labels[30:]).tolist() == [5, 5, 5]


def test_grey_images_are_seen_as_the_network_sees_them():
    grey, coloured = some(4), some(4, channels=3)
    assert with_channels(grey, 1) is grey and with_channels(coloured, 3) is coloured
    seen = with_channels(grey, 3).inputs
    assert seen.shape == (4, 3, 6, 6)
    assert np.array_equal(seen[:, 2], grey.inputs[:, 0])


def test_small_images_keep_their_pixels_and_large_ones_are_resized_as_in_the_package():
    small = some(3, side=32, channels=3).inputs
    assert np.array_equal(pixels_of(small, 32), small.reshape(3, -1))
    large = some(3, side=50, channels=3).inputs
    pictures = [Image.fromarray(np.moveaxis(image, 0, 2)) for image in large]
    known = get_pixel_vectors(pictures, 32).reshape(3, 32, 32, 3)
    found = pixels_of(large, 32).reshape(3, 3, 32, 32)
    assert np.array_equal(np.moveaxis(found, 1, 3), known)
    assert pixels_of(some(2, side=9).inputs, 4).shape == (2, 16)


def test_images_are_augmented_once_and_by_their_seed():
    images = some(700)
    augment = [GaussianNoise(sd=0.1), RandomShift(pixels=1)]
    one = augment_once(images, augment, 1)
    assert one.inputs.dtype == np.uint8 and one.inputs.shape == images.inputs.shape
    assert one.labels is images.labels
    assert np.array_equal(one.inputs, augment_once(images, augment, 1).inputs)
    assert not np.array_equal(one.inputs, augment_once(images, augment, 2).inputs)
    noisy = augment_once(images, [GaussianNoise(sd=0.1)], 1).inputs
    inside = (images.inputs > 100) & (images.inputs < 156)
    difference = noisy.astype(float)[inside] - images.inputs[inside]
    assert difference.std() / 255 == pytest.approx(0.1, rel=0.05)
    assert np.array_equal(augment_once(images, [], 1).inputs, images.inputs)
    assert not np.array_equal(one.inputs[512:], one.inputs[: 700 - 512])


def test_samples_are_the_first_of_each_class():
    images = some(7).subset(np.array([0, 3, 2, 5, 6]))  # a a c c a
    found = take_samples(images, 4)
    assert [(s["class"], s["place"]) for s in found] == [("a", 0), ("c", 0), ("a", 1), ("c", 1)]
    assert np.array_equal(found[1]["pixels"], images.inputs[2].ravel())
    assert len(take_samples(images, 99)) == 5
    assert take_samples(images, 0) == []
    cell = {"dataset": "d", "backbone": "b"} | sets_of({})["mixture"].identifiers
    table = from_rows([cell | sample for sample in found], samples.SCHEMA)
    assert table["pixels"][1].as_py() == images.inputs[2].ravel().tolist()


# What is measured


def features_of(part, seed=0):
    pixels = part.inputs.reshape(len(part), -1)
    projection = np.random.default_rng(seed).normal(size=(pixels.shape[1], 8))
    return (pixels @ projection).astype(np.float32)


def measured(images, train, test, added=0, kind="mixed", **options):
    sets = Three(images, train, test)
    spaces = {
        "pixels": Three(*(pixels_of(part.inputs, 32) for part in sets)),
        "embedding": Three(*(features_of(part) for part in sets)),
    }
    labels = Three(*(part.labels for part in sets))
    options = Diversity(**{"subsample": 18, "repeats": 10, "k": 3, **options})
    rows = measure_diversity(spaces, labels, train.classes, added, options, kind)
    return {(row["space"], row["class"]): row for row in rows}


def test_rows_say_what_the_functions_say():
    train, test, made = some(36), some(30, 1), some(24, 2)
    images = concatenate([train, made])
    rows = measured(images, train, test, added=36)
    assert list(rows) == [(s, c) for s in ("pixels", "embedding") for c in ("", "a", "b", "c")]
    whole, one = rows["embedding", ""], rows["embedding", "b"]
    assert (whole["n"], whole["n_subsample"], one["n"], one["n_subsample"]) == (60, 18, 20, 6)
    assert whole["vendi"] == pytest.approx(vendi_score(features_of(images)))
    members = images.subset(np.flatnonzero(images.labels == 1))
    assert one["vendi"] == pytest.approx(vendi_score(features_of(members)))
    for row in rows.values():
        assert 1 <= row["vendi_subsampled"] < row["vendi"]
        assert row["vendi_low"] < row["vendi_subsampled"] < row["vendi_high"]
        assert 0 <= row["precision"] <= 1 and 0 < row["recall"] <= 1
        assert row["weighted_vendi"] < row["vendi"]
    # What stands beside the real images is compared with them, and nothing else.
    x, y = features_of(train)[:24].astype(float), features_of(made).astype(float)
    rho = (x * y).sum() / np.linalg.norm(x) / np.linalg.norm(y)
    assert whole["weighted_vendi"] == pytest.approx(rho * whole["vendi"])
    assert rows["pixels", ""]["memorised"] < 0.5
    assert np.isnan(whole["memorised"])


def test_a_subsample_of_everything_is_the_set():
    train, test = some(30), some(30, 1)
    row = measured(test, train, test, kind="augmented", subsample=30)["embedding", ""]
    assert row["vendi_subsampled"] == pytest.approx(row["vendi"])
    assert np.isnan(row["vendi_low"])
    known = measure_fidelity(features_of(test), features_of(test), 3)
    assert (row["precision"], row["density"]) == pytest.approx((known.precision, known.density))


def test_what_is_not_defined_is_missing():
    train, test = some(30), some(12, 1)
    itself = measured(test, train, test, kind="test")["pixels", ""]
    assert np.isnan(itself["precision"]) and itself["memorised"] == pytest.approx(1 / 12)
    assert np.isnan(itself["vendi_subsampled"])  # 12 are fewer than 18
    real = measured(train, train, test, kind="real")
    assert real["pixels", ""]["memorised"] == 1
    assert real["pixels", ""]["weighted_vendi"] == pytest.approx(real["pixels", ""]["vendi"])
    without = measured(train.subset(np.flatnonzero(train.labels)), train, test)["pixels", "a"]
    known = {name for name, value in without.items() if value == value}  # NaN is not itself
    assert known == {"space", "class", "n", "n_subsample"} and without["n"] == 0
    cell = {"dataset": "d", "backbone": "b"} | sets_of({})["real"].identifiers
    table = from_arrays([cell | without], diversity.SCHEMA)
    assert table["vendi"].null_count == 1


def test_the_order_of_the_classes_does_not_matter():
    train, test, made = some(36), some(30, 1), some(24, 2)
    images = concatenate([train, made])
    order = np.array([2, 0, 1])  # the new number of each class

    def renumbered(part):
        """Return the same images with the classes numbered and sorted in another order."""
        classes = tuple(np.array(part.classes)[np.argsort(order)])
        labels = order[part.labels]
        return Examples(part.inputs, labels, classes).subset(np.argsort(labels, kind="stable"))

    def by_class(part):
        return part.subset(np.argsort(part.labels, kind="stable"))

    def rows(change):
        parts = [concatenate([change(train), change(made)]), change(train), change(test)]
        return measured(*parts, added=36)

    known, found = rows(by_class), rows(renumbered)
    assert known.keys() == found.keys()
    for key, row in known.items():
        invariant = {k: v for k, v in row.items() if k != "weighted_vendi"}
        assert {k: found[key][k] for k in invariant} == pytest.approx(invariant, nan_ok=True)
    # The published score is another one, whose pairs are of other classes.
    whole = "embedding", ""
    assert found[whole]["weighted_vendi"] != pytest.approx(known[whole]["weighted_vendi"])
    assert len(images) == known[whole]["n"]


def test_more_noise_is_more_diverse_and_less_faithful():
    rng = np.random.default_rng(0)
    shapes = rng.integers(0, 200, (3, 1, 6, 6))

    def drawn(n, noise, seed):
        rng = np.random.default_rng(seed)
        labels = np.arange(n) % 3
        pixels = shapes[labels] + rng.normal(25, noise, (n, 1, 6, 6))
        return Examples(pixels.clip(0, 255).astype(np.uint8), labels, ("a", "b", "c"))

    train, test = drawn(90, 8, 1), drawn(60, 8, 2)
    found = [
        measured(drawn(90, noise, 3), train, test, kind="augmented")["pixels", ""]
        for noise in (4, 8, 30)
    ]
    assert found[0]["vendi_high"] < found[1]["vendi_low"]
    assert found[1]["vendi_high"] < found[2]["vendi_low"]
    assert found[2]["density"] < 0.1 < 0.7 < found[1]["density"] < found[0]["density"]
    assert found[0]["recall"] < found[1]["recall"]


def test_a_whole_set_is_measured_as_a_network_sees_it(tmp_path):
    info = describe("resnet10t", in_chans=3, num_classes=3)
    network = SavedNetwork(initialise(info, 1, {}).state_dict(), info)
    save_network(tmp_path / "network.safetensors", network, {})
    train, test, made = some(36, side=8), some(30, 1, side=8), some(24, 2, side=8)
    sets = {"train": train, "test": test}
    known = {
        name: embed(network, with_channels(part, 3).inputs, Place()) for name, part in sets.items()
    }
    save_embeddings(tmp_path / "embeddings.safetensors", known, {})
    embedder = Embedder(
        tmp_path / "embeddings.safetensors", tmp_path / "network.safetensors", Place()
    )
    options = Diversity(subsample=18, repeats=4, k=3, samples=5)

    def measure(embedder=embedder, options=options, **values):
        image_set = ImageSet(name="x", **values)
        synthetic = [made] if image_set.synthetic else []
        parts = Parts(train, test, synthetic)
        return measure_image_set(image_set, parts, View(3, 8, 0), options, embedder)

    mixed = measure(kind="mixed", synthetic={"mixture": 0.5})
    whole = {row["space"]: row for row in mixed.diversity if not row["class"]}
    assert whole.keys() == {"pixels", "embedding"} and mixed.samples == []
    assert whole["pixels"]["n"] == 54
    seen = images_of(sets_of({})["synthetic-0.5"], train, test, [made])[0]
    features = embed(network, with_channels(seen, 3).inputs, Place())
    assert whole["embedding"]["vendi"] == pytest.approx(vendi_score(features))
    shown = measure(kind="augmented", augment={"random_shift": {}}).samples
    assert len(shown) == 5 and shown[0]["channels"] == 3
    assert not np.array_equal(shown[0]["pixels"], measure(kind="real").samples[0]["pixels"])
    # Pixels alone need no file.
    nowhere = Embedder("", "", Place())
    pixels = measure(nowhere, options.model_copy(update={"spaces": ("pixels",)}), kind="test")
    assert {row["space"] for row in pixels.diversity} == {"pixels"}


# Embeddings


@pytest.mark.parametrize("architecture", ["resnet10t", "vit_tiny_patch16_224"])
def test_embeddings_are_what_the_classifier_sees(architecture, tmp_path):
    side = 224 if "vit" in architecture else 16
    info = describe(architecture, in_chans=3, num_classes=4)
    network = initialise(info, 1, {})
    tensors = network.state_dict()
    images = some(5, side=side).inputs
    found = embed(SavedNetwork(tensors, info), images, Place())
    assert found.dtype == np.float32 and found.shape[0] == 5
    weight, bias = (tensors[f"{info.classifier}.{name}"] for name in ("weight", "bias"))
    assert found.shape[1] == weight.shape[1]
    network.eval()
    with torch.no_grad():
        pixels = torch.from_numpy(images).expand(-1, 3, -1, -1) / 255 * 2 - 1
        known = network(pixels)
    torch.testing.assert_close(
        torch.from_numpy(found) @ weight.T + bias, known, rtol=1e-3, atol=1e-4
    )
    other = {k: v if info.classifier not in k else v + 1 for k, v in tensors.items()}
    assert np.array_equal(embed(SavedNetwork(other, info), images, Place()), found)
    save_embeddings(tmp_path / "e.safetensors", {"train": found}, {"rule": "r"})
    assert np.array_equal(load_embeddings(tmp_path / "e.safetensors")["train"], found)


def test_embeddings_of_many_images_and_of_bad_ones():
    info = describe("resnet10t", in_chans=1, num_classes=2)
    tensors = initialise(info, 1, {}).state_dict()
    images = some(520, side=8).inputs
    found = embed(SavedNetwork(tensors, info), images, Place())
    last = embed(SavedNetwork(tensors, info), images[515:], Place())
    np.testing.assert_allclose(found[515:], last, rtol=1e-3)
    tensors["conv1.0.weight"] = tensors["conv1.0.weight"] * np.nan
    with pytest.raises(FloatingPointError, match="resnet10t"):
        embed(SavedNetwork(tensors, info), images[:2], Place())


def test_measuring_needs_no_torch():
    code = "import sys, weightscape.diversity.measure; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
