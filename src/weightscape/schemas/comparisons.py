"""Effects of the conditions against their references."""

import pyarrow as pa

from weightscape.schemas.identifiers import CELL, LIMITATION, effect_columns, real
from weightscape.table import define, field

SCHEMA = define(
    "comparisons",
    2,
    "Effect of every condition on every metric: its change minus its reference's, paired by seed.",
    [
        *CELL,
        field("condition", pa.string(), "Name of the condition."),
        field("family", pa.string(), "Family of the condition."),
        field(
            "dose",
            pa.float64(),
            "Dose of the condition; missing where none is varied.",
            nullable=True,
        ),
        field("reference", pa.string(), "The condition it is compared with."),
        field(
            "scope",
            pa.string(),
            "What the metric is averaged over: all (layers), body (all but"
            " the classifier), role, layer; or scores, for accuracy and calibration.",
        ),
        field(
            "role",
            pa.string(),
            "Role of the layers, for the scopes role and layer; empty otherwise.",
        ),
        field("layer", pa.string(), "Name of the layer, for the scope layer; empty otherwise."),
        field("stage", pa.string(), "finetuned or delta; empty for scores."),
        field("test_set", pa.string(), "For scores: which images; empty otherwise."),
        field(
            "shift",
            pa.string(),
            "For scores: the shift; `none` for i.i.d. images; `all` for the mean over the shifts,"
            " each counting the same; empty otherwise.",
        ),
        field(
            "severity",
            pa.int32(),
            "For scores: strength of the shift; missing for the mean over its severities.",
            nullable=True,
        ),
        field("metric", pa.string(), "Name of the metric: a column of spectra or scores."),
        field(
            "n_layers",
            pa.int32(),
            "Layers in the mean: those with a value in every seed and, for a metric of the tail,"
            " with a tail of 50 eigenvalues before training; missing for scores.",
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
            "Effect that a two-sided 5 % t test finds with power 80 % at"
            " this spread and number of seeds.",
        ),
        LIMITATION,
    ],
)
