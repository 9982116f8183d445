"""What a derived network is made of, and how."""

import logging
from collections.abc import Sequence

from torch import Tensor

from weightscape.config.score import Score
from weightscape.data.labelled import Labelled
from weightscape.network.average import Tensors, average, greedy_soup, interpolate
from weightscape.network.build import restore
from weightscape.network.checkpoint import NetworkInfo
from weightscape.network.device import select_device
from weightscape.network.inputs import on_device
from weightscape.network.predict import predict
from weightscape.scoring.classification import classification_scores

log = logging.getLogger(__name__)


def combined(
    method: str,
    share: float,
    networks: Sequence[Tensors],
    initial: Tensors,
    info: NetworkInfo,
    validation: Labelled | None,
    score: Score,
    device: str,
    threads: int,
) -> dict[str, Tensor]:
    """Return the weights that a method makes of networks.

    Parameters
    ----------
    method : {"trajectory_average", "average", "greedy_soup", "interpolation"}
        See `weightscape.config.derived`.
    share : float
        interpolation: how far from the initial weights to those of the network.
    networks : sequence of mappings
        The networks' tensors; a single one for the first and the last method.
    initial : mapping
        interpolation: the tensors that the network has started from.
    info : NetworkInfo
        What the networks are.
    validation : Labelled, optional
        greedy_soup: the images that it is chosen by.
    score : {"accuracy", "balanced_accuracy", "auroc"}
        greedy_soup: the score on them by which it is chosen.
    device, threads
        Where that is done.
    """
    if method == "interpolation":
        return interpolate(initial, networks[0], share)
    if method != "greedy_soup":
        return average(networks)
    assert validation is not None, "a soup is chosen by images"
    place = select_device(device, threads)
    pixels = on_device(validation.images, info.in_chans, place)

    def score_of(tensors: Tensors) -> float:
        logits = predict(restore(tensors, info).to(place), pixels, info)
        return classification_scores(logits, validation.labels)[score]

    soup, chosen = greedy_soup(networks, score_of)
    log.info("the soup has %d of %d networks: %s", len(chosen), len(networks), chosen)
    return soup
