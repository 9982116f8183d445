"""Some images of every set that networks are trained or tested on, to look at."""

import pyarrow as pa

from weightscape.tables.table import define, field, text, whole

PIXELS = (
    whole("channels", "1 for grey, 3 for red, green and blue."),
    whole("height", "Height of the image.", unit="pixel"),
    whole("width", "Width of the image.", unit="pixel"),
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
        text("dataset", "Name of the dataset."),
        text("set", "`train`, `test`, or the name of the shift."),
        whole("severity", "Strength of the shift; 0 for images as they are."),
        text("domain", "Domain of the image; empty where the dataset has one."),
        text("class", "Class of the image."),
        whole(
            "place",
            "Place of the image among those of its class and domain in the set, from 0. A corrupted"
            " image and a test image of one place are the same image.",
        ),
        *PIXELS,
    ],
)
