"""The columns that say which run, layer or difference between runs a row is about."""

import pyarrow as pa

from weightscape.tables.table import real, text, whole

CELL = (
    text("dataset", "Name of the dataset the network is fine-tuned on."),
    text("backbone", "Name of the backbone the run starts from."),
)
"""Identifier columns of every table of a study."""

RUN = (
    *CELL,
    text("condition", "Name of the training recipe; `init` for initial weights."),
    whole("seed", "The replicate: same head and data order in every condition."),
)
"""Identifier columns of every run-level table."""

LAYER = (
    text(
        "layer",
        "Name of the layer matrix: the parameter's name without `.weight`;"
        " the parts of a fused projection carry `.q`, `.k`, `.v`.",
    ),
    text(
        "role",
        "What the matrix does in the network: stem, conv, downsample, q, k,"
        " v, attn_out, mlp_in, mlp_out, embedding, classifier or other.",
    ),
    whole(
        "block",
        "Depth: 0 for the stem, then the residual or transformer blocks in"
        " order, the classifier last.",
    ),
)
"""Identifier columns of a layer matrix."""

FORM = text(
    "form",
    "Which matrix stands for a convolution: `pooled`, one of outputs by inputs for every kernel"
    " position, their eigenvalues pooled; `unfolded`, one of outputs by inputs times kernel"
    " positions. Empty for a layer that has one form alone: a linear layer, and a convolution of"
    " one position, of one input channel or in groups.",
    source="pooled: WeightWatcher 0.7.7",
)
"""The last identifier of a row about the spectrum of a layer matrix."""

LIMITATION = text(
    "limitation",
    "What keeps the row from saying all that it should, or what it leaves out; otherwise empty.",
)
"""The last column of every table of comparisons."""


def effect_columns(what: str) -> list[pa.Field]:
    """Return the columns of an estimate over seeds: `what` it is, its interval and its tests."""
    return [
        real("effect", f"{what}; missing without a seed that has both."),
        real(
            "low",
            "Lower end of the 95 % t interval over the seeds, of scores over seeds and test images;"
            " missing below two seeds.",
            "of scores: two crossed random factors, Searle et al. 1992, doi:10.1002/9780470316856",
        ),
        real("high", "Upper end of that interval; missing below two seeds."),
        whole("n_seeds", "Seeds in which all that is compared is measured."),
        real("p", "Two-sided p of its t test; missing below two seeds or without spread."),
        real(
            "p_sign_flip",
            "Exact two-sided p over all sign flips of the paired differences, on these test images;"
            " missing above 12 seeds.",
            "Fisher 1935, The Design of Experiments, §21",
        ),
        real("p_floor", "Smallest p that sign flips can give with this number of seeds."),
    ]
