"""The runs of a study and what each of them sets."""

import pyarrow as pa

from weightscape.tables.identifiers import RUN
from weightscape.tables.table import define, field, real, text

SCHEMA = define(
    "runs",
    6,
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
            "kind",
            "Kind of the factor that the condition varies: of dropout where it acts (head, blocks,"
            " everywhere), of weight decay how (decoupled, l2), of a control what it has more or"
            " less of (steps, rate); empty for others.",
        ),
        text(
            "setting",
            "Setting of a grid of settings that the condition belongs to; empty where there is"
            " none.",
        ),
        text(
            "stands_for",
            "Name under which the condition is compared: that of its entry, where one setting of a"
            " grid is chosen by validation (`choose`); its own otherwise.",
        ),
        field(
            "chosen",
            pa.bool_(),
            "Whether the condition is compared: false for a setting of a grid in whose place"
            " another one is chosen.",
        ),
        real(
            "dose", "Value of the one factor that the family varies; missing where none is varied."
        ),
        field(
            "is_rate",
            pa.bool_(),
            "Whether the dose is a rate: that of a factor declared to lie between 0 and 1.",
        ),
        text("factors", "What the condition sets, as JSON."),
        text("reference", "Condition that this one is compared with, as its `stands_for` has it."),
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
        *(
            real(
                name,
                f"log10 of what weight decay alone multiplies {what} by: Π(1 − lr · weight_decay)"
                " over the steps up to the network that is kept; 0 without decay, and missing for"
                " the L2 term of Adam and SGD, of which there is no closed form. A squared norm"
                " changes by twice as much.",
                "Loshchilov & Hutter 2019, arXiv:1711.05101",
            )
            for name, what in (
                ("decay_log_scale", "the weights below the classifier"),
                ("head_decay_log_scale", "those of the classifier"),
            )
        ),
        text(
            "status",
            "`ok`; `failed` where the run has not given what it should: its condition, and those"
            " that are compared with it, are not judged.",
        ),
        text("reason", "Why the status is not `ok`; empty otherwise."),
    ],
)
