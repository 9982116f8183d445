"""How far runs that differ in their seed alone predict the same."""

import pyarrow as pa

from weightscape.schemas.identifiers import CELL
from weightscape.schemas.predictions import TEST
from weightscape.table import define, field

SCHEMA = define(
    "agreement",
    1,
    "Disagreement of every two seeds of a condition on every test set.",
    [
        *CELL,
        field("condition", pa.string(), "Name of the training recipe."),
        field("seed", pa.int32(), "One seed."),
        field("other_seed", pa.int32(), "Another, larger one."),
        *TEST,
        field("n", pa.int32(), "Number of images."),
        field("disagreement", pa.float64(), "Share of the images that the two classify otherwise."),
        field(
            "kappa",
            pa.float64(),
            "Agreement beyond that of chance: 1 for all, 0 for what the classes' frequencies give;"
            " missing where both always predict one and the same class.",
            source="Cohen 1960, doi:10.1177/001316446002000104",
            nullable=True,
        ),
        field(
            "both_wrong",
            pa.float64(),
            "Share of the images that both classify wrongly.",
        ),
    ],
)
