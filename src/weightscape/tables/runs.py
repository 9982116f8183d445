"""The runs of a study and what each of them sets."""

import pyarrow as pa

from weightscape.tables.identifiers import RUN
from weightscape.tables.table import define, field, real, text

SCHEMA = define(
    "runs",
    5,
    "One row per run: what it sets, what it is compared with, and how it ended.",
    [
        *RUN,
        field(
            "derived",
            pa.bool_(),
            "Whether it is made of trained runs: an ensemble or an average of weights.",
        ),
        text(
            "dataset_group",
            "Data set of which this dataset holds out one domain; the dataset where there is none.",
        ),
        text(
            "score",
            "The score that the study means by accuracy: a column of `scores`, and with `val_`"
            " before it of this table.",
        ),
        text("family", "Family of the condition."),
        text(
            "setting",
            "Setting of a grid of settings that the condition belongs to; empty where there is"
            " none.",
        ),
        real(
            "dose", "Value of the one factor that the family varies; missing where none is varied."
        ),
        text("factors", "What the condition sets, as JSON."),
        text("reference", "Condition that this one is compared with."),
        field(
            "is_twin",
            pa.bool_(),
            "Whether the condition differs from its reference in chance alone: what it shows is"
            " the noise floor.",
        ),
        text(
            "initial",
            "Name of the initial network: the `backbone` of its rows in `spectra` at stage init.",
        ),
        text(
            "pretrained",
            "Where the initial weights come from; `none` for training from scratch.",
        ),
        field("from_scratch", pa.bool_(), "Whether the initial weights are not pre-trained."),
        field(
            "comparable_weights",
            pa.bool_(),
            "Whether the run starts from the same weights as"
            " its reference, so that effects on weights have a meaning.",
        ),
        real(
            "epochs",
            "Passes over the training images up to the network that is kept; missing for a"
            " derived run and a failed one, as what follows.",
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
        text(
            "status",
            "`ok`; `failed` where the run has not given what it should: its condition, and those"
            " that are compared with it, are not judged.",
        ),
        text("reason", "Why the status is not `ok`; empty otherwise."),
    ],
)
