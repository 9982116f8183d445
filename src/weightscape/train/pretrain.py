"""Pre-training of a backbone on images that the workflow makes itself."""

import numpy as np
import torch
from torch import nn

from weightscape.config.backbone import Backbone
from weightscape.data.labelled import Labelled
from weightscape.data.split import stratified_split
from weightscape.network.build import describe, initialise
from weightscape.network.checkpoint import NetworkInfo
from weightscape.network.device import select_device
from weightscape.network.inputs import on_device
from weightscape.seeds import seed_for
from weightscape.train.loop import Images, Streams, train
from weightscape.train.state import Evaluation, Keeper

VALIDATION = 0.05
"""Share of the images that is held out to watch the pre-training."""


def pretrain(
    backbone: Backbone,
    images: Labelled,
    device: str,
    threads: int,
    keeper: Keeper | None = None,
) -> tuple[nn.Module, NetworkInfo, Evaluation]:
    """Return the backbone trained to tell the classes of `images` apart, and how good it is.

    Pre-training is fixed in a study and not replicated: its seeds follow from the backbone's name.
    A `keeper` keeps the state of the training, should its process be killed.
    """
    recipe = backbone.pretraining
    assert recipe is not None, "only a backbone that has a pretraining is pre-trained"
    place = select_device(device, threads)
    parts = stratified_split(images.labels, VALIDATION, VALIDATION, seed_for(backbone.name))
    if recipe.limit:
        parts["train"] = _first_of_each_class(images.labels, parts["train"], recipe.limit)
    info = describe(**backbone.network, num_classes=len(images.classes))
    info = info.model_copy(update={"source": backbone.pretrained})
    network = initialise(info, seed_for("pretrain", backbone.name), {}).to(place)
    training, validation = (
        Images(
            on_device(images.images[parts[name]], info.in_chans, place),
            torch.from_numpy(images.labels[parts[name]]).to(place),
        )
        for name in ("train", "val")
    )
    streams = Streams(
        *(seed_for(stream, backbone.name) for stream in ("order", "augment", "dropout"))
    )
    state = train(network, training, validation, info, recipe, streams, keeper=keeper)
    return network, info, state.selected


def _first_of_each_class(labels: np.ndarray, indices: np.ndarray, limit: int) -> np.ndarray:
    chosen = [indices[labels[indices] == k][:limit] for k in np.unique(labels)]
    return np.sort(np.concatenate(chosen))
