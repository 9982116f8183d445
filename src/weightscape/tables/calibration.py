"""How often predictions of a given confidence are right: the bins of its diagrams."""

from weightscape.tables.identifiers import RUN
from weightscape.tables.predictions import TEST
from weightscape.tables.table import define, real, whole

SCHEMA = define(
    "calibration",
    1,
    "Confidence and accuracy of every run on every test set in 15 bins of equal width.",
    [
        *RUN,
        *TEST,
        whole("bin", "Number of the bin, 0 to 14; bin b holds (b/15, (b+1)/15]."),
        whole("n", "Images whose confidence is in the bin."),
        real("confidence", "Mean probability of the predicted class; missing in an empty bin."),
        real("accuracy", "Share of them that are right; missing in an empty bin."),
    ],
)
