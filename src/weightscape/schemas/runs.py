"""The runs of a study and what each of them sets."""

import pyarrow as pa

from weightscape.schemas.identifiers import RUN
from weightscape.table import define, field

SCHEMA = define(
    "runs",
    1,
    "One row per run: what it sets, what it is compared with, and how it ended.",
    [
        *RUN,
        field("family", pa.string(), "Family of the condition."),
        field(
            "dose",
            pa.float64(),
            "Value of the one factor that the family varies; missing where none is varied.",
            nullable=True,
        ),
        field("factors", pa.string(), "What the condition sets, as JSON."),
        field("reference", pa.string(), "Condition that this one is compared with."),
        field(
            "initial",
            pa.string(),
            "Name of the initial network: the `backbone` of its rows in `spectra` at stage init.",
        ),
        field(
            "comparable_weights",
            pa.bool_(),
            "Whether the run starts from the same weights as"
            " its reference, so that effects on weights have a meaning.",
        ),
        field("epochs", pa.int32(), "Epochs trained."),
        field("train_loss", pa.float64(), "Mean training loss over the last epoch.", unit="nat"),
        field("val_accuracy", pa.float64(), "Accuracy on the validation images after training."),
        field("parameters", pa.int64(), "Number of trained parameters."),
    ],
)
