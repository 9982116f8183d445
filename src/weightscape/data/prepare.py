"""From a dataset's config to its images."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from weightscape.config.source import Source
from weightscape.data.examples import Examples
from weightscape.data.images import check_images
from weightscape.data.split import draw_imbalanced, split_stratified
from weightscape.seeds import seed_for

if TYPE_CHECKING:
    from weightscape.config.backbone import Backbone
    from weightscape.config.source import DatasetEntry


def prepare(dataset: "DatasetEntry", data_root: str | Path) -> dict[str, Examples]:
    """Return the dataset's images in the parts train, val, test and elsewhere.

    The parts are those of the source where it has a test set of its own; images of domains that
    are not trained on are elsewhere, and may be none.

    Raises
    ------
    FileNotFoundError, ValueError
        If the source lacks a file or refuses one, or gives something else than images.
    """
    parts = _images_of(dataset.build(), data_root, seed_for(dataset.name))
    if dataset.limit:
        parts = {
            name: images.subset(
                _some_of_each_class(images.labels, dataset.limit, dataset.split_seed)
            )
            for name, images in parts.items()
        }
    whole = parts["train"]
    test = 0 if "test" in parts else dataset.test
    split = split_stratified(
        whole.labels, dataset.val, test, dataset.split_seed, domains=whole.domains
    )
    parts = {name: whole.subset(indices) for name, indices in split.items()} | {
        name: images for name, images in parts.items() if name != "train"
    }
    if dataset.fraction < 1 or dataset.imbalance > 1:
        kept = draw_imbalanced(
            parts["train"].labels, dataset.fraction, dataset.imbalance, dataset.split_seed
        )
        parts["train"] = parts["train"].subset(kept)
    nothing = np.zeros(0, np.int64)
    return parts if "elsewhere" in parts else {**parts, "elsewhere": whole.subset(nothing)}


def make_pretraining_images(backbone: "Backbone", data_root: str | Path) -> Examples:
    """Return the images that a backbone is pre-trained on.

    Raises
    ------
    FileNotFoundError, ValueError
        As of `prepare`; and if the backbone is not pre-trained in the workflow.
    """
    source = backbone.images
    if source is None:
        raise ValueError(f"backbone {backbone.name!r} is not pre-trained here")
    return _images_of(source, data_root, seed_for(backbone.pretrained))["train"]


def _images_of(source: Source, data_root: str | Path, seed: int) -> dict[str, Examples]:
    found = source(Path(data_root), seed)
    parts = {"train": found} if isinstance(found, Examples) else found
    for images in parts.values():
        check_images(images)
    return parts


def _some_of_each_class(labels: np.ndarray, limit: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(np.flatnonzero(labels == k))[:limit] for k in np.unique(labels)]
    return np.sort(np.concatenate(drawn)) if drawn else np.zeros(0, np.int64)
