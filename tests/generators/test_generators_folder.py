"""The generator that reads what somebody else has generated."""

import numpy as np
import pytest
from PIL import Image

from weightscape.config.generator import GeneratorEntry
from weightscape.data.examples import Examples
from weightscape.generators.fitted import fit, make_sampler
from weightscape.generators.sampling import generate

CLASSES = ("cat", "dog")


def training(channels=3, side=4, n=4):
    return Examples(
        np.zeros((n, channels, side, side), np.uint8), np.arange(n) % len(CLASSES), CLASSES
    )


def solid(folder, name, colour, mode="RGB", size=(4, 4), **values):
    """Write an image of one colour."""
    folder.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(folder / name, **values)


@pytest.fixture
def tree(tmp_path):
    """Two images of cats and three of dogs, named against the order of their making."""
    for name, red in (("b.png", 20), ("a.png", 10)):
        solid(tmp_path / "cat", name, (red, 1, 2))
    for name, red in (("10.jpg", 110), ("9.JPEG", 130), ("2.png", 120)):
        solid(tmp_path / "dog", name, (red, red, red), size=(9, 5))
    (tmp_path / "LICENCE").write_text("whose they are")
    (tmp_path / "cat" / "notes.txt").write_text("how they were made")
    (tmp_path / "cat" / ".b.png").write_bytes(b"left by a file manager")
    (tmp_path / ".cache").mkdir()
    return tmp_path


def made(tree, real, ratio=1.0):
    entry = GeneratorEntry(name="bought", source="folder", options={"path": str(tree)}, ratio=ratio)
    model = fit(real, entry)
    return generate(make_sampler(model, entry, real), entry, real)[0]


def test_images_come_in_the_order_of_their_names(tree):
    images = made(tree, training())
    assert images.labels.tolist() == [0, 0, 1, 1]
    assert images.inputs[:2, :, 0, 0].tolist() == [[10, 1, 2], [20, 1, 2]]
    assert images.inputs[2:, 0].mean((1, 2)) == pytest.approx([110, 120], abs=1)
    less = made(tree, training(), ratio=0.5)
    assert np.array_equal(less.inputs, images.inputs[[0, 2]])


def test_images_take_the_size_and_the_channels_of_the_real_ones(tree):
    grey = made(tree, training(channels=1, side=8))
    assert grey.inputs.shape == (4, 1, 8, 8)
    # ITU-R 601: 0.299 red, 0.587 green and 0.114 blue.
    assert grey.inputs[0].mean() == round(0.299 * 10 + 0.587 * 1 + 0.114 * 2)
    solid(tree / "cat", "a.png", 77, mode="L", size=(3, 3))
    assert made(tree, training()).inputs[0, :, 2, 2].tolist() == [77, 77, 77]


def test_more_than_the_folder_holds_is_refused(tree):
    with pytest.raises(ValueError, match=r"cat holds 2 images, and 4 at least .* the ratio"):
        made(tree, training(), ratio=2)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda tree: solid(tree / "bird", "a.png", (1, 2, 3)), "bird is no class .* cat, dog"),
        (lambda tree: [file.unlink() for file in (tree / "dog").iterdir()], r"dog: .* 'dog'"),
        (lambda tree: (tree / "dog").rename(tree / ".dog"), r"dog: there are no .* 'dog'"),
        (lambda tree: (tree / "cat/a.png").write_bytes(b"no image"), r"a\.png cannot be used"),
        (
            lambda tree: (tree / "cat/a.png").write_bytes((tree / "cat/b.png").read_bytes()[:45]),
            r"a\.png cannot be used",
        ),
        (lambda tree: tree.rename(tree.with_name("gone")), "there is no folder"),
    ],
)
def test_what_is_wrong_with_the_folder_is_named(tree, spoil, words):
    spoil(tree)
    with pytest.raises(ValueError, match=words):
        made(tree, training())


def test_a_folder_that_has_changed_since_it_was_looked_through_is_refused(tree):
    entry = GeneratorEntry(name="bought", source="folder", options={"path": str(tree)})
    model = fit(training(), entry)
    assert model.facts["images"] == {"cat": 2, "dog": 3}
    (tree / "dog" / "2.png").unlink()
    with pytest.raises(ValueError, match="has changed since"):
        make_sampler(model, entry, training())


def test_links_that_lead_nowhere_change_the_listing_and_are_named(tree):
    (tree / "cat" / "a0.png").symlink_to(tree / "nowhere.png")
    with pytest.raises(ValueError, match=r"a0\.png cannot be read"):
        made(tree, training())
