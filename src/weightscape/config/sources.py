"""Config of what a study looks at: datasets, shifts and generators, each a plug-in."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from weightscape.plugins import Kind, Plugged
from weightscape.section import Name


class Dataset(Plugged):
    """A labelled image set with one fixed split; its source is a module of weightscape.data."""

    kind: ClassVar[Kind] = "data"

    group: Name | None = Field(
        None,
        description="Name that datasets share which are one, with another domain held out each.",
    )
    val: float = Field(
        0.15,
        gt=0,
        lt=1,
        description="Share for validation of the images that the source does not test on.",
    )
    test: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Share of the images for testing, where the source has no test set of its own.",
    )
    split_seed: int = Field(0, ge=0, description="Seed of the split, the same for every run.")
    limit: int | None = Field(
        None,
        ge=5,
        description="Images of each class to use, drawn by the split's seed; all when missing.",
    )
    fraction: float = Field(
        1, gt=0, le=1, description="Share of the training images to keep, the same of every class."
    )
    imbalance: float = Field(
        1,
        ge=1,
        description="How many times larger a share of the first class's training images is kept"
        " than of the last one's, falling geometrically between: a long tail.",
    )
    shifts: tuple[Name, ...] | None = Field(
        None, description="Names of the shifts that it is tested under; all when missing."
    )

    @model_validator(mode="after")
    def _leaves_training_images(self) -> Self:
        if self.val + self.test >= 1:
            raise ValueError(
                f"val {self.val} and test {self.test} leave nothing to train on; their sum must "
                "be below 1"
            )
        return self


class Shift(Plugged):
    """A test set that departs from training; its source is a module of weightscape.shifts."""

    kind: ClassVar[Kind] = "shifts"


class Generator(Plugged):
    """A maker of synthetic images; its source is a module of weightscape.generators."""

    kind: ClassVar[Kind] = "generators"

    ratio: float = Field(
        1.0,
        gt=0,
        description="Images to make over the number of real training images; conditions take"
        " their share of these, so that another dose makes none anew.",
    )
    filter: bool = Field(
        False,
        description="Keep an image only if a classifier of the real training images (a support"
        " vector machine on pixels) agrees with its class; more are drawn until the ratio is met.",
    )
    trained_on: Name | None = Field(
        None,
        description="Generator whose images it is trained on, as many as there are real ones; the"
        " real training images when missing.",
    )
    fresh: float = Field(
        0,
        ge=0,
        lt=1,
        description="With trained_on: share of the training images that are real.",
    )

    @property
    def borrowed(self) -> float:
        """Images of another generator that it is trained on, over the number of real ones."""
        return round(1 - self.fresh, 9) if self.trained_on else 0

    @model_validator(mode="after")
    def _has_a_use_for_fresh_images(self) -> Self:
        if self.fresh and self.trained_on is None:
            raise ValueError(
                f"fresh {self.fresh} is given without trained_on: then all training images are real"
            )
        return self


class Figure(Plugged):
    """A figure; its source is a module of weightscape.figures."""

    kind: ClassVar[Kind] = "figures"
