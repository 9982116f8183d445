"""Fine-tuning: one run of a study."""

from collections.abc import Mapping
from typing import NamedTuple

import torch

from weightscape.config.measurement import Measurement
from weightscape.config.place import Place
from weightscape.config.recipe import Recipe
from weightscape.config.spectra_along import SpectraAlong
from weightscape.data.examples import Examples
from weightscape.data.test_sets import Key
from weightscape.measurements.measure import make_subject
from weightscape.network.build import restore
from weightscape.network.device import select_device
from weightscape.network.saved import SavedNetwork
from weightscape.seeds import seed_for
from weightscape.train.along import Look, make_averager, make_keeper_of_steps, make_measurer
from weightscape.train.loop import UNWATCHED, Streams, TrainingData, Watch, train
from weightscape.train.state import DivergedError, Training


class Along(NamedTuple):
    """What to look at along a fine-tuning.

    Attributes
    ----------
    test_sets : mapping
        Examples by test set.
    average_from : float or None
        Share of the training after which evaluations count for the mean weights and logits; None
        where these are not wanted.
    measurements : sequence of Measurement
        What to measure, each every so many steps as its `every` says.
    real : Examples or None
        The real training examples, for measurements.
    seed : int
        Decides the draws of the measurements.
    spectra : SpectraAlong or None
        After which steps the network is kept; None where its end is enough.
    """

    test_sets: Mapping[Key, Examples]
    average_from: float | None = None
    measurements: tuple[Measurement, ...] = ()
    real: Examples | None = None
    seed: int = 0
    spectra: SpectraAlong | None = None


def finetune(
    initial: SavedNetwork,
    data: TrainingData,
    recipe: Recipe,
    streams: Streams,
    place: Place,
    watch: Watch = UNWATCHED,
    along: Along | None = None,
) -> Training:
    """Return the fine-tuning of a network: its network, and how it went.

    One that diverges is returned as well, as it was then; its `failure` says why.

    Parameters
    ----------
    initial : SavedNetwork
        All weights to start from.
    data : TrainingData
        The examples. An epoch has the number of real ones, so that synthetic ones beside them do
        not make a training longer.
    recipe : Recipe
        How to train.
    streams : Streams
        Seeds of the training.
    place : Place
        Where to train.
    watch : Watch, optional
        What looks at it; what looks after evaluations and steps is of `along`.
    along : Along, optional
        What to average over the evaluations, and to measure.
    """
    network = restore(
        initial,
        select_device(*place),
        recipe.dropout,
        recipe.dropout_placement,
        recipe.drop_path_rate,
    )
    if along and along.average_from is not None:
        tested = {
            # They are seen now and then: what they take of a GPU would be wanting all the time.
            key: network.adapter.put(part.inputs, torch.device("cpu"))
            for key, part in along.test_sets.items()
        }
        watch = watch._replace(after_evaluation=make_averager(network, tested, along.average_from))
    looks: list[Look] = []
    if along and along.measurements:
        real = along.real or data.training
        asked = along.test_sets.items()
        subject = make_subject(network, real, data.validation, asked, along.seed)
        looks.append(make_measurer(along.measurements, subject))
    if along and along.spectra:
        looks.append(make_keeper_of_steps(along.spectra))
    watch = watch._replace(after_step=tuple(looks))
    try:
        return train(network, data, recipe, streams, watch)
    except DivergedError as error:
        return error.training


def streams_of(dataset: str, seed: int, data_order: int) -> Streams:
    """Return the seeds of a run: the same for every condition but for a twin's data order.

    A twin's augmentation and dropout draws follow its data order, so that it differs in all that
    a seed decides but the head.
    """
    return Streams(
        *(seed_for(stream, dataset, seed, data_order) for stream in ("order", "augment", "dropout"))
    )
