"""What the corruptions share: five severities, and one draw per image.

The strengths are ours, not those of CIFAR-C or ImageNet-C: chosen so that severity 1 is mild for
32-pixel images and severity 5 severe. Their accuracies do not compare with published ones. Lengths
are given for images of 32 pixels and grow with the image, so that a severity means the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator

from weightscape.section import Section

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from weightscape.data.labelled import Labelled

    Pixels = npt.NDArray[np.float32]
    """An image of shape (channels, height, width), values in [0, 1]."""

Strengths = tuple[float, float, float, float, float]
"""A corruption's strength at severity 1 to 5."""


REFERENCE = 32
"""Shorter side of the images, in pixels, that lengths are given for."""


class Severities(Section):
    """Which severities of a corruption are tested."""

    severities: tuple[Annotated[int, Field(ge=1, le=5)], ...] = Field(
        default=(1, 2, 3, 4, 5), min_length=1, description="Strengths to test, from 1 to 5."
    )

    @field_validator("severities")
    @classmethod
    def _distinct(cls, severities: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(severities)) != len(severities):
            raise ValueError(f"a severity is named twice: {severities}")
        return severities


def strength_at(strengths: Strengths, severity: int) -> float:
    """Return the strength at `severity`.

    Raises
    ------
    ValueError
        If `severity` is not one of 1 to 5.
    """
    if not 1 <= severity <= len(strengths):
        raise ValueError(f"severity must be one of 1 to {len(strengths)}, not {severity}")
    return strengths[severity - 1]


def in_pixels(length: float, pixels: Pixels) -> float:
    """Return a length that is given for images of `REFERENCE` pixels, for an image of any size."""
    return float(length * min(pixels.shape[1:]) / REFERENCE)


def each_image(
    test: Labelled, corrupt: Callable[[Pixels, np.random.Generator], Pixels], seed: int
) -> Labelled:
    """Return `test` with every image passed through `corrupt`.

    The images take their random numbers in turn from one stream; results are clipped to [0, 1] and
    rounded to the nearest of 256 values. With one seed, all severities have the same draws.
    """
    from dataclasses import replace

    import numpy as np

    from weightscape.data.large import allocate

    rng = np.random.default_rng(seed)
    images = allocate(test.images.shape)
    for image, source in zip(images, test.images, strict=True):
        pixels = corrupt(source.astype(np.float32) / 255, rng)
        image[...] = np.rint(np.clip(pixels, 0, 1) * 255)
    return replace(test, images=images)
