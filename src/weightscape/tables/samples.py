"""Some images of every set, to look at."""

from weightscape.tables.diversity import SET
from weightscape.tables.identifiers import CELL
from weightscape.tables.pictures import PIXELS
from weightscape.tables.table import define, text, whole

SCHEMA = define(
    "samples",
    1,
    "Some images of every set whose diversity is measured: the first of each class, then the second"
    " of each, and so on. A mix that is not augmented has the images of other sets, and none here.",
    [
        *CELL,
        *SET,
        text("class", "Class of the image."),
        whole(
            "place",
            "Place of the image among those of its class in the set, from 0. Augmented and real"
            " images of one place have the same original.",
        ),
        *PIXELS,
    ],
)
