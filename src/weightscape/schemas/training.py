"""The course of a training, a row per epoch."""

import pyarrow as pa

from weightscape.schemas.identifiers import RUN
from weightscape.table import define, field

SCHEMA = define(
    "training",
    1,
    "Loss and validation accuracy of every epoch of every run.",
    [
        *RUN,
        field("epoch", pa.int32(), "Epoch, from 1."),
        field("step", pa.int32(), "Optimiser steps done at the end of the epoch."),
        field("loss", pa.float64(), "Mean training loss over the epoch.", unit="nat"),
        field("val_accuracy", pa.float64(), "Accuracy on the validation images after the epoch."),
        field("lr", pa.float64(), "Learning rate of the epoch's last step."),
    ],
)
