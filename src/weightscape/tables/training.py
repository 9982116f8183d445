"""The course of a training, a row per evaluation."""

import pyarrow as pa

from weightscape.tables.identifiers import RUN
from weightscape.tables.table import define, field, real, whole

VALIDATION = (
    field("val_accuracy", pa.float64(), "Accuracy on the validation images."),
    field("val_balanced_accuracy", pa.float64(), "Balanced accuracy on them."),
    real("val_auroc", "AUROC on them; missing where a class has no images."),
)

SCHEMA = define(
    "training",
    3,
    "Loss and validation accuracy at every evaluation of every run.",
    [
        *RUN,
        field("epoch", pa.float64(), "Passes over the training images done by then."),
        whole("step", "Optimiser steps done by then."),
        field(
            "loss",
            pa.float64(),
            "Mean training loss over the steps since the evaluation before.",
            unit="nat",
        ),
        *VALIDATION,
        field("lr", pa.float64(), "Learning rate of the last step."),
        field("selected", pa.bool_(), "Whether the run's network is that of this evaluation."),
    ],
)
