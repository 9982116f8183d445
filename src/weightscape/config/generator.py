"""The base of generators: makers of synthetic images."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from weightscape.config.fetched import Watched
from weightscape.config.plugins import Entry, Plugin, make_plugin
from weightscape.config.section import Name

if TYPE_CHECKING:
    from weightscape.data.examples import Examples
    from weightscape.generators.model import Draw, Model, Setting


class Generator(Watched):
    """A maker of synthetic images; a plug-in of the folder ``generators``."""

    folder: ClassVar[str] = "generators"

    learns: ClassVar[bool] = True
    """Whether it learns from the training images."""

    sampling: ClassVar[tuple[str, ...]] = ()
    """The options that its training does not depend on."""

    @abstractmethod
    def fit(self, train: Examples, setting: Setting) -> Model:
        """Return what it learns of the training images.

        Raises
        ------
        ValueError
            If it cannot learn from these images.
        """

    @abstractmethod
    def sampler(self, model: Model, setting: Setting) -> Draw:
        """Return what draws images from a model that `fit` has returned."""

    def shrink(self) -> Self | None:
        """Return the generator for a trial of minutes; None where it needs no other one."""
        return None


class GeneratorEntry(Entry):
    """A maker of synthetic images; its source is a module of weightscape.generators."""

    kind: ClassVar[type[Plugin]] = Generator

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

    def build(self) -> Generator:
        """Return the generator with its options."""
        return make_plugin(Generator, self.source, self.options)
