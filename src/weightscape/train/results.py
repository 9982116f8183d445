"""The files of a fine-tuning."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from weightscape.checkpoints.failure import note_failure
from weightscape.config.run import RunId
from weightscape.network.predictions import save_predictions
from weightscape.network.saved import NetworkInfo, mark_failed, save_network, snapshot
from weightscape.tables import measurements, training
from weightscape.tables.table import from_rows, write
from weightscape.train.along import mean_predictions, name_of_step
from weightscape.train.finetune import Along
from weightscape.train.state import Training

log = logging.getLogger(__name__)


def save_training(
    outputs: Mapping[str, Any],
    tuned: Training,
    info: NetworkInfo,
    run: RunId,
    along: Along | None,
    provenance: Mapping[str, Any],
) -> None:
    """Write what a fine-tuning gives; of one that has failed what there is, and why.

    Parameters
    ----------
    outputs : mapping
        Where to: network, history, average and predictions where something is averaged along the
        way, course where something is measured there, and steps, a list, where networks are kept.
    tuned : Training
        The fine-tuning.
    info : NetworkInfo
        What the network is.
    run : RunId
        Which run it is.
    along : Along or None
        What was looked at along the way.
    provenance : mapping
        Kept with every file.
    """
    if tuned.failure:
        log.error("the training has failed: %s", tuned.failure)
    about = note_failure(provenance, tuned.failure)
    network = mark_failed(snapshot(tuned.network, info), tuned.failure)
    save_network(outputs["network"], network, about)
    selected = None if tuned.failure else tuned.selected
    rows = [
        run._asdict() | entry._asdict() | {"selected": entry is selected} for entry in tuned.history
    ]
    parameters = sum(p.numel() for p in tuned.network.parameters())
    history = from_rows(rows, training.SCHEMA)
    write(outputs["history"], history, training.SCHEMA, {**about, "parameters": parameters})
    if "course" in outputs:
        course = from_rows([run._asdict() | row for row in tuned.course], measurements.SCHEMA)
        write(outputs["course"], course, measurements.SCHEMA, about)
    if along and along.spectra:
        reached = along.spectra.find_steps(tuned.total)
        for place, path in zip(along.spectra.places, outputs.get("steps", ()), strict=True):
            kept = tuned.kept.get(name_of_step(reached[place]), network.tensors)
            save_network(path, network._replace(tensors=kept), {**about, "step": reached[place]})
    if along and along.average_from is not None:
        # One that has failed early has no mean; nothing is made of the weights of one that failed.
        mean = tuned.kept.get("average", network.tensors)
        save_network(outputs["average"], network._replace(tensors=mean), about)
        save_predictions(outputs["predictions"], _mean_predictions(tuned, along, run), about)


def _mean_predictions(tuned: Training, along: Along, run: RunId) -> Iterator[pa.Table]:
    if tuned.failure:
        raise FloatingPointError(tuned.failure)
    labels = {key: examples.labels for key, examples in along.test_sets.items()}
    yield from mean_predictions(tuned.kept["logits"], labels, run)
