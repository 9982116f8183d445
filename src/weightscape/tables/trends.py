"""Slopes of effects over doses."""

from weightscape.tables.identifiers import CELL, LIMITATION, effect_columns
from weightscape.tables.table import define, text, whole

SCHEMA = define(
    "trends",
    1,
    "Dose–response: how much further every doubling of a family's dose moves a metric.",
    [
        *CELL,
        text("family", "Family of conditions that differ in one dose."),
        text("reference", "The condition that they are compared with."),
        text("scope", "body, all (layers), scores or measurements."),
        text("stage", "finetuned or delta; empty otherwise."),
        text(
            "shift",
            "For scores and measurements: `none` (i.i.d., or no images) or `all` shifts; empty"
            " otherwise.",
        ),
        text("metric", "Column of `spectra` or `scores`, or what is measured."),
        whole("n_doses", "Doses above zero that the slope is fitted to."),
        *effect_columns(
            "Least-squares slope of the effect over log2 of the dose, fitted seed by seed, mean"
            " over the seeds"
        ),
        LIMITATION,
    ],
)
