"""What a derived network is made of, and how."""

import logging
from collections.abc import Sequence

from torch import Tensor

from weightscape.data.labelled import Labelled
from weightscape.network.average import Tensors, average, greedy_soup, interpolate
from weightscape.network.build import restore
from weightscape.network.checkpoint import NetworkInfo
from weightscape.network.device import select_device
from weightscape.network.inputs import on_device
from weightscape.network.predict import predict

log = logging.getLogger(__name__)


def combined(
    method: str,
    share: float,
    networks: Sequence[Tensors],
    initial: Tensors,
    info: NetworkInfo,
    validation: Labelled | None,
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

    def accuracy(tensors: Tensors) -> float:
        logits = predict(restore(tensors, info).to(place), pixels, info)
        return float((logits.argmax(1) == validation.labels).mean())

    soup, chosen = greedy_soup(networks, accuracy)
    log.info("the soup has %d of %d networks: %s", len(chosen), len(networks), chosen)
    return soup
