"""The logits of one network on every test set."""

import pyarrow as pa

from weightscape.schemas.identifiers import RUN
from weightscape.table import define, field

TEST = (
    field(
        "test_set",
        pa.string(),
        "Which images: `val` and `test` of the dataset, or the images that a shift is made of.",
    ),
    field("shift", pa.string(), "How they depart from training; `none` for i.i.d. images."),
    field("severity", pa.int32(), "Strength of the shift; 0 for i.i.d. images."),
)
"""Identifier columns of a test set."""

SCHEMA = define(
    "predictions",
    1,
    "Logits for every image of every test set.",
    [
        *RUN,
        *TEST,
        field("sample", pa.int32(), "Index of the image in its test set."),
        field("label", pa.int16(), "The true class."),
        field("logits", pa.list_(pa.float16()), "One logit per class."),
    ],
)
