"""Effects of the conditions against their references."""

import pyarrow as pa

from weightscape.table import define, field


def _real(name: str, description: str) -> pa.Field:
    return field(name, pa.float64(), description, nullable=True)


SCHEMA = define(
    "comparisons",
    1,
    "Effect of every condition on every metric: its change minus its reference's, paired by seed.",
    [
        field("dataset", pa.string(), "Name of the dataset."),
        field("backbone", pa.string(), "Name of the backbone."),
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
        _real(
            "effect",
            "Mean over the seeds of condition minus reference; missing without a seed"
            " that has both.",
        ),
        _real("low", "Lower end of the 95 % t interval; missing below two seeds."),
        _real("high", "Upper end of the 95 % t interval; missing below two seeds."),
        field("n_seeds", pa.int32(), "Seeds in which both are measured."),
        _real("p", "Two-sided p of the paired t test; missing below two seeds or without spread."),
        _real(
            "p_sign_flip",
            "Exact two-sided p over all sign flips of the paired differences; missing above 16"
            " seeds.",
        ),
        _real("p_floor", "Smallest p that sign flips can give with this number of seeds."),
        _real(
            "p_holm",
            "p after Holm's correction over the conditions, for one metric at one place (scope,"
            " role, layer, stage, or test set, shift, severity); missing for twins.",
        ),
        _real(
            "smallest_detectable",
            "Effect that a two-sided 5 % t test finds with power 80 % at"
            " this spread and number of seeds.",
        ),
    ],
)
