"""The columns that say which run a row is about."""

import pyarrow as pa

from weightscape.table import field

RUN = (
    field("dataset", pa.string(), "Name of the dataset the network is fine-tuned on."),
    field("backbone", pa.string(), "Name of the backbone the run starts from."),
    field("condition", pa.string(), "Name of the training recipe; `init` for initial weights."),
    field("seed", pa.int32(), "The replicate: same head and data order in every condition."),
)
"""Identifier columns of every run-level table."""

LAYER = (
    field(
        "layer",
        pa.string(),
        "Name of the layer matrix: the parameter's name without `.weight`;"
        " the parts of a fused projection carry `.q`, `.k`, `.v`.",
    ),
    field(
        "role",
        pa.string(),
        "What the matrix does in the network: stem, conv, downsample, q, k,"
        " v, attn_out, mlp_in, mlp_out, embedding, classifier or other.",
    ),
    field(
        "block",
        pa.int32(),
        "Depth: 0 for the stem, then the residual or transformer blocks in"
        " order, the classifier last.",
    ),
)
"""Identifier columns of a layer matrix."""
