"""Pre-training of a backbone on examples that the workflow makes itself."""

import numpy as np

from weightscape.config.backbone import Backbone
from weightscape.config.place import Place
from weightscape.data.examples import Examples
from weightscape.data.split import split_stratified
from weightscape.network.build import describe, initialise, make_live
from weightscape.network.device import select_device
from weightscape.network.saved import SavedNetwork, snapshot
from weightscape.seeds import seed_for
from weightscape.train.loop import Streams, TrainingData, Watch, train
from weightscape.train.state import Evaluation, Keeper

VALIDATION = 0.05
"""Share of the examples that is held out to watch the pre-training."""


def pretrain(
    backbone: Backbone, examples: Examples, place: Place, keeper: Keeper | None = None
) -> tuple[SavedNetwork, Evaluation]:
    """Return the backbone trained to tell the classes of examples apart, and how good it is.

    Pre-training is fixed in a study and not replicated: its seeds follow from the backbone's name.
    A `keeper` keeps the state of the training, should its process be killed.

    Raises
    ------
    DivergedError
        If the training diverges: nothing of the study can do without it.
    """
    recipe = backbone.pretraining
    assert recipe is not None, "only a backbone that has a pretraining is pre-trained"
    device = select_device(*place)
    parts = split_stratified(examples.labels, VALIDATION, VALIDATION, seed_for(backbone.name))
    if recipe.limit:
        parts["train"] = _first_of_each_class(examples.labels, parts["train"], recipe.limit)
    info = describe(**backbone.network, num_classes=len(examples.classes))
    info = info.model_copy(update={"source": backbone.pretrained})
    network = make_live(initialise(info, seed_for("pretrain", backbone.name), {}).to(device), info)
    data = TrainingData(examples.subset(parts["train"]), examples.subset(parts["val"]))
    streams = Streams(
        *(seed_for(stream, backbone.name) for stream in ("order", "augment", "dropout"))
    )
    state = train(network, data, recipe, streams, Watch(keeper=keeper))
    return snapshot(network.module, info), state.selected


def _first_of_each_class(labels: np.ndarray, indices: np.ndarray, limit: int) -> np.ndarray:
    chosen = [indices[labels[indices] == k][:limit] for k in np.unique(labels)]
    return np.sort(np.concatenate(chosen))
