"""Likeness of what conditions, and families of them, leave in the layers."""

import pyarrow as pa

from weightscape.schemas.identifiers import CELL, LIMITATION, real
from weightscape.table import define, field

SCHEMA = define(
    "likeness",
    1,
    "How alike two conditions or families are in where along the network they move a metric.",
    [
        *CELL,
        field("level", pa.string(), "What is compared: condition or family (mean of its members)."),
        field("one", pa.string(), "Name of a condition or family."),
        field("other", pa.string(), "Name of another, or the same: the reliability."),
        field("scope", pa.string(), "Layers of the profile: body (without classifier) or all."),
        field("stage", pa.string(), "finetuned or delta."),
        field("metric", pa.string(), "Column of `spectra`."),
        real(
            "r",
            "Mean over pairs of different seeds of Pearson's r between the profile of effects of"
            " one and of the other.",
        ),
        real("reliability", "The same r of `one` with itself: how far it repeats itself."),
        real("reliability_other", "The same r of `other` with itself."),
        real(
            "likeness",
            "r over the geometric mean of the reliabilities; missing, which reads inconclusive,"
            " where either is below .5.",
            "Spearman 1904, doi:10.2307/1412159",
        ),
        real("low", "Lower end of the 95 % jackknife interval of likeness over the seeds."),
        real("high", "Upper end of that interval; missing below three seeds."),
        real(
            "pearson",
            "Plain Pearson's r of the two mean profiles, which the noise of the shared reference"
            " inflates.",
        ),
        field("n_seeds", pa.int32(), "Seeds in which both are measured."),
        field(
            "n_layers",
            pa.int32(),
            "Layers with a value in every run of all that are compared on this level.",
        ),
        LIMITATION,
    ],
)
