"""From a dataset's or shift's config to its images."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from weightscape.data.labelled import Labelled
from weightscape.data.split import imbalanced, stratified_split
from weightscape.plugins import options_of, plugin
from weightscape.seeds import seed_for
from weightscape.shifts.source import Source

if TYPE_CHECKING:
    from weightscape.config.backbone import Backbone
    from weightscape.config.sources import Dataset, Shift


def prepare(dataset: "Dataset", data_root: str | Path) -> dict[str, Labelled]:
    """Return the dataset's images in the parts train, val, test and elsewhere.

    The parts are those of the source where it has a test set of its own; images of domains that
    are not trained on are elsewhere, and may be none.
    """
    found = _load(dataset.source, dataset.options, data_root, seed_for(dataset.name))
    parts = {"train": found} if isinstance(found, Labelled) else found
    if dataset.limit:
        parts = {
            name: images.subset(
                _some_of_each_class(images.labels, dataset.limit, dataset.split_seed)
            )
            for name, images in parts.items()
        }
    whole = parts["train"]
    test = 0 if "test" in parts else dataset.test
    split = stratified_split(
        whole.labels, dataset.val, test, dataset.split_seed, domains=whole.domains
    )
    parts = {name: whole.subset(indices) for name, indices in split.items()} | {
        name: images for name, images in parts.items() if name != "train"
    }
    if dataset.fraction < 1 or dataset.imbalance > 1:
        kept = imbalanced(
            parts["train"].labels, dataset.fraction, dataset.imbalance, dataset.split_seed
        )
        parts["train"] = parts["train"].subset(kept)
    nothing = np.zeros(0, np.int64)
    return parts if "elsewhere" in parts else {**parts, "elsewhere": whole.subset(nothing)}


def fetched(module: str, data_root: str | Path) -> dict[str, int]:
    """See to the files that a plug-in of data or shifts reads; return their sizes by name.

    Raises
    ------
    FileNotFoundError
        If files are missing and cannot be fetched; the message says which to put where.
    ValueError
        If a file is not the published one.
    """
    files: list[Path] = import_module(module).fetch(Path(data_root))
    # Where an installed package lies is nobody's concern; its files go by their names.
    return {
        str(file.relative_to(data_root) if file.is_relative_to(data_root) else file.name): (
            file.stat().st_size
        )
        for file in sorted(files)
    }


def shifted(source: Source, shift: "Shift") -> dict[int, Labelled]:
    """Return the shifted test set at each severity that its options name."""
    options = options_of("shifts", shift.source, shift.options)
    make = plugin("shifts", shift.source).shift
    seed = seed_for("shift", shift.name)
    severities: tuple[int, ...] = options.model_dump()["severities"]
    return {severity: make(source, severity, options, seed) for severity in severities}


def pretraining_images(backbone: "Backbone", data_root: str | Path) -> Labelled:
    """Return the images that a backbone is pre-trained on."""
    assert backbone.pretraining is not None
    options = backbone.pretraining.options
    found = _load(backbone.pretrained, options, data_root, seed_for(backbone.pretrained))
    return found if isinstance(found, Labelled) else found["train"]


def _load(
    source: str, options: dict[str, object], data_root: str | Path, seed: int
) -> Labelled | dict[str, Labelled]:
    images: Labelled | dict[str, Labelled] = plugin("data", source).load(
        options_of("data", source, options), Path(data_root), seed
    )
    return images


def _some_of_each_class(labels: np.ndarray, limit: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(np.flatnonzero(labels == k))[:limit] for k in np.unique(labels)]
    return np.sort(np.concatenate(drawn)) if drawn else np.zeros(0, np.int64)
