"""What a study asks to be made, looked up by the names that stand in paths."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from weightscape.config.backbone import Backbone
from weightscape.config.checkpoints import Checkpoint
from weightscape.config.condition import Condition
from weightscape.config.derived import ALONG, ENSEMBLES, Combination
from weightscape.config.diversity import ImageSet, image_sets
from weightscape.config.recipe import Optimisation, Recipe
from weightscape.config.sources import Dataset, Figure, Generator, Shift
from weightscape.config.study import Study
from weightscape.plugins import Kind, plugin


class Run(NamedTuple):
    """One fine-tuned network, or what is derived from some of the same seed."""

    dataset: str
    backbone: str
    condition: str
    seed: int
    kind: str = "runs"


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
        self.figures: dict[str, Figure] = {f.name: f for f in study.all_figures}
        self.checkpoints: dict[str, Checkpoint] = {c.name: c for c in study.checkpoints}
        self.conditions: dict[str, Condition] = {c.name: c for c in study.all_conditions}
        self.recipes: dict[str, Recipe] = {
            name: study.recipe(condition) for name, condition in self.conditions.items()
        }
        self.derived: dict[str, Combination] = {c.name: c for c in study.all_derived}

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

    @cached_property
    def image_sets(self) -> dict[str, ImageSet]:
        """The sets of images whose diversity is measured; none where the study does not ask."""
        if self.study.diversity is None:
            return {}
        return image_sets(self.conditions.values(), self.recipes, self.generators)

    def runs(self) -> Iterator[Run]:
        """Yield every run of the study, those that are trained before the derived ones."""
        kinds = [*((name, "runs") for name in self.conditions)]
        kinds += ((name, "derived") for name in self.derived)
        for dataset in self.datasets:
            for backbone in self.study.backbones:
                for condition, kind in kinds:
                    for seed in self.seeds:
                        yield Run(dataset, backbone.name, condition, seed, kind)

    def has_weights(self, condition: str) -> bool:
        """Return whether the runs of a condition are networks; an ensemble is none."""
        return condition not in self.derived or self.derived[condition].method not in ENSEMBLES

    @cached_property
    def along(self) -> dict[str, float]:
        """The conditions whose runs are looked at along their training, and from which share on."""
        return {
            member: derived.average_from
            for derived in self.derived.values()
            if derived.method in ALONG
            for member in derived.members
        }

    def shifts_of(self, dataset: str) -> list[str]:
        """Return the names of the shifts that a dataset is tested under."""
        wanted = self.datasets[dataset].shifts
        return [name for name in self.shifts if wanted is None or name in wanted]

    def initial(self, backbone: str, condition: str) -> str:
        """Return the name of the network that a condition's runs start from."""
        if condition in self.derived:
            condition = self.derived[condition].members[0]
        return initial_network(backbone, self.recipes[condition])

    def describe_runs(self) -> list[dict[str, Any]]:
        """Return what a study knows of its runs beforehand: columns of the table `runs`."""
        conditions = {**self.conditions, **self.derived}
        return [
            {
                **{key: value for key, value in run._asdict().items() if key != "kind"},
                "dataset_group": self.datasets[run.dataset].group or run.dataset,
                "derived": run.kind == "derived",
                "score": self.study.score,
                "cell": condition.cell,
                "family": condition.family,
                "dose": condition.dose,
                "factors": condition.factors,
                "reference": condition.reference,
                "initial": self.initial(run.backbone, run.condition),
                "pretrained": self.backbones[self.initial(run.backbone, run.condition)].pretrained,
                "comparable_weights": self.has_weights(run.condition)
                and self.has_weights(condition.reference)
                and self.initial(run.backbone, run.condition)
                == self.initial(run.backbone, condition.reference),
            }
            for run in self.runs()
            for condition in [conditions[run.condition]]
        ]

    def generator_training(self, name: str) -> dict[str, Any]:
        """Return the part of a generator's config that its training depends on."""
        generator = self.generators[name]
        unused = getattr(plugin("generators", generator.source), "SAMPLING", ())
        values = generator.slice()
        values["options"] = {k: v for k, v in values["options"].items() if k not in unused}
        return {k: v for k, v in values.items() if k not in ("ratio", "filter")}

    def fitted_as(self, name: str) -> str:
        """Return the first generator whose training is that of generator `name`.

        Generators that differ in how they draw alone share what it has learnt.
        """

        def training(generator: str) -> dict[str, Any]:
            return self.generator_training(generator) | {"name": None}

        return next(other for other in self.generators if training(other) == training(name))

    def source_of(self, section: str, name: str) -> tuple[Kind, str, dict[str, Any]]:
        """Return kind, name and options of the plug-in behind an entry of the study.

        `section` is datasets, backbones (the images of their pre-training) or generators.
        """
        if section == "datasets":
            dataset = self.datasets[name]
            return "data", dataset.source, dataset.options
        if section == "generators":
            generator = self.generators[name]
            return "generators", generator.source, generator.options
        pretraining = self.backbones[name].pretraining
        assert pretraining is not None, "only a backbone that is pre-trained here has images"
        return "data", self.backbones[name].pretrained, pretraining.options

    def tables_of(self, figure: str) -> tuple[str, ...]:
        """Return the names of the tables that a figure is drawn from."""
        tables: tuple[str, ...] = plugin("figures", self.figures[figure].source).TABLES
        return tables


def initial_network(backbone: str, recipe: Recipe) -> str:
    """Return the backbone's name, with the recipe's other initial weights where it sets them."""
    return f"{backbone}-{recipe.pretrained}" if recipe.pretrained else backbone


def augmentations(recipe: Optimisation | ImageSet) -> list[str]:
    """Return the modules of the augmentations that a recipe or set of images names."""
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
