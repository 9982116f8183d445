"""What the runs say to the claims of the papers, and to a study's own."""

import pyarrow as pa

from weightscape.tables.identifiers import CELL
from weightscape.tables.table import define, field, real, text, whole

SCHEMA = define(
    "claims",
    3,
    "Verdict on every claim, as a whole and part by part, over all data sets and on each. A dataset"
    " or backbone of `all` is several taken together.",
    [
        *CELL,
        text("paper", "Where the claim is made."),
        text(
            "claim",
            "Name of the claim; with -extended, on conditions of a dose or kind that it is not"
            " about; with -fixed-k, on alpha_fixed_k where the paper has alpha.",
        ),
        text("statement", "The claim in words."),
        text(
            "score",
            "The score that it is judged on where it is about accuracy: what the study means by"
            " it; empty where it is not about accuracy.",
        ),
        text(
            "scope",
            "Layers: body (without classifier) or all; scores for a claim on scores alone, or with"
            " measurements, and measurements for one on these alone; empty where nothing is"
            " tested.",
        ),
        field(
            "is_primary",
            pa.bool_(),
            "Whether the row is of the verdict on the claim: over all data sets and backbones, and"
            " without the classifier. The others describe it.",
        ),
        whole("part", "0 for the claim as a whole, else the number of the part."),
        text("what", "The part in words; of the whole, the part that decides."),
        text("test", "direction, order, best or equivalence; empty where none is done."),
        text("metric", "Metric of the part; of the whole, of the part that decides."),
        real("effect", "Estimate of the part, in units of the metric (a likeness has none)."),
        real("low", "Lower end of its 95 % interval over the seeds."),
        real("high", "Upper end of its 95 % interval over the seeds."),
        real(
            "margin",
            "For equivalence: the largest difference that counts as none; where it is a share of a"
            " reference effect, as that is estimated.",
        ),
        real("floor_low", "The twin in the place of the condition: lower end of its interval."),
        real("floor_high", "Upper end of that interval; missing without a twin."),
        whole("n_seeds", "Seeds in which all that is compared is measured."),
        real(
            "p",
            "p of the claim against the border of both its verdicts: the smaller of the p of"
            " `supported` (all parts hold) and of `contradicted` (one does not).",
        ),
        real(
            "p_sign_flip",
            "Exact p over all sign flips of the difference that the row shows; missing for"
            " equivalences, for likenesses, and for a whole of several parts.",
        ),
        real("p_floor", "Smallest p that sign flips can give with this number of seeds."),
        real(
            "p_holm",
            "Of a primary whole: p after Holm's correction over the claims of the paper that are"
            " tested here.",
            "Holm 1979, Scand. J. Statist. 6:65–70",
        ),
        text(
            "verdict",
            "Of a primary whole: supported or contradicted (p_holm at most .05), inconclusive, or"
            " not testable. Of any other row: what its own p would say.",
        ),
        whole("n_sets", "Of the whole: data sets and backbones on which it is tested."),
        whole("n_sets_supported", "Of these, those whose own p would say supported."),
        real(
            "spread",
            "Of the whole: standard deviation of the effect over three sets or more; missing where"
            " they rest on different metrics.",
        ),
        text("reason", "Why it is so, in words; what is missing."),
    ],
)
