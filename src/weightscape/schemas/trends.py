"""Slopes of effects over doses."""

import pyarrow as pa

from weightscape.schemas.identifiers import CELL, LIMITATION, effect_columns
from weightscape.table import define, field

SCHEMA = define(
    "trends",
    1,
    "Dose–response: how much further every doubling of a family's dose moves a metric.",
    [
        *CELL,
        field("family", pa.string(), "Family of conditions that differ in one dose."),
        field("reference", pa.string(), "The condition that they are compared with."),
        field("scope", pa.string(), "body, all (layers) or scores."),
        field("stage", pa.string(), "finetuned or delta; empty for scores."),
        field(
            "shift", pa.string(), "For scores: `none` (i.i.d.) or `all` shifts; empty otherwise."
        ),
        field("metric", pa.string(), "Column of `spectra` or `scores`."),
        field("n_doses", pa.int32(), "Doses above zero that the slope is fitted to."),
        *effect_columns(
            "Least-squares slope of the effect over log2 of the dose, fitted seed by seed, mean"
            " over the seeds"
        ),
        LIMITATION,
    ],
)
