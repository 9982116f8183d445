"""The table `scores`: accuracy and calibration of one network on every test set."""

from weightscape.scoring.metrics import METRICS
from weightscape.tables.columns import columns_of
from weightscape.tables.identifiers import LIMITATION, RUN
from weightscape.tables.predictions import TEST
from weightscape.tables.table import define, whole

SCHEMA = define(
    "scores",
    4,
    "Accuracy and calibration of every run on every test set.",
    [*RUN, *TEST, whole("n", "Number of images."), *columns_of(METRICS), LIMITATION],
)
