"""What every group of test images adds to every score: how sure the images make it."""

import pyarrow as pa

from weightscape.tables.identifiers import RUN
from weightscape.tables.predictions import TEST
from weightscape.tables.table import define, field, text

SCHEMA = define(
    "influences",
    1,
    "How far every group of test images moves every score of every run: from it follows how far a"
    " score would move with other images.",
    [
        *RUN,
        *TEST,
        text("metric", "Name of the score: a column of `scores`."),
        text(
            "images",
            "Name of the images: test sets with the same ones share their groups. That of the test"
            " set; for a shift with images of its own, with the shift's behind it.",
        ),
        field(
            "influences",
            pa.list_(pa.float32()),
            "One number for each group of images, 200 groups at most, all corruptions of an image"
            " in one: a delete-a-group jackknife, scaled so that the squares add up to the variance"
            " of the score over test sets of this size. Differences and means of scores have those"
            " of their influences. Empty where there is a reason.",
            unit="that of the score",
            source="Busing et al. 1999, doi:10.1023/A:1008800423698",
        ),
        text("reason", "Why there are none; empty otherwise."),
    ],
)
