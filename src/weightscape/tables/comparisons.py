"""Effects of the conditions against their references."""

import pyarrow as pa

from weightscape.tables.identifiers import CELL, LIMITATION, effect_columns
from weightscape.tables.table import define, field, real, text, whole

SCHEMA = define(
    "comparisons",
    4,
    "Effect of every condition on every metric: its change minus its reference's, paired by seed.",
    [
        *CELL,
        text("condition", "Name of the condition."),
        text("family", "Family of the condition."),
        field(
            "is_twin",
            pa.bool_(),
            "Whether it differs from its reference in chance alone: the noise floor.",
        ),
        real("dose", "Dose of the condition; missing where none is varied."),
        text("reference", "The condition it is compared with."),
        text(
            "scope",
            "What the metric is averaged over: all (layers), body (all but"
            " the classifier), role, layer; or scores, for accuracy and calibration; or"
            " measurements.",
        ),
        text(
            "role",
            "Role of the layers, for the scopes role and layer; empty otherwise.",
        ),
        text(
            "layer",
            "Name of the layer, for the scope layer and for what is measured by layer; empty"
            " otherwise.",
        ),
        text("stage", "finetuned or delta; empty for scores and measurements."),
        text("test_set", "For scores and measurements: which images; empty otherwise."),
        text(
            "shift",
            "For scores and measurements: the shift; `none` for i.i.d. images; `all` for the mean"
            " over the shifts, each counting the same; empty otherwise.",
        ),
        whole(
            "severity",
            "For scores and measurements: strength of the shift; missing for the mean over its"
            " severities.",
            nullable=True,
        ),
        text(
            "metric",
            "Name of the metric: a column of spectra or scores, or what is measured.",
        ),
        whole(
            "n_layers",
            "Layers in the mean: those with a value in every seed and, for a metric of the tail,"
            " with a tail of 50 eigenvalues before training; missing for scores and measurements.",
            nullable=True,
        ),
        *effect_columns("Mean over the seeds of condition minus reference"),
        real(
            "p_holm",
            "p after Holm's correction over the conditions, for one metric at one place (scope,"
            " role, layer, stage, or test set, shift, severity); missing for twins.",
            "Holm 1979, Scand. J. Statist. 6:65–70",
        ),
        real(
            "smallest_detectable",
            "Effect that a two-sided 5 % t test finds with power 80 % at this error and its degrees"
            " of freedom.",
        ),
        LIMITATION,
    ],
)
