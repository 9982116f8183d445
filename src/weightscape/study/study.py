"""A study: one config file, complete."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from weightscape.config.analysis import Comparison, Device, Threads
from weightscape.config.backbone import Backbone
from weightscape.config.checkpoints import CheckpointEntry
from weightscape.config.claims import Claim, claims_at_fixed_k, claims_of_papers
from weightscape.config.condition import (
    Condition,
    ConditionEntry,
    FamilyEntry,
    expand_conditions,
)
from weightscape.config.derived import Combination, DerivedEntry, combine_entries
from weightscape.config.diversity import Diversity
from weightscape.config.figure import FigureEntry
from weightscape.config.generator import GeneratorEntry
from weightscape.config.measurement import MeasurementEntry
from weightscape.config.recipe import Recipe
from weightscape.config.score import Score
from weightscape.config.section import Name, Section
from weightscape.config.shift import ShiftEntry
from weightscape.config.source import DatasetEntry
from weightscape.config.spectra import Spectra
from weightscape.config.spectra_along import SpectraAlong

CONTACT_SHEET = "contact_sheet"
"""The figure that every report has, so that readers see what the network sees."""


def _branch(entry: Any) -> str:
    is_family = "vary" in entry if isinstance(entry, dict) else isinstance(entry, FamilyEntry)
    return "FamilyEntry" if is_family else "ConditionEntry"


AnyCondition = Annotated[
    Annotated[ConditionEntry, Tag("ConditionEntry")] | Annotated[FamilyEntry, Tag("FamilyEntry")],
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
    datasets: tuple[DatasetEntry, ...] = Field((), description="What networks learn.")
    shifts: tuple[ShiftEntry, ...] = Field((), description="Where they are tested beside that.")
    backbones: tuple[Backbone, ...] = Field((), description="What they start from.")
    generators: tuple[GeneratorEntry, ...] = Field((), description="Makers of synthetic images.")
    training: Recipe = Field(Recipe(), description="The recipe where a condition says nothing.")
    conditions: tuple[AnyCondition, ...] = Field(
        (), description="The recipes to compare, one by one or as families."
    )
    choose: Literal["validation"] | None = Field(
        None,
        description="How grids are settled. `validation`: of every condition the setting with the"
        " best mean validation `score` over the seeds is compared, under the entry's name, with"
        " what its reference has chosen so. When missing, every setting is compared with the"
        " reference of the same setting.",
    )
    derived: tuple[DerivedEntry, ...] = Field(
        (), description="Ensembles and averages of weights, made of the runs of the conditions."
    )
    measurements: tuple[MeasurementEntry, ...] = Field(
        (), description="What is measured of every trained network beside predictions and weights."
    )
    checkpoints: tuple[CheckpointEntry, ...] = Field(
        (), description="Weights from elsewhere, whose spectra are fitted like those of runs."
    )
    spectra: Spectra = Field(Spectra(), description="What is computed of every layer's spectrum.")
    spectra_along: SpectraAlong | None = Field(
        None, description="Spectra along every training as well; at its end alone when missing."
    )
    diversity: Diversity | None = Field(
        None, description="How diverse the images are; not measured when missing."
    )
    comparison: Comparison = Field(Comparison(), description="How they are compared.")
    claims: tuple[Claim, ...] = Field(
        (), description="Claims to test, beside those of the two papers."
    )
    figures: tuple[FigureEntry, ...] = Field((), description="The figures to draw.")
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
        # What needs more than one section to be seen; it imports the plug-ins that are named.
        from weightscape.study.checks import check_study

        check_study(self)
        return self

    @property
    def all_conditions(self) -> tuple[Condition, ...]:
        """The conditions, families expanded."""
        return expand_conditions(self.conditions, self.choose is not None)

    @property
    def all_derived(self) -> tuple[Combination, ...]:
        """What is made of the runs, one entry for each condition that it gives."""
        return combine_entries(self.derived, self.all_conditions)

    @property
    def all_figures(self) -> tuple[FigureEntry, ...]:
        """The figures; those that a study is never without stand first where none asks for them.

        A contact sheet of every dataset, and what its measurements and courses show.
        """
        if not self.conditions:
            return self.figures
        asked = {figure.source for figure in self.figures}
        names = [dataset.name for dataset in self.datasets]
        always = [
            FigureEntry(
                name=f"{CONTACT_SHEET}-{name}" if len(names) > 1 else CONTACT_SHEET,
                source=CONTACT_SHEET,
                options={"dataset": name},
            )
            for name in names
        ]
        always += [FigureEntry(name=name) for name in self._figures_of_what_is_asked]
        return (*(figure for figure in always if figure.source not in asked), *self.figures)

    @property
    def _figures_of_what_is_asked(self) -> list[str]:
        return [
            *(["measured_effects"] if self.measurements else []),
            *(["measured_course"] if self.measured_along else []),
            *(["spectra_course"] if self.spectra_along else []),
        ]

    @property
    def measured_along(self) -> tuple[MeasurementEntry, ...]:
        """The measurements that are taken along a training as well."""
        return tuple(entry for entry in self.measurements if entry.build().every)

    @property
    def all_claims(self) -> tuple[Claim, ...]:
        """The claims of the papers, those beside them at a fixed k, and the study's own."""
        return (*claims_of_papers(), *claims_at_fixed_k(), *self.claims)

    def recipe(self, condition: Condition) -> Recipe:
        """Return the study's recipe with what `condition` sets put over it."""
        return Recipe.model_validate({**self.training.model_dump(), **condition.factors})
