"""The logits of one network on every test set."""

import pyarrow as pa

from weightscape.tables.identifiers import RUN
from weightscape.tables.table import define, field, text, whole

TEST = (
    text(
        "test_set",
        "Which images: `val` and `test` of the dataset, or the images that a shift is made of.",
    ),
    text("shift", "How they depart from training; `none` for i.i.d. images."),
    whole("severity", "Strength of the shift; 0 for i.i.d. images."),
)
"""Identifier columns of a test set."""

SCHEMA = define(
    "predictions",
    1,
    "Logits for every image of every test set.",
    [
        *RUN,
        *TEST,
        whole("sample", "Index of the image in its test set."),
        field("label", pa.int16(), "The true class."),
        field("logits", pa.list_(pa.float16()), "One logit per class."),
    ],
)
