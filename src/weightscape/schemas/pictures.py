"""Some images of every set that networks are trained or tested on, to look at."""

import pyarrow as pa

from weightscape.table import define, field

PIXELS = (
    field("channels", pa.int32(), "1 for grey, 3 for red, green and blue."),
    field("height", pa.int32(), "Height of the image.", unit="pixel"),
    field("width", pa.int32(), "Width of the image.", unit="pixel"),
    field(
        "pixels",
        pa.list_(pa.uint8()),
        "The pixels in C order of (channels, height, width), from 0 to 255.",
    ),
)
"""The columns that hold an image."""

SCHEMA = define(
    "pictures",
    1,
    "Some images that networks are trained and tested on: the first of each class in every set.",
    [
        field("dataset", pa.string(), "Name of the dataset."),
        field("set", pa.string(), "`train`, `test`, or the name of the shift."),
        field("severity", pa.int32(), "Strength of the shift; 0 for images as they are."),
        field("domain", pa.string(), "Domain of the image; empty where the dataset has one."),
        field("class", pa.string(), "Class of the image."),
        field(
            "place",
            pa.int32(),
            "Place of the image among those of its class and domain in the set, from 0. A corrupted"
            " image and a test image of one place are the same image.",
        ),
        *PIXELS,
    ],
)
