"""The runs of a study and what each of them sets."""

import pyarrow as pa

from weightscape.schemas.identifiers import RUN, real
from weightscape.table import define, field

SCHEMA = define(
    "runs",
    4,
    "One row per run: what it sets, what it is compared with, and how it ended.",
    [
        *RUN,
        field(
            "derived",
            pa.bool_(),
            "Whether it is made of trained runs: an ensemble or an average of weights.",
        ),
        field(
            "dataset_group",
            pa.string(),
            "Data set of which this dataset holds out one domain; the dataset where there is none.",
        ),
        field(
            "score",
            pa.string(),
            "The score that the study means by accuracy: a column of `scores`, and with `val_`"
            " before it of this table.",
        ),
        field("family", pa.string(), "Family of the condition."),
        field(
            "cell",
            pa.string(),
            "Cell of a grid of settings that the condition belongs to; empty where there is none.",
        ),
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
            "pretrained",
            pa.string(),
            "Where the initial weights come from; `none` for training from scratch.",
        ),
        field(
            "comparable_weights",
            pa.bool_(),
            "Whether the run starts from the same weights as"
            " its reference, so that effects on weights have a meaning.",
        ),
        field(
            "epochs",
            pa.float64(),
            "Passes over the training images up to the network that is kept; missing for a"
            " derived run, as what follows.",
            nullable=True,
        ),
        field(
            "train_loss",
            pa.float64(),
            "Mean training loss before that, since the evaluation before.",
            unit="nat",
            nullable=True,
        ),
        *(
            real(name, f"Its {words} on the validation images.")
            for name, words in (
                ("val_accuracy", "accuracy"),
                ("val_balanced_accuracy", "balanced accuracy"),
                ("val_auroc", "AUROC"),
            )
        ),
        field("parameters", pa.int64(), "Number of trained parameters.", nullable=True),
    ],
)
