"""The files of a fine-tuning."""

from collections.abc import Mapping
from typing import Any

from weightscape.network.checkpoint import NetworkInfo, save_network
from weightscape.schemas import predictions, training
from weightscape.table import from_rows, write
from weightscape.train.along import mean_predictions
from weightscape.train.finetune import Along, Tuned


def save_tuned(
    outputs: Mapping[str, str],
    tuned: Tuned,
    info: NetworkInfo,
    run: Mapping[str, Any],
    along: Along | None,
    provenance: Mapping[str, Any],
) -> None:
    """Write what a fine-tuning gives.

    Parameters
    ----------
    outputs : mapping
        Where to: network, history, and average and predictions where there is an `along`.
    tuned : Tuned
        The fine-tuning.
    info : NetworkInfo
        What the network is.
    run : mapping
        The run's identifiers.
    along : Along or None
        What was looked at along the way.
    provenance : mapping
        Kept with every file.
    """
    save_network(outputs["network"], tuned.network.state_dict(), info, provenance)
    last = tuned.history.index(tuned.selected)
    rows = [
        {**run, **entry._asdict(), "selected": place == last}
        for place, entry in enumerate(tuned.history)
    ]
    parameters = sum(p.numel() for p in tuned.network.parameters())
    about = {**provenance, "parameters": parameters}
    write(outputs["history"], from_rows(rows, training.SCHEMA), training.SCHEMA, about)
    if along:
        save_network(outputs["average"], tuned.kept["average"], info, provenance)
        labels = {key: images.labels for key, images in along.test_sets.items()}
        parts = mean_predictions(tuned.kept["logits"], labels, run)
        write(outputs["predictions"], parts, predictions.SCHEMA, provenance)
