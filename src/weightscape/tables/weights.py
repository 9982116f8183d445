"""The weights of one network, a row per layer matrix."""

import pyarrow as pa

from weightscape.tables.identifiers import LAYER
from weightscape.tables.table import define, field, text

SCHEMA = define(
    "weights",
    1,
    "Every layer matrix of one network; one row group per row, so that a reader takes one layer.",
    [
        *LAYER,
        text(
            "layer_type",
            "Kind of the operator: Linear, Conv1d, Conv2d, Conv3d or Embedding; of a convolution in"
            " several groups with `Grouped` before it.",
            source="WeightWatcher's layer_type",
        ),
        field(
            "shape",
            pa.list_(pa.int32()),
            "slices, rows (outputs) and columns (inputs) of the"
            " values; a Conv2d has one slice per kernel position, in groups one per position and"
            " group.",
        ),
        text(
            "dtype",
            "Type of the parameter in the checkpoint, before it is widened to float32.",
        ),
        field("values", pa.list_(pa.float32()), "The entries in C order of `shape`."),
    ],
)
