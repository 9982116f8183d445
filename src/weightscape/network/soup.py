"""Soups: the weights of networks averaged as far as validation examples gain by it."""

import logging
from collections.abc import Callable, Sequence

from weightscape.config.place import Place
from weightscape.config.score import Score
from weightscape.data.examples import Examples
from weightscape.network.average import average, greedy_soup
from weightscape.network.build import restore
from weightscape.network.device import select_device
from weightscape.network.predict import predict
from weightscape.network.saved import SavedNetwork
from weightscape.scoring.classification import score_classification

log = logging.getLogger(__name__)

Finish = Callable[[SavedNetwork, Sequence[int]], SavedNetwork]
"""What is done to the mean of the networks at some places before it is of use."""


def cook_soup(
    networks: Sequence[SavedNetwork],
    validation: Examples,
    score: Score,
    place: Place,
    finish: Finish = lambda network, places: network,
) -> SavedNetwork:
    """Return the greedy soup of networks, see `greedy_soup`.

    Parameters
    ----------
    networks : sequence of SavedNetwork
        The networks, of one architecture.
    validation : Examples
        What they are chosen by.
    score : {"accuracy", "balanced_accuracy", "auroc"}
        The score on them.
    place : Place
        Where they are asked.
    finish : callable, optional
        What is done to every mean before it is asked, such as to recompute its statistics.
    """
    device = select_device(*place)

    def mix(places: Sequence[int]) -> SavedNetwork:
        mean = average([networks[k].tensors for k in places])
        return finish(SavedNetwork(mean, networks[0].info), places)

    def score_of(network: SavedNetwork) -> float:
        live = restore(network, device)
        logits = predict(live, live.put(validation.inputs))
        return score_classification(logits, validation.labels)[score]

    soup, chosen = greedy_soup(len(networks), mix, score_of)
    log.info("the soup has %d of %d networks: %s", len(chosen), len(networks), chosen)
    return soup
