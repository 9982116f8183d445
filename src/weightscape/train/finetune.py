"""Fine-tuning: one run of a study."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from weightscape.config.recipe import Recipe
from weightscape.data.labelled import Labelled
from weightscape.network.build import restore
from weightscape.network.checkpoint import NetworkInfo
from weightscape.network.device import select_device
from weightscape.network.inputs import on_device
from weightscape.seeds import seed_for
from weightscape.train.loop import Epoch, Images, Streams, train


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
) -> tuple[nn.Module, list[Epoch]]:
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
    """
    place = select_device(device, threads)
    network = restore(initial, info, recipe.dropout).to(place)
    images = [
        Images(
            on_device(part.images, info.in_chans, place), torch.from_numpy(part.labels).to(place)
        )
        for part in (training, validation)
    ]
    return network, train(network, images[0], images[1], info, recipe, streams, epoch_size)


def streams_of(dataset: str, seed: int, data_order: int) -> Streams:
    """Return the seeds of a run: the same for every condition but for a twin's data order.

    A twin's augmentation and dropout draws follow its data order, so that it differs in all that
    a seed decides but the head.
    """
    return Streams(
        *(seed_for(stream, dataset, seed, data_order) for stream in ("order", "augment", "dropout"))
    )
