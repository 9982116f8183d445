"""Config of a study: one file, complete."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, ValidationError, model_validator

from weightscape.config.analysis import Comparison, Device, Threads
from weightscape.config.backbone import Backbone
from weightscape.config.checkpoints import Checkpoint
from weightscape.config.condition import Condition, Family, expanded
from weightscape.config.recipe import Recipe
from weightscape.config.sources import Dataset, Figure, Generator, Shift
from weightscape.config.spectra import Spectra
from weightscape.section import Name, Section, explain


def _branch(entry: Any) -> str:
    is_family = "vary" in entry if isinstance(entry, dict) else isinstance(entry, Family)
    return "Family" if is_family else "Condition"


Entry = Annotated[
    Annotated[Condition, Tag("Condition")] | Annotated[Family, Tag("Family")],
    Discriminator(_branch),
]


class Study(Section):
    """Datasets × backbones × conditions × seeds, and what to make of them."""

    study: Name = Field(description="Name of the study and of its folder under results/.")
    scale: Literal["full", "nano"] = Field(
        "full", description="`nano` shrinks the study to a trial of minutes, named <study>-nano."
    )
    seeds: int = Field(3, ge=1, le=1000, description="Number of replicates, counted from 1.")
    device: Device = Field("cpu", description="Where networks run; results differ between them.")
    data_root: str = Field("results/data", description="Folder of downloads, shared by studies.")
    keep_weights: bool = Field(
        True, description="Keep the weights' Parquet files once their spectra exist."
    )
    datasets: tuple[Dataset, ...] = Field((), description="What networks learn.")
    shifts: tuple[Shift, ...] = Field((), description="Where they are tested beside that.")
    backbones: tuple[Backbone, ...] = Field((), description="What they start from.")
    generators: tuple[Generator, ...] = Field((), description="Makers of synthetic images.")
    training: Recipe = Field(Recipe(), description="The recipe where a condition says nothing.")
    conditions: tuple[Entry, ...] = Field(
        (), description="The recipes to compare, one by one or as families."
    )
    checkpoints: tuple[Checkpoint, ...] = Field(
        (), description="Weights from elsewhere, whose spectra are fitted like those of runs."
    )
    spectra: Spectra = Field(Spectra(), description="What is computed of every layer's spectrum.")
    comparison: Comparison = Field(Comparison(), description="How they are compared.")
    figures: tuple[Figure, ...] = Field((), description="The figures to draw.")
    threads: Threads = Field(Threads(), description="Threads of the steps.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for key in ("datasets", "backbones", "conditions"):
            if not (getattr(self, key) or self.checkpoints):
                raise ValueError(f"{key}: a study needs one at least, or checkpoints to look at")
        conditions = self.all_conditions
        _no_twice("datasets", (entry.name for entry in self.datasets))
        _no_twice("shifts", (entry.name for entry in self.shifts))
        _no_twice("backbones", (entry.name for entry in self.backbones))
        _no_twice("generators", (entry.name for entry in self.generators))
        _no_twice("figures", (entry.name for entry in self.figures))
        _no_twice("checkpoints", (entry.name for entry in self.checkpoints))
        _no_twice("conditions", (entry.name for entry in conditions))
        names = {condition.name for condition in conditions}
        if "init" in names:
            raise ValueError("conditions: 'init' is the word for initial weights; rename it")
        for word in {"none", "all"} & {shift.name for shift in self.shifts}:
            raise ValueError(f"shifts: {word!r} has a meaning of its own in the tables; rename it")
        self._check_backbones()
        for condition in conditions:
            if condition.reference not in names:
                raise ValueError(
                    f"conditions.{condition.name}.reference: there is no condition "
                    f"{condition.reference!r}; there are {', '.join(sorted(names))}"
                )
            self._check_recipe(condition)
        return self

    def _check_backbones(self) -> None:
        names = {backbone.name for backbone in self.backbones}
        sources = {dataset.source for dataset in self.datasets}
        for backbone in self.backbones:
            if backbone.pretrained in sources:
                raise ValueError(
                    f"backbones.{backbone.name}.pretrained: {backbone.pretrained!r} is a dataset of"
                    " this study too, and its test images are not to be trained on"
                )
            if f"{backbone.name}-none" in names:
                raise ValueError(
                    f"backbones: '{backbone.name}-none' is the name of {backbone.name!r} without"
                    " pre-training; rename it"
                )

    def _check_recipe(self, condition: Condition) -> None:
        try:
            recipe = self.recipe(condition)
        except ValidationError as error:
            raise ValueError(
                f"conditions.{condition.name}.factors: {explain(error, Recipe)}"
            ) from error
        generators = {generator.name: generator for generator in self.generators}
        for name, ratio in recipe.synthetic.items():
            if name not in generators:
                raise ValueError(
                    f"conditions.{condition.name}.factors.synthetic: there is no generator"
                    f" {name!r}; there are {', '.join(sorted(generators)) or 'none'}"
                )
            if ratio > generators[name].ratio:
                raise ValueError(
                    f"conditions.{condition.name}.factors.synthetic: {ratio} is more than the"
                    f" generator {name!r} makes; raise its ratio, which is {generators[name].ratio}"
                )

    @property
    def all_conditions(self) -> tuple[Condition, ...]:
        """The conditions, families expanded."""
        return expanded(self.conditions)

    def recipe(self, condition: Condition) -> Recipe:
        """Return the study's recipe with what `condition` sets put over it."""
        return Recipe.model_validate({**self.training.model_dump(), **condition.factors})


def nano(study: Study) -> Study:
    """Return `study` small enough to run in a minute or two, under the name <study>-nano."""
    quick = {"epochs": 1}
    return study.model_copy(
        update={
            "study": f"{study.study}-nano",
            "seeds": min(study.seeds, 2),
            "datasets": tuple(
                d.model_copy(update={"limit": min(d.limit or 30, 30)}) for d in study.datasets
            ),
            "training": study.training.model_copy(update=quick),
            "conditions": tuple(
                entry.model_copy(
                    update={"factors": {k: v for k, v in entry.factors.items() if k != "epochs"}}
                )
                for entry in study.conditions
            ),
            "backbones": tuple(
                b.model_copy(
                    update={
                        "pretraining": b.pretraining
                        and b.pretraining.model_copy(update={**quick, "limit": 8})
                    }
                )
                for b in study.backbones
            ),
        }
    )


def _no_twice(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"{what}: {count} of them are named {name!r}; a name must be unique")
