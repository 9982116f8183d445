"""Config of what a study looks at: datasets, shifts and generators, each a plug-in."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from weightscape.plugins import Kind, Plugged


class Dataset(Plugged):
    """A labelled image set with one fixed split; its source is a module of weightscape.data."""

    kind: ClassVar[Kind] = "data"

    val: float = Field(0.15, gt=0, lt=1, description="Share of the images for validation.")
    test: float = Field(0.2, gt=0, lt=1, description="Share of the images for testing.")
    split_seed: int = Field(0, ge=0, description="Seed of the split, the same for every run.")
    limit: int | None = Field(
        None,
        ge=5,
        description="Images of each class to use, drawn by the split's seed; all when missing.",
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


class Figure(Plugged):
    """A figure; its source is a module of weightscape.figures."""

    kind: ClassVar[Kind] = "figures"
