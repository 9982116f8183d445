"""Slopes of effects over doses."""

from weightscape.tables.identifiers import CELL, LIMITATION, effect_columns
from weightscape.tables.table import define, text, whole

SCHEMA = define(
    "trends",
    2,
    "Dose–response: how much further every doubling of a family's dose, or of its odds where it is"
    " a rate, moves a metric.",
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
        text(
            "scale",
            "Scale of the dose, of which the slope is per unit: `log2`, or `log2 odds`, log2 of"
            " p/(1 − p), for a rate p.",
        ),
        whole("n_doses", "Doses with a place on the scale, to which the slope is fitted."),
        *effect_columns(
            "Least-squares slope of the effect over the dose on its scale, fitted seed by seed,"
            " mean over the seeds"
        ),
        LIMITATION,
    ],
)
