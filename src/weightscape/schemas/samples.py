"""Some images of every set, to look at."""

import pyarrow as pa

from weightscape.schemas.diversity import SET
from weightscape.schemas.identifiers import CELL
from weightscape.schemas.pictures import PIXELS
from weightscape.table import define, field

SCHEMA = define(
    "samples",
    1,
    "Some images of every set whose diversity is measured: the first of each class, then the second"
    " of each, and so on. A mix that is not augmented has the images of other sets, and none here.",
    [
        *CELL,
        *SET,
        field("class", pa.string(), "Class of the image."),
        field(
            "place",
            pa.int32(),
            "Place of the image among those of its class in the set, from 0. Augmented and real"
            " images of one place have the same original.",
        ),
        *PIXELS,
    ],
)
