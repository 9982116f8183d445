"""The table `spectra`: what is said of a spectrum, a row per layer matrix, stage and form."""

from weightscape.spectra.metrics import METRICS, SHAPE
from weightscape.tables.columns import columns_of
from weightscape.tables.identifiers import FORM, LAYER, RUN
from weightscape.tables.table import define, text

SCHEMA = define(
    "spectra",
    3,
    "Spectral quantities of every layer matrix, of initial and fine-tuned weights and of their"
    " difference.",
    [
        *RUN,
        text("stage", "Which weights: init, finetuned, or delta (their difference)."),
        *LAYER,
        FORM,
        text(
            "layer_type",
            "Kind of the operator, with `Unfolded` before it in that form.",
            source="WeightWatcher 0.7.7",
        ),
        *columns_of(SHAPE),
        *columns_of(METRICS),
        text(
            "status",
            "`ok`; `partial` where a fit is not possible and its columns"
            " are missing; `failed` where the matrix cannot be analysed and all are.",
        ),
        text("reason", "Why the status is not `ok`; empty otherwise."),
    ],
)
