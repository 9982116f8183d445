"""Likeness of what conditions, and families of them, leave in the layers."""

from weightscape.tables.identifiers import CELL, LIMITATION
from weightscape.tables.table import define, real, text, whole

SCHEMA = define(
    "likeness",
    1,
    "How alike two conditions or families are in where along the network they move a metric.",
    [
        *CELL,
        text("level", "What is compared: condition or family (mean of its members)."),
        text("one", "Name of a condition or family."),
        text("other", "Name of another, or the same: the reliability."),
        text("scope", "Layers of the profile: body (without classifier) or all."),
        text("stage", "finetuned or delta."),
        text("metric", "Column of `spectra`."),
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
        whole("n_seeds", "Seeds in which both are measured."),
        whole(
            "n_layers",
            "Layers with a value in every run of all that are compared on this level.",
        ),
        LIMITATION,
    ],
)
