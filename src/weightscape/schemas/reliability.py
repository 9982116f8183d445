"""How often predictions of a given confidence are right: the bins of reliability diagrams."""

import pyarrow as pa

from weightscape.schemas.identifiers import RUN, real
from weightscape.schemas.predictions import TEST
from weightscape.table import define, field

SCHEMA = define(
    "reliability",
    1,
    "Confidence and accuracy of every run on every test set in 15 bins of equal width.",
    [
        *RUN,
        *TEST,
        field("bin", pa.int32(), "Number of the bin, 0 to 14; bin b holds (b/15, (b+1)/15]."),
        field("n", pa.int32(), "Images whose confidence is in the bin."),
        real("confidence", "Mean probability of the predicted class; missing in an empty bin."),
        real("accuracy", "Share of them that are right; missing in an empty bin."),
    ],
)
