"""Generators on disk and at work: what is the same for all of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from weightscape.config.place import Place
from weightscape.data.examples import Examples
from weightscape.data.mixing import add_synthetic
from weightscape.generators.model import Draw, Model, Setting
from weightscape.seeds import seed_for
from weightscape.tensors import read_about, read_tensors, write_tensors

if TYPE_CHECKING:
    from weightscape.config.generator import GeneratorEntry

CPU = Place()
"""One thread of the CPU."""


def choose_training_images(
    real: Examples, parents: Sequence[Examples], entry: "GeneratorEntry"
) -> Examples:
    """Return what a generator is trained on.

    Parameters
    ----------
    real : Examples
        The real training images.
    parents : sequence of Examples
        Images of the generator that it is trained on; nothing where that is none.
    entry : GeneratorEntry
        Its share `fresh` of the images is real, drawn class by class, by its name.
    """
    seed = seed_for("fresh", entry.name)
    ratios = [entry.borrowed] * len(parents)
    return add_synthetic(real, parents, ratios, replaces=True, seed=seed)


def fit(
    train: Examples,
    entry: "GeneratorEntry",
    place: Place = CPU,
    state: Path | None = None,
    identity: str = "",
) -> Model:
    """Return what the generator learns of the training images.

    Parameters
    ----------
    train : Examples
        The images.
    entry : GeneratorEntry
        Which generator, and its options.
    place, state, identity
        As in `Setting`.

    Raises
    ------
    ValueError
        If a class has no training images.
    """
    for name, count in zip(train.classes, _counts(train), strict=True):
        if count == 0:
            raise ValueError(f"generator {entry.name!r}: class {name!r} has no training images")
    seed = seed_for("fit", entry.name)
    setting = Setting(train.classes, train.inputs.shape[1:], seed, place, state, identity)
    return entry.build().fit(train, setting)


def make_sampler(model: Model, entry: "GeneratorEntry", real: Examples, place: Place = CPU) -> Draw:
    """Return what draws images from a fitted generator, like `real` in classes and shape.

    What it gives is checked: a generator that gives other images than it is asked for ends with
    an error.
    """
    shape = real.inputs.shape[1:]
    setting = Setting(real.classes, shape, seed_for("sample", entry.name), place)
    draw = entry.build().sampler(model, setting)

    def checked(label: int, indices: range) -> npt.NDArray[np.uint8]:
        images = draw(label, indices)
        wanted = (len(indices), *shape)
        if images.dtype != np.uint8 or images.shape != wanted:
            raise ValueError(
                f"generator {entry.name!r} (source {entry.source}) gives {images.dtype} "
                f"images of shape {images.shape} for class {real.classes[label]!r}; "
                f"uint8 of shape {wanted} is asked for"
            )
        return images

    return checked


def save_generator(path: str | Path, model: Model, provenance: Mapping[str, Any]) -> None:
    """Write what a generator has learned to `path` as safetensors."""
    write_tensors(path, model.arrays, {"facts": model.facts, "provenance": provenance})


def load_generator(path: str | Path) -> Model:
    """Return what `save_generator` has written."""
    return Model(read_tensors(path), read_about(path)["facts"])


def _counts(images: Examples) -> npt.NDArray[np.int64]:
    return np.bincount(images.labels, minlength=len(images.classes))
