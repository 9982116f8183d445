"""From a dataset's or shift's config to its images."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from weightscape.data.labelled import Labelled
from weightscape.data.split import stratified_split
from weightscape.plugins import options_of, plugin
from weightscape.seeds import seed_for

if TYPE_CHECKING:
    from weightscape.config.backbone import Backbone
    from weightscape.config.sources import Dataset, Shift


def prepare(dataset: "Dataset", data_root: str | Path) -> dict[str, Labelled]:
    """Return the dataset's images in the parts train, val and test."""
    images = _load(dataset.source, dataset.options, data_root, seed_for(dataset.name))
    if dataset.limit:
        chosen = _some_of_each_class(images.labels, dataset.limit, dataset.split_seed)
        images = images.subset(chosen)
    parts = stratified_split(images.labels, dataset.val, dataset.test, dataset.split_seed)
    return {name: images.subset(indices) for name, indices in parts.items()}


def shifted(test: Labelled, shift: "Shift") -> dict[int, Labelled]:
    """Return the shifted test set at each severity that its options name."""
    options = options_of("shifts", shift.source, shift.options)
    make = plugin("shifts", shift.source).shift
    seed = seed_for("shift", shift.name)
    severities: tuple[int, ...] = options.model_dump()["severities"]
    return {severity: make(test, severity, options, seed) for severity in severities}


def pretraining_images(backbone: "Backbone", data_root: str | Path) -> Labelled:
    """Return the images that a backbone is pre-trained on."""
    assert backbone.pretraining is not None
    options = backbone.pretraining.options
    return _load(backbone.pretrained, options, data_root, seed_for(backbone.pretrained))


def _load(source: str, options: dict[str, object], data_root: str | Path, seed: int) -> Labelled:
    images: Labelled = plugin("data", source).load(
        options_of("data", source, options), Path(data_root), seed
    )
    return images


def _some_of_each_class(labels: np.ndarray, limit: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(np.flatnonzero(labels == k))[:limit] for k in np.unique(labels)]
    return np.sort(np.concatenate(drawn))
