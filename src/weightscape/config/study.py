"""Config of a study: one file, complete."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, ValidationError, field_validator, model_validator

from weightscape.config.analysis import Comparison, Device, Threads
from weightscape.config.backbone import Backbone
from weightscape.config.checkpoints import Checkpoint
from weightscape.config.claims import Claim, claims_of_papers
from weightscape.config.condition import Condition, Family, expanded
from weightscape.config.derived import ALONG, Combination, Derived, combinations
from weightscape.config.diversity import Diversity, image_sets
from weightscape.config.recipe import Recipe
from weightscape.config.score import Score
from weightscape.config.sources import Dataset, Figure, Generator, Shift
from weightscape.config.spectra import Spectra
from weightscape.figures.check import check_figure
from weightscape.plugins import options_of, plugin
from weightscape.section import Name, Section, explain

CONTACT_SHEET = "contact_sheet"
"""The figure that every report has, so that readers see what the network sees."""


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
    score: Score = Field(
        "accuracy",
        description="The score that claims, summary, report and figures mean by accuracy, and that"
        " chooses the best network of a run and the members of a soup. With unbalanced classes,"
        " `balanced_accuracy`; AUROC then stands beside it.",
    )
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
    derived: tuple[Derived, ...] = Field(
        (), description="Ensembles and averages of weights, made of the runs of the conditions."
    )
    checkpoints: tuple[Checkpoint, ...] = Field(
        (), description="Weights from elsewhere, whose spectra are fitted like those of runs."
    )
    spectra: Spectra = Field(Spectra(), description="What is computed of every layer's spectrum.")
    diversity: Diversity | None = Field(
        None, description="How diverse the images are; not measured when missing."
    )
    comparison: Comparison = Field(Comparison(), description="How they are compared.")
    claims: tuple[Claim, ...] = Field(
        (), description="Claims to test, beside those of the two papers."
    )
    figures: tuple[Figure, ...] = Field((), description="The figures to draw.")
    threads: Threads = Field(Threads(), description="Threads of the steps.")

    @field_validator("data_root")
    @classmethod
    def _may_be_a_folder(cls, path: str) -> str:
        try:
            Path(path).stat()
        except FileNotFoundError:
            return path
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise ValueError(f"{path!r} cannot be a folder: {why}") from None
        if not Path(path).is_dir():
            raise ValueError(f"{path!r} is a file, not a folder")
        return path

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
        _no_twice("figures", (entry.name for entry in self.all_figures))
        _no_twice("checkpoints", (entry.name for entry in self.checkpoints))
        _no_twice("claims", (entry.claim for entry in self.all_claims))
        names = {condition.name for condition in (*conditions, *self.all_derived)}
        _no_twice("conditions", (entry.name for entry in (*conditions, *self.all_derived)))
        if "init" in names:
            raise ValueError("conditions: 'init' is the word for initial weights; rename it")
        for word in {"none", "all"} & {shift.name for shift in self.shifts}:
            raise ValueError(f"shifts: {word!r} has a meaning of its own in the tables; rename it")
        for dataset in self.datasets:
            _all_known(f"datasets.{dataset.name}.shifts", dataset.shifts or (), self.shifts)
        self._check_backbones()
        self._check_generators()
        self._check_figures()
        for condition in (*conditions, *self.all_derived):
            if condition.reference not in names:
                raise ValueError(
                    f"conditions.{condition.name}.reference: there is no condition "
                    f"{condition.reference!r}; there are {', '.join(sorted(names))}"
                )
        for condition in conditions:
            self._check_recipe(condition)
        self._check_derived()
        self._check_diversity()
        return self

    def _check_derived(self) -> None:
        starts: dict[str, float] = {}
        for entry in self.all_derived:
            if len({self.recipe(c).pretrained for c in self._members(entry)}) > 1:
                raise ValueError(
                    f"derived.{entry.name}.of: {', '.join(entry.members)} start from different"
                    " weights; take conditions of one start"
                )
            if entry.method not in ALONG:
                continue
            for member in entry.members:
                if starts.setdefault(member, entry.average_from) != entry.average_from:
                    raise ValueError(
                        f"derived.{entry.name}.average_from: {entry.average_from} is not the"
                        f" {starts[member]} of another entry of {member!r}; a run has one"
                    )

    def _members(self, entry: Combination) -> list[Condition]:
        return [c for c in self.all_conditions if c.name in entry.members]

    def _check_backbones(self) -> None:
        names = {backbone.name for backbone in self.backbones}
        sources = [(dataset.source, dataset.options.get("path")) for dataset in self.datasets]
        for backbone in self.backbones:
            options = backbone.pretraining.options if backbone.pretraining else {}
            if (backbone.pretrained, options.get("path")) in sources:
                raise ValueError(
                    f"backbones.{backbone.name}.pretrained: {backbone.pretrained!r} is a dataset of"
                    " this study too, and its test images are not to be trained on"
                )
            if f"{backbone.name}-none" in names:
                raise ValueError(
                    f"backbones: '{backbone.name}-none' is the name of {backbone.name!r} without"
                    " pre-training; rename it"
                )

    def _check_generators(self) -> None:
        generators = {generator.name: generator for generator in self.generators}
        for generator in self.generators:
            chain = [generator.name]
            while (parent := generators[chain[-1]].trained_on) is not None:
                _all_known(f"generators.{chain[-1]}.trained_on", [parent], self.generators)
                if parent in chain:
                    circle = " → ".join([*chain[chain.index(parent) :], parent])
                    raise ValueError(
                        f"generators.{parent}.trained_on: these are trained on one another, and"
                        f" none on real images: {circle}"
                    )
                chain.append(parent)
            if generator.trained_on is None:
                continue
            if not getattr(plugin("generators", generator.source), "TRAINS", True):
                raise ValueError(
                    f"generators.{generator.name}.trained_on: {generator.source} learns from no"
                    " images; leave trained_on out"
                )
            if generator.borrowed > generators[generator.trained_on].ratio:
                raise ValueError(
                    f"generators.{generator.name}.trained_on: {generator.borrowed:g} times the"
                    f" real images are wanted, which is more than {generator.trained_on!r} makes;"
                    f" raise its ratio, which is {generators[generator.trained_on].ratio:g}, or"
                    f" fresh, which is {generator.fresh:g}"
                )

    def _check_figures(self) -> None:
        known = {
            "dataset": [dataset.name for dataset in self.datasets],
            "backbone": [backbone.name for backbone in self.backbones],
            "condition": [condition.name for condition in self.all_conditions],
            "metric": self.comparison.spectra_metrics,
        }
        for figure in self.figures:
            options = options_of("figures", figure.source, figure.options)
            try:
                check_figure(figure.source, options, known)
            except ValueError as error:
                raise ValueError(f"figures.{figure.name}: {error}") from error

    def _check_diversity(self) -> None:
        if self.diversity is None:
            for figure in self.figures:
                if {"diversity", "samples"} & set(plugin("figures", figure.source).TABLES):
                    raise ValueError(
                        f"figures.{figure.name}: it is drawn from the diversity of the images;"
                        " add the section diversity: {}"
                    )
            return
        if not self.conditions:
            raise ValueError("diversity: it is that of a study's images; give it conditions")
        recipes = {condition.name: self.recipe(condition) for condition in self.all_conditions}
        generators = [generator.name for generator in self.generators]
        try:
            image_sets(self.all_conditions, recipes, generators)
        except ValueError as error:
            raise ValueError(f"diversity: {error}") from error

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

    @property
    def all_derived(self) -> tuple[Combination, ...]:
        """What is made of the runs, one entry for each condition that it gives."""
        return combinations(self.derived, self.all_conditions)

    @property
    def all_figures(self) -> tuple[Figure, ...]:
        """The figures, a contact sheet of every dataset before them where none is asked for."""
        if not self.conditions or any(f.source == CONTACT_SHEET for f in self.figures):
            return self.figures
        names = [dataset.name for dataset in self.datasets]
        sheets = tuple(
            Figure(
                name=f"{CONTACT_SHEET}-{name}" if len(names) > 1 else CONTACT_SHEET,
                source=CONTACT_SHEET,
                options={"dataset": name},
            )
            for name in names
        )
        return (*sheets, *self.figures)

    @property
    def all_claims(self) -> tuple[Claim, ...]:
        """The claims of the papers and the study's own."""
        return (*claims_of_papers(), *self.claims)

    def recipe(self, condition: Condition) -> Recipe:
        """Return the study's recipe with what `condition` sets put over it."""
        return Recipe.model_validate({**self.training.model_dump(), **condition.factors})


def _all_known(what: str, names: Iterable[str], entries: Iterable[Any]) -> None:
    known = [entry.name for entry in entries]
    for name in names:
        if name not in known:
            raise ValueError(
                f"{what}: there is no {name!r}; there are {', '.join(known) or 'none'}"
            )


def _no_twice(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"{what}: {count} of them are named {name!r}; a name must be unique")
