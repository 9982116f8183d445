"""The base of data sources: where the labelled examples of a dataset come from."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator

from weightscape.config.fetched import Fetched, Watched
from weightscape.config.plugins import Entry, Plugin, make_plugin
from weightscape.config.section import Name

if TYPE_CHECKING:
    from weightscape.data.examples import Examples

Side = Annotated[int, Field(ge=8, le=512)]
"""Height and width of images, in pixels."""


class Source(Fetched, Watched):
    """Where the examples of a dataset come from; a plug-in of the folder ``data``."""

    folder: ClassVar[str] = "data"

    @abstractmethod
    def __call__(self, data_root: Path, seed: int) -> Examples | dict[str, Examples]:
        """Return all examples, or the parts that they come in.

        Parameters
        ----------
        data_root : Path
            The folder of downloads.
        seed : int
            Decides every draw.

        Returns
        -------
        Examples or dict of str to Examples
            All of them, or the parts ``train``, ``test`` and ``elsewhere`` (domains that are not
            trained on), as far as there are.
        """


class DatasetEntry(Entry):
    """A labelled image set with one fixed split; its source is a module of weightscape.data."""

    kind: ClassVar[type[Plugin]] = Source

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

    def build(self) -> Source:
        """Return the source with its options."""
        return make_plugin(Source, self.source, self.options)
