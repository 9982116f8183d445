"""What a study asks to be made, looked up by the names that stand in paths."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from weightscape.config.backbone import Backbone
from weightscape.config.checkpoints import Checkpoint
from weightscape.config.condition import Condition
from weightscape.config.recipe import Optimisation, Recipe
from weightscape.config.sources import Dataset, Figure, Generator, Shift
from weightscape.config.study import Study
from weightscape.plugins import plugin


class Run(NamedTuple):
    """One fine-tuned network."""

    dataset: str
    backbone: str
    condition: str
    seed: int


class Plan:
    """The parts of a study by name, and which of them a job uses.

    Parameters
    ----------
    study : Study
        A checked study.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.seeds = range(1, study.seeds + 1)
        self.datasets: dict[str, Dataset] = {d.name: d for d in study.datasets}
        self.shifts: dict[str, Shift] = {s.name: s for s in study.shifts}
        self.generators: dict[str, Generator] = {g.name: g for g in study.generators}
        self.figures: dict[str, Figure] = {f.name: f for f in study.figures}
        self.checkpoints: dict[str, Checkpoint] = {c.name: c for c in study.checkpoints}
        self.conditions: dict[str, Condition] = {c.name: c for c in study.all_conditions}
        self.recipes: dict[str, Recipe] = {
            name: study.recipe(condition) for name, condition in self.conditions.items()
        }

    @cached_property
    def backbones(self) -> dict[str, Backbone]:
        """The initial networks: every backbone, and its untrained twin where a condition asks."""
        networks = {b.name: b for b in self.study.backbones}
        for backbone in self.study.backbones:
            for recipe in self.recipes.values():
                name = initial_network(backbone.name, recipe)
                if name not in networks:
                    networks[name] = backbone.model_copy(
                        update={"name": name, "pretrained": "none", "pretraining": None}
                    )
        return networks

    def runs(self) -> Iterator[Run]:
        """Yield every run of the study."""
        for dataset in self.datasets:
            for backbone in self.study.backbones:
                for condition in self.conditions:
                    for seed in self.seeds:
                        yield Run(dataset, backbone.name, condition, seed)

    def initial(self, backbone: str, condition: str) -> str:
        """Return the name of the network that a condition's runs start from."""
        return initial_network(backbone, self.recipes[condition])

    def describe_runs(self) -> list[dict[str, Any]]:
        """Return what a study knows of its runs beforehand: columns of the table `runs`."""
        return [
            {
                **run._asdict(),
                "family": condition.family,
                "dose": condition.dose,
                "factors": condition.factors,
                "reference": condition.reference,
                "initial": self.initial(run.backbone, run.condition),
                "comparable_weights": self.initial(run.backbone, run.condition)
                == self.initial(run.backbone, condition.reference),
            }
            for run in self.runs()
            for condition in [self.conditions[run.condition]]
        ]

    def tables_of(self, figure: str) -> tuple[str, ...]:
        """Return the names of the tables that a figure is drawn from."""
        tables: tuple[str, ...] = plugin("figures", self.figures[figure].source).TABLES
        return tables


def initial_network(backbone: str, recipe: Recipe) -> str:
    """Return the backbone's name, with the recipe's other initial weights where it sets them."""
    return f"{backbone}-{recipe.pretrained}" if recipe.pretrained else backbone


def augmentations(recipe: Optimisation) -> list[str]:
    """Return the modules of the augmentations that a recipe names."""
    return [f"weightscape.augment.{name}" for name in recipe.augment]


def files_of(checkpoint: str) -> list[str]:
    """Return the files that the path of a checkpoint stands for.

    Those in a folder, the shards of an index beside it, or the file itself; none for
    ``timm:<name>``, whose files timm keeps.
    """
    path = Path(checkpoint)
    if checkpoint.startswith("timm:"):
        return []
    if path.is_dir():
        return sorted(str(file) for file in path.rglob("*") if file.is_file())
    shards: list[Path] = []
    if path.name.endswith(".index.json"):
        kind = path.name.removesuffix(".index.json").rpartition(".")[2]
        shards = sorted(path.parent.glob(f"*.{kind}"))
    return [str(file) for file in (path, *shards)]
