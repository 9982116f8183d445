"""Likeness of what conditions, and families of them, leave in the layers."""

from weightscape.tables.identifiers import CELL, LIMITATION
from weightscape.tables.table import define, real, text, whole

SCHEMA = define(
    "likeness",
    2,
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
            "Mean over pairs of different seeds of the correlation between what is left of the"
            " profile of effects of one and of the other when the amount of training is taken out:"
            " the span of the reference's own change and of every control's effect. Layers weigh by"
            " how well they are measured.",
        ),
        real("reliability", "The same r of `one` with itself: how far it repeats itself."),
        real("reliability_other", "The same r of `other` with itself."),
        real(
            "likeness",
            "r over the geometric mean of the reliabilities; missing, which reads inconclusive,"
            " where either is below .5, or is mostly amount and further than the controls.",
            "Spearman 1904, doi:10.2307/1412159",
        ),
        real("low", "Lower end of the 95 % jackknife interval of likeness over the seeds."),
        real("high", "Upper end of that interval; missing below three seeds."),
        real("error", "Jackknife standard error of likeness, of n_seeds − 1 degrees of freedom."),
        text(
            "without_layer",
            "Of families: the layer without which the likeness changes most; one without which it"
            " is inconclusive comes first, then one without which its interval holds 0. Empty where"
            " none can be left out, of eight layers or fewer, and where there is no likeness.",
        ),
        real("likeness_without", "Likeness without that layer; missing where it is inconclusive."),
        real("error_without", "Jackknife standard error of likeness_without."),
        real(
            "explained",
            "Share of the profile of `one` that the amount of training explains; missing where it"
            " does not repeat itself.",
        ),
        real("explained_other", "The same share of `other`."),
        real("raw_r", "As r, with the amount of training in it."),
        real("raw_reliability", "The same of `one` with itself."),
        real("raw_reliability_other", "The same of `other` with itself."),
        real(
            "raw_likeness",
            "As likeness, with the amount of training in it: two conditions that only train less"
            " have one of 1.",
        ),
        real("raw_low", "Lower end of its 95 % jackknife interval."),
        real("raw_high", "Upper end of that interval."),
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
