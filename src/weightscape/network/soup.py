"""Soups: the weights of networks averaged as far as validation examples gain by it."""

import logging
from collections.abc import Sequence

from torch import Tensor

from weightscape.config.place import Place
from weightscape.config.score import Score
from weightscape.data.examples import Examples
from weightscape.network.average import Tensors, greedy_soup
from weightscape.network.build import restore
from weightscape.network.device import select_device
from weightscape.network.predict import predict
from weightscape.network.saved import SavedNetwork
from weightscape.scoring.classification import score_classification

log = logging.getLogger(__name__)


def cook_soup(
    networks: Sequence[SavedNetwork], validation: Examples, score: Score, place: Place
) -> dict[str, Tensor]:
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
    """
    device = select_device(*place)

    def score_of(tensors: Tensors) -> float:
        network = restore(SavedNetwork(tensors, networks[0].info), device)
        logits = predict(network, network.put(validation.inputs))
        return score_classification(logits, validation.labels)[score]

    soup, chosen = greedy_soup([network.tensors for network in networks], score_of)
    log.info("the soup has %d of %d networks: %s", len(chosen), len(networks), chosen)
    return soup
