"""Config of how diverse the images are that networks learn from, and which sets these are."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from weightscape.config.augmentation import Augmented
from weightscape.config.condition import Condition
from weightscape.config.recipe import Recipe
from weightscape.config.section import Section

Space = Literal["pixels", "embedding"]
Kind = Literal["real", "test", "augmented", "mixed", "synthetic"]


class Diversity(Section):
    """How sets of images are measured."""

    spaces: tuple[Space, ...] = Field(
        ("pixels", "embedding"),
        min_length=1,
        description="Where likeness is measured: between the pixels, or between the features of"
        " the backbone before fine-tuning.",
    )
    subsample: int = Field(
        250,
        ge=2,
        description="Images in a subsample, the same for all sets, so that sets of different sizes"
        " can be compared; a class has its part of it. Half of the smallest set is a good choice.",
    )
    repeats: int = Field(100, ge=2, le=100_000, description="Subsamples to draw of every set.")
    k: int = Field(5, ge=1, description="Neighbours that precision, recall and the like look at.")
    pixel_side: int = Field(
        32,
        ge=1,
        description="Largest height and width of the images that pixels are compared of; larger"
        " ones are made smaller.",
    )
    samples: int = Field(10, ge=1, le=100, description="Images of every set to show in figures.")

    @model_validator(mode="after")
    def _has_neighbours(self) -> Self:
        if self.subsample <= self.k:
            raise ValueError(
                f"a subsample of {self.subsample} images does not have k={self.k} neighbours for"
                " each; raise subsample"
            )
        return self


class ImageSet(Augmented):
    """A set of images to measure, by what it is made of."""

    name: str = Field(description="Name in paths and tables.")
    kind: Kind = Field(
        description="`real` for the training images, `test` for the test images, `augmented` and"
        " `mixed` for what a condition makes of them, `synthetic` for a generator's images."
    )
    condition: str | None = Field(None, description="The first condition that trains on it.")
    family: str | None = Field(None, description="Family of that condition.")
    dose: float | None = Field(None, description="Dose of that condition.")
    augment: dict[str, dict[str, Any]] = Field({}, description="Augmentations, in order.")
    synthetic: dict[str, float] = Field({}, description="Generators and how much of each.")
    synthetic_replaces: bool = Field(
        False, description="Whether synthetic images stand in the place of real ones."
    )

    @property
    def identifiers(self) -> dict[str, Any]:
        """The columns of the tables that say which set a row is about."""
        return {
            "set": self.name,
            "kind": self.kind,
            "condition": self.condition,
            "generator": self.name if self.kind == "synthetic" else None,
            "family": self.family,
            "dose": self.dose,
        }


def image_sets(
    conditions: Iterable[Condition],
    recipes: Mapping[str, Recipe],
    generators: Iterable[str],
) -> dict[str, ImageSet]:
    """Return the sets of images that a study looks at, by name.

    They are the training images (`real`) and the test images (`test`); what every condition that
    augments them or adds others trains on, under the name of the first condition that does; and
    the images of every generator.

    Raises
    ------
    ValueError
        If two sets would have one name.
    """
    sets: dict[str, ImageSet] = {}
    for image_set in _all_sets(conditions, recipes, generators):
        if image_set.name in sets:
            raise ValueError(
                f"{image_set.name!r} would be the name of two sets of images whose diversity is"
                " measured; rename the condition or generator (real and test are taken)"
            )
        sets[image_set.name] = image_set
    return sets


def _all_sets(
    conditions: Iterable[Condition],
    recipes: Mapping[str, Recipe],
    generators: Iterable[str],
) -> Iterator[ImageSet]:
    trained: list[ImageSet] = []
    for condition in conditions:
        recipe = recipes[condition.name]
        # The order of augmentations matters, and equal mappings do not show it.
        if any(_content(recipe) == _content(known) for known in trained):
            continue
        kind: Kind = "mixed" if recipe.synthetic else "augmented" if recipe.augment else "real"
        trained.append(
            ImageSet(
                name="real" if kind == "real" else condition.stands_for,
                kind=kind,
                condition=condition.stands_for,
                family=condition.family,
                dose=condition.dose,
                augment=recipe.augment,
                synthetic=recipe.synthetic,
                synthetic_replaces=recipe.synthetic_replaces,
            )
        )
    if all(known.kind != "real" for known in trained):
        yield ImageSet(name="real", kind="real")
    yield from trained
    yield ImageSet(name="test", kind="test")
    for generator in generators:
        yield ImageSet(name=generator, kind="synthetic", synthetic={generator: 1.0})


def _content(recipe: Recipe | ImageSet) -> tuple[list[Any], list[Any], bool]:
    replaces = recipe.synthetic_replaces and bool(recipe.synthetic)
    return list(recipe.augment.items()), list(recipe.synthetic.items()), replaces
