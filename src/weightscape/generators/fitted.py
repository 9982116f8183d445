"""Generators on disk and at work: what is the same for all of them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import save

from weightscape.data.labelled import METADATA_KEY, Labelled
from weightscape.data.mixing import with_synthetic
from weightscape.files import beside
from weightscape.generators.model import Draw, Model, Setting
from weightscape.plugins import options_of, plugin
from weightscape.seeds import seed_for

if TYPE_CHECKING:
    from weightscape.config.sources import Generator


def training_images(
    real: Labelled, parents: Sequence[Labelled], generator: "Generator"
) -> Labelled:
    """Return what a generator is trained on.

    Parameters
    ----------
    real : Labelled
        The real training images.
    parents : sequence of Labelled
        Images of the generator that it is trained on; nothing where that is none.
    generator : Generator
        Its share `fresh` of the images is real, drawn class by class, by its name.
    """
    seed = seed_for("fresh", generator.name)
    ratios = [generator.borrowed] * len(parents)
    return with_synthetic(real, parents, ratios, replaces=True, seed=seed)


def fit(
    train: Labelled,
    generator: "Generator",
    device: str = "cpu",
    threads: int = 1,
    state: Path | None = None,
    identity: str = "",
) -> Model:
    """Return what the generator learns of the training images.

    Parameters
    ----------
    train : Labelled
        The images.
    generator : Generator
        Which generator, and its options.
    device, threads, state, identity
        As in `Setting`.

    Raises
    ------
    ValueError
        If a class has no training images.
    """
    for name, count in zip(train.classes, _counts(train), strict=True):
        if count == 0:
            raise ValueError(f"generator {generator.name!r}: class {name!r} has no training images")
    seed = seed_for("fit", generator.name)
    shape = train.images.shape[1:]
    setting = Setting(train.classes, shape, seed, device, threads, state, identity)
    options = options_of("generators", generator.source, generator.options)
    model: Model = plugin("generators", generator.source).fit(train, options, setting)
    return model


def sampler(
    model: Model, generator: "Generator", real: Labelled, device: str = "cpu", threads: int = 1
) -> Draw:
    """Return what draws images from a fitted generator, like `real` in classes and shape.

    What it gives is checked: a generator that gives other images than it is asked for ends with
    an error.
    """
    shape = real.images.shape[1:]
    setting = Setting(real.classes, shape, seed_for("sample", generator.name), device, threads)
    options = options_of("generators", generator.source, generator.options)
    draw: Draw = plugin("generators", generator.source).sampler(model, options, setting)

    def checked(label: int, indices: range) -> npt.NDArray[np.uint8]:
        images = draw(label, indices)
        wanted = (len(indices), *shape)
        if images.dtype != np.uint8 or images.shape != wanted:
            raise ValueError(
                f"generator {generator.name!r} (source {generator.source}) gives {images.dtype} "
                f"images of shape {images.shape} for class {real.classes[label]!r}; "
                f"uint8 of shape {wanted} is asked for"
            )
        return images

    return checked


def save_generator(path: str | Path, model: Model, provenance: Mapping[str, Any]) -> None:
    """Write what a generator has learned to `path` as safetensors."""
    about = json.dumps({"facts": model.facts, "provenance": provenance}, sort_keys=True)
    arrays = {name: np.ascontiguousarray(array) for name, array in model.arrays.items()}
    with beside(path) as unfinished:
        unfinished.write_bytes(save(arrays, metadata={METADATA_KEY: about}))


def load_generator(path: str | Path) -> Model:
    """Return what `save_generator` has written."""
    with safe_open(path, framework="numpy") as file:
        about = json.loads(file.metadata()[METADATA_KEY])
        return Model({name: file.get_tensor(name) for name in file.keys()}, about["facts"])


def _counts(images: Labelled) -> npt.NDArray[np.int64]:
    return np.bincount(images.labels, minlength=len(images.classes))
