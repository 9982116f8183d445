"""Whether effects on weights go with effects on scores."""

from weightscape.tables.identifiers import CELL, LIMITATION
from weightscape.tables.table import define, real, text, whole

SCHEMA = define(
    "relations",
    2,
    "Correlation, over the conditions, of effects on a metric of the weights with effects on a"
    " score.",
    [
        *CELL,
        text("scope", "Layers: body (without classifier) or all."),
        text("stage", "finetuned or delta."),
        text("metric", "Column of `spectra`."),
        text("shift", "`none` for scores on i.i.d. images, `all` for shifted ones."),
        text("score", "Column of `scores`."),
        real(
            "r",
            "Mean over pairs of different seeds of Pearson's r over the conditions (twins and"
            " controls left out).",
        ),
        real("low", "Lower end of the 95 % jackknife interval over the seeds."),
        real("high", "Upper end of that interval; missing below three seeds."),
        text(
            "without_condition",
            "The condition without which r changes most; one without which its interval holds 0"
            " comes first. Empty where none can be left out, of four conditions or fewer.",
        ),
        real("r_without", "r without that condition."),
        real("low_without", "Lower end of its 95 % jackknife interval."),
        real("high_without", "Upper end of that interval."),
        whole("n_conditions", "Conditions in the correlation."),
        whole("n_seeds", "Seeds in which both are measured."),
        LIMITATION,
    ],
)
