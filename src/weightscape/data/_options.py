"""Options that several sources of images share."""

from pydantic import Field

from weightscape.section import Section

CHECKSUMS = (
    "Compare files, and numbers of images and classes, with what is published; false for a set in"
    " the same format that is not the published one."
)


class SmallOptions(Section):
    """How images that the source has in 32x32 pixels are prepared."""

    image_size: int = Field(
        default=32,
        ge=8,
        le=512,
        description="Height and width of the images, in pixels; the source has 32.",
    )
    checksums: bool = Field(default=True, description=CHECKSUMS)


class ReadOptions(Section):
    """How image files are read."""

    image_size: int = Field(
        default=224,
        ge=8,
        le=1024,
        description="Height and width that images are brought to, in pixels, bilinearly.",
    )
    skip_unreadable: bool = Field(
        default=False,
        description="Leave out images that cannot be read, and say so in the log; they are an error"
        " otherwise.",
    )
