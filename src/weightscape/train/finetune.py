"""Fine-tuning: one run of a study."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from weightscape.config.recipe import Recipe
from weightscape.config.score import Score
from weightscape.data.labelled import Labelled
from weightscape.data.test_sets import Key
from weightscape.network.build import restore
from weightscape.network.checkpoint import NetworkInfo
from weightscape.network.device import select_device
from weightscape.network.inputs import on_device
from weightscape.seeds import seed_for
from weightscape.train.along import observer
from weightscape.train.loop import Images, Streams, train
from weightscape.train.state import Evaluation, Keeper


class Tuned(NamedTuple):
    """What a fine-tuning gives.

    Attributes
    ----------
    network : torch.nn.Module
        The network.
    history : list of Evaluation
        How it went.
    selected : Evaluation
        The one that the network is of.
    kept : dict
        What was kept along the way: nothing, or ``average`` and ``logits``, see
        `weightscape.train.along.observer`.
    """

    network: nn.Module
    history: list[Evaluation]
    selected: Evaluation
    kept: dict[str, dict[str, Tensor]]


class Along(NamedTuple):
    """What to look at along a fine-tuning.

    Attributes
    ----------
    test_sets : mapping
        Images by test set.
    average_from : float
        Share of the training after which evaluations count.
    """

    test_sets: Mapping[Key, Labelled]
    average_from: float


def finetune(
    initial: Mapping[str, Tensor],
    info: NetworkInfo,
    training: Labelled,
    validation: Labelled,
    recipe: Recipe,
    streams: Streams,
    epoch_size: int,
    device: str,
    threads: int,
    keeper: Keeper | None = None,
    along: Along | None = None,
    score: Score = "accuracy",
) -> Tuned:
    """Return the network fine-tuned from the weights `initial`, and its history.

    Parameters
    ----------
    initial : mapping of str to torch.Tensor
        All weights to start from.
    info : NetworkInfo
        What the network is.
    training, validation : Labelled
        The images.
    recipe : Recipe
        How to train.
    streams : Streams
        Seeds of the training.
    epoch_size : int
        Images that make an epoch: the number of real ones, so that synthetic images beside them
        do not make a training longer.
    device : {"cpu", "cuda"}
        Where to train.
    threads : int
        Threads of an operation on the CPU.
    keeper : Keeper, optional
        Keeps the state of the training, should its process be killed.
    along : Along, optional
        What to average over the evaluations.
    score : {"accuracy", "balanced_accuracy", "auroc"}, optional
        The score on validation images by which the best network is chosen, where it is.
    """
    place = select_device(device, threads)
    network = restore(
        initial, info, recipe.dropout, recipe.dropout_placement, recipe.drop_path_rate
    ).to(place)
    real, watched = (
        Images(
            on_device(part.images, info.in_chans, place),
            torch.from_numpy(part.labels).to(place),
            part.domains,
        )
        for part in (training, validation)
    )
    observe = None
    if along:
        tested = {
            # They are seen now and then: what they take of a GPU would be wanting all the time.
            key: on_device(part.images, info.in_chans, torch.device("cpu"))
            for key, part in along.test_sets.items()
        }
        observe = observer(tested, info, along.average_from)
    state = train(network, real, watched, info, recipe, streams, epoch_size, keeper, observe, score)
    return Tuned(network, state.history, state.selected, state.kept)


def streams_of(dataset: str, seed: int, data_order: int) -> Streams:
    """Return the seeds of a run: the same for every condition but for a twin's data order.

    A twin's augmentation and dropout draws follow its data order, so that it differs in all that
    a seed decides but the head.
    """
    return Streams(
        *(seed_for(stream, dataset, seed, data_order) for stream in ("order", "augment", "dropout"))
    )
