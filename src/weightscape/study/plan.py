"""What a study asks to be made, looked up by the names that stand in paths."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from weightscape.config.backbone import Backbone
from weightscape.config.checkpoints import CheckpointEntry
from weightscape.config.claims import Kind
from weightscape.config.condition import Condition
from weightscape.config.credit import Credit
from weightscape.config.derived import ALONG, ENSEMBLES, Combination
from weightscape.config.diversity import ImageSet, image_sets
from weightscape.config.families import CONTROL
from weightscape.config.figure import FigureEntry
from weightscape.config.generator import Generator, GeneratorEntry
from weightscape.config.kind import Amount, find_amount, find_kind
from weightscape.config.packaged import PACKAGED
from weightscape.config.plugins import Entry, plugin_names
from weightscape.config.rates import find_rates
from weightscape.config.recipe import Recipe
from weightscape.config.run import RunId
from weightscape.config.score import Score
from weightscape.config.shift import Shift, ShiftEntry
from weightscape.config.source import DatasetEntry, Source
from weightscape.packages import find_files
from weightscape.study.study import Study
from weightscape.train.decay import FIELDS

UNREPORTED = ("data_root", "keep_weights", "checkpoints", "figures", "threads")
"""Parts of a study that say nothing of how its networks are made and compared."""


class Run(NamedTuple):
    """A run of a study: one fine-tuned network, or what is derived from some of the same seed.

    Attributes
    ----------
    id : RunId
        Which one.
    kind : {"runs", "derived"}
        Whether it is trained; the folder that it lies in.
    """

    id: RunId
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
        self.datasets: dict[str, DatasetEntry] = {d.name: d for d in study.datasets}
        self.shifts: dict[str, ShiftEntry] = {s.name: s for s in study.shifts}
        self.generators: dict[str, GeneratorEntry] = {g.name: g for g in study.generators}
        self.figures: dict[str, FigureEntry] = {f.name: f for f in study.all_figures}
        self.checkpoints: dict[str, CheckpointEntry] = {c.name: c for c in study.checkpoints}
        self.conditions: dict[str, Condition] = {c.name: c for c in study.all_conditions}
        self.recipes: dict[str, Recipe] = {
            name: study.recipe(condition) for name, condition in self.conditions.items()
        }
        self._settings: dict[str, dict[str, str]] = {}
        for each in study.all_conditions:
            self._settings.setdefault(each.stands_for, {})[each.setting] = each.name
        self._listings: dict[str, str] = {}
        self.derived: dict[str, Combination] = {c.name: c for c in study.all_derived}

    @cached_property
    def initial_networks(self) -> dict[str, Backbone]:
        """The initial networks: every backbone, and it untrained where a condition asks."""
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
                        yield Run(RunId(dataset, backbone.name, condition, seed), kind)

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
        return initial_network(backbone, self.recipes[self._trained_as(condition)])

    def _trained_as(self, name: str, setting: str = "") -> str:
        """Return the condition of this name; where one of several settings stands for it, one.

        It is that in the `setting`, or else the first: all of them start from the same weights.
        """
        settings = self._settings.get(name, {})
        return settings.get(setting) or next(iter(settings.values()), name)

    @property
    def measures_embeddings(self) -> bool:
        """Whether diversity is measured between features of the backbone."""
        diversity = self.study.diversity
        return diversity is not None and "embedding" in diversity.spaces

    @property
    def measured_along(self) -> list[dict[str, Any]]:
        """The measurements that are taken along a training as well."""
        return [entry.slice() for entry in self.study.measured_along]

    @property
    def places_along(self) -> list[int]:
        """The places of the networks that a training keeps on its way, for their spectra."""
        return [*(self.study.spectra_along.places if self.study.spectra_along else [])]

    @property
    def measurement_modules(self) -> list[str]:
        """The modules of all measurements, for the digest of a job's code."""
        return _modules_of(self.study.measurements)

    @property
    def figure_modules(self) -> list[str]:
        """The modules of all figures, whose captions a report shows."""
        return _modules_of(self.figures.values())

    @cached_property
    def _modules_along(self) -> list[str]:
        # Asked for every run of a study, of which there may be thousands.
        return _modules_of(self.study.measured_along)

    def finetune_modules(self, condition: str) -> list[str]:
        """Return the modules of the plug-ins that a fine-tuning uses."""
        return [*self.recipes[condition].modules, *self._modules_along]

    def source_modules(self, source: str) -> list[str]:
        """Return the module of what fetches: a data source, or else a shift."""
        kind = Source if source in plugin_names(Source) else Shift
        return [f"weightscape.{kind.folder}.{source}"]

    def selecting_score(self, condition: str) -> Score:
        """Return the score that chooses a run's network; it says nothing where none is chosen."""
        return self.study.score if self.recipes[condition].select == "best" else "accuracy"

    def combination(self, condition: str) -> dict[str, Any]:
        """Return how the weights of a derived run are made of others."""
        derived = self.derived[condition]
        chooses = derived.method == "greedy_soup"
        return {
            "method": derived.method,
            "share": derived.share,
            "score": self.study.score if chooses else "accuracy",
        }

    def bn_recipes(self, condition: str) -> list[Recipe]:
        """Return the recipes of the runs that a derived run is made of; none if batch norms stay.

        They stay where the study says so, and where all of the runs froze theirs.
        """
        derived = self.derived[condition]
        recipes = [self.recipes[member] for member in derived.members]
        if derived.bn == "averaged" or all(recipe.freeze_bn for recipe in recipes):
            return []
        return recipes

    def bn_modules(self, condition: str) -> list[str]:
        """Return the modules of the plug-ins that show a derived run its training images."""
        return sorted({module for each in self.bn_recipes(condition) for module in each.modules})

    def dataset_options(self, name: str) -> dict[str, Any]:
        """Return what a dataset is prepared by.

        Which shifts it is tested under, or with which it is grouped, changes nothing about it.
        """
        return self.datasets[name].model_copy(update={"shifts": None, "group": None}).slice()

    def dataset_listing(self, name: str) -> str:
        """Return a digest of the files that a dataset's source watches; empty for others."""
        return self._listing(f"datasets.{name}", self.datasets[name].build())

    def generator_listing(self, name: str) -> str:
        """Return a digest of the files that a generator watches; empty for others."""
        return self._listing(f"generators.{name}", self.generators[name].build())

    def pretraining_listing(self, name: str) -> str:
        """Return a digest of the files that the images of a pre-training come from."""
        images = self.initial_networks[name].images
        return "" if images is None else self._listing(f"backbones.{name}", images)

    def _listing(self, key: str, plugin: Source | Generator) -> str:
        # Snakemake asks for params more than once, and a folder may hold a million files.
        if key not in self._listings:
            try:
                self._listings[key] = plugin.listing()
            except (OSError, ValueError) as error:
                raise ValueError(f"{key}: {error}") from error
        return self._listings[key]

    def backbone_package(self, name: str) -> list[str] | None:
        """See that the package with a backbone's weights is there; return version and checksum.

        Raises
        ------
        ValueError
            If it is not there, or another version of it.
        """
        backbone = self.initial_networks[name]
        if backbone.package is None:
            return None
        package = PACKAGED[backbone.package].package
        try:
            find_files(package)
        except (OSError, ValueError) as error:
            raise ValueError(f"backbones.{name}: {error}") from error
        return [package.version, package.sha256]

    def reported_settings(self) -> dict[str, Any]:
        """Return what a report says of how networks are made and compared."""
        return {key: value for key, value in self.study.slice().items() if key not in UNREPORTED}

    def describe_decay(self) -> dict[str, dict[str, Any]]:
        """Return by condition what of its recipe says how weights decay."""
        return {
            name: recipe.model_dump(mode="json", include=FIELDS)
            for name, recipe in self.recipes.items()
        }

    def describe_runs(self) -> list[dict[str, Any]]:
        """Return what a study knows of its runs beforehand: columns of the table `runs`."""
        conditions = {**self.conditions, **self.derived}
        rates = find_rates(conditions.values())
        return [
            {
                **run.id._asdict(),
                "dataset_group": self.datasets[run.id.dataset].group or run.id.dataset,
                "derived": run.kind == "derived",
                "score": self.study.score,
                "setting": condition.setting,
                "stands_for": condition.stands_for,
                "family": condition.family,
                "is_twin": condition.is_twin,
                "dose": condition.dose,
                "kind": self._find_kind(condition) or "",
                "is_rate": rates[condition.name],
                "factors": condition.factors,
                "reference": condition.reference,
                "initial": initial,
                "pretrained": self.initial_networks[initial].pretrained,
                "from_scratch": self.initial_networks[initial].is_from_scratch,
                "comparable_weights": self.has_weights(condition.name)
                and self.has_weights(condition.reference)
                and initial == self.initial(run.id.backbone, condition.reference),
            }
            for run in self.runs()
            for condition in [conditions[run.id.condition]]
            for initial in [self.initial(run.id.backbone, condition.name)]
        ]

    def _find_kind(self, condition: Condition) -> Kind | Amount | None:
        """Return the kind of a condition's factor; None of what is made of trained runs."""
        other = self._trained_as(condition.reference, condition.setting)
        recipe, reference = (self.recipes.get(name) for name in (condition.name, other))
        if recipe is None or reference is None:
            return None
        find = find_amount if condition.family == CONTROL else find_kind
        return find(recipe, reference)

    def generator_training(self, name: str) -> dict[str, Any]:
        """Return the part of a generator's config that its training depends on."""
        entry = self.generators[name]
        values = entry.slice()
        unused = entry.build().sampling
        values["options"] = {k: v for k, v in values["options"].items() if k not in unused}
        return {k: v for k, v in values.items() if k not in ("ratio", "filter")}

    def fitted_as(self, name: str) -> str:
        """Return the first generator whose training is that of generator `name`.

        Generators that differ in how they draw alone share what it has learnt.
        """

        def training(generator: str) -> dict[str, Any]:
            return self.generator_training(generator) | {"name": None}

        return next(other for other in self.generators if training(other) == training(name))

    def credits(self) -> list[Credit]:
        """Return whom images are owed to: those of datasets, pre-training and shifts, each once."""
        sources = [entry.build() for entry in self.study.datasets]
        sources += [b.images for b in self.study.backbones if b.images is not None]
        found = [source.credit for source in sources]
        found += [entry.build().credit for entry in self.study.shifts]
        return list(dict.fromkeys(credit for credit in found if credit is not None))


def initial_network(backbone: str, recipe: Recipe) -> str:
    """Return the backbone's name, with the recipe's other initial weights where it sets them."""
    return f"{backbone}-{recipe.pretrained}" if recipe.pretrained else backbone


def _modules_of(entries: Iterable[Entry]) -> list[str]:
    """Return the modules of the plug-ins of some entries, each once and in order."""
    return sorted({module for entry in entries for module in entry.modules})
