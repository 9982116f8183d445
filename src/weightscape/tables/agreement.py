"""How far runs that differ in their seed alone predict the same."""

import pyarrow as pa

from weightscape.tables.identifiers import CELL
from weightscape.tables.predictions import TEST
from weightscape.tables.table import define, field, real, text, whole

SCHEMA = define(
    "agreement",
    1,
    "Disagreement of every two seeds of a condition on every test set.",
    [
        *CELL,
        text("condition", "Name of the training recipe."),
        whole("seed", "One seed."),
        whole("other_seed", "Another, larger one."),
        *TEST,
        whole("n", "Number of images."),
        field("disagreement", pa.float64(), "Share of the images that the two classify otherwise."),
        real(
            "kappa",
            "Agreement beyond that of chance: 1 for all, 0 for what the classes' frequencies give;"
            " missing where both always predict one and the same class.",
            source="Cohen 1960, doi:10.1177/001316446002000104",
        ),
        field(
            "both_wrong",
            pa.float64(),
            "Share of the images that both classify wrongly.",
        ),
    ],
)
