"""What is measured of networks beside their predictions and weights, a row per number."""

from weightscape.tables.identifiers import RUN
from weightscape.tables.table import define, real, text, whole

SCHEMA = define(
    "measurements",
    1,
    "Every number that a measurement gives of a run's network, and of it along the training where"
    " that is asked for.",
    [
        *RUN,
        text("metric", "Name of the metric, as its measurement declares it."),
        text("layer", "Layer that it is of; empty for the whole network."),
        text("test_set", "Images that it is of; empty where it is of none."),
        text(
            "shift",
            "How they depart from training: `none` for i.i.d. images; empty where it is of none.",
        ),
        whole("severity", "Strength of the shift; 0 for i.i.d. images, or none."),
        whole(
            "step",
            "Optimiser steps done when it is measured, along the training; missing for the run's"
            " network, which alone is compared.",
            nullable=True,
        ),
        real("value", "The number, in the unit of its metric; missing where the status is failed."),
        text("status", "`ok`; `failed` where there is no finite number."),
        text("reason", "Why the status is not `ok`; empty otherwise."),
    ],
)
