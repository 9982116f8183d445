"""Generators on disk and at work: what is the same for all of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load_file, save

from weightscape.data.labelled import Labelled
from weightscape.files import beside
from weightscape.plugins import options_of, plugin
from weightscape.seeds import seed_for

if TYPE_CHECKING:
    from weightscape.config.sources import Generator


def fit(train: Labelled, generator: "Generator") -> dict[str, np.ndarray]:
    """Return the generator's parameters, fitted to the training images."""
    options = options_of("generators", generator.source, generator.options)
    arrays: dict[str, np.ndarray] = plugin("generators", generator.source).fit(
        train, options, seed_for("fit", generator.name)
    )
    return arrays


def generate(
    model: Mapping[str, np.ndarray],
    generator: "Generator",
    per_class: np.ndarray,
    classes: tuple[str, ...],
) -> Labelled:
    """Return `per_class` images of each class, int64 (classes,), from a fitted generator."""
    images, labels = plugin("generators", generator.source).sample(
        model, per_class, seed_for("sample", generator.name)
    )
    return Labelled(images, labels, classes)


def save_generator(
    path: str | Path, model: Mapping[str, np.ndarray], provenance: Mapping[str, Any]
) -> None:
    """Write a generator's parameters to `path` as safetensors."""
    about = json.dumps({"provenance": provenance}, sort_keys=True)
    arrays = {name: np.ascontiguousarray(array) for name, array in model.items()}
    with beside(path) as unfinished:
        unfinished.write_bytes(save(arrays, metadata={"weightscape": about}))


def load_generator(path: str | Path) -> dict[str, np.ndarray]:
    """Return the parameters that `save_generator` has written."""
    return load_file(path)
