"""Some images of every set, to look at."""

import pyarrow as pa

from weightscape.schemas.diversity import SET
from weightscape.schemas.identifiers import CELL
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
        field("channels", pa.int32(), "1 for grey, 3 for red, green and blue."),
        field("height", pa.int32(), "Height of the image.", unit="pixel"),
        field("width", pa.int32(), "Width of the image.", unit="pixel"),
        field(
            "pixels",
            pa.list_(pa.uint8()),
            "The pixels in C order of (channels, height, width), from 0 to 255.",
        ),
    ],
)
