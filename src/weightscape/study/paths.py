"""Where the files of a study lie, and which of them a job is given.

Patterns are Snakemake's: ``<results>`` stands for the study's folder, braces for wildcards.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from weightscape.config.fetched import RECORD
from weightscape.study.plan import Plan, Run

DATA = "<results>/data/{dataset}"
SHIFT = f"{DATA}/shifts/{{shift}}.safetensors"
PICTURES = f"{DATA}/pictures.parquet"
SYNTHETIC = "<results>/synthetic/{dataset}/{generator}"
BACKBONE = "<results>/backbones/{backbone}/init.safetensors"
INITIAL = "<results>/init/{dataset}/{initial}/seed-{seed}"
RUN = "<results>/{kind}/{dataset}/{backbone}/{condition}/seed-{seed}"
TRAINED = RUN.replace("{kind}", "runs")
DERIVED = RUN.replace("{kind}", "derived")
AGREEMENT = "<results>/agreement/{kind}/{dataset}/{backbone}/{condition}.parquet"
IMAGE_SET = "<results>/diversity/{dataset}/{backbone}/{set}"
EMBEDDINGS = "<results>/diversity/{dataset}/{backbone}/embeddings.safetensors"
CHECKPOINT = "<results>/checkpoints/{checkpoint}/checkpoint_spectra.parquet"
TABLE = "<results>/tables/{table}.parquet"
FIGURE = "<results>/figures/{figure}.{suffix}"

Wildcards = Any
"""Snakemake's: an attribute for each wildcard of a job's outputs."""

Optional = str | list[str]
"""A file, or an empty list where a job needs none."""


def expand(pattern: str, **values: Any) -> str:
    """Return `pattern` with some of its wildcards set."""
    for name, value in values.items():
        pattern = pattern.replace(f"{{{name}}}", str(value))
    return pattern


class Files:
    """The files that jobs read, looked up by the names in the paths of what they write.

    Parameters
    ----------
    plan : Plan
        What the study asks to be made.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    # Of all runs ----------------------------------------------------------------------

    def of_runs(self, pattern: str, wanted: Callable[[Run], bool] = lambda run: True) -> list[str]:
        """Return the files of `pattern` for the runs that are `wanted`, each once."""
        runs = (run for run in self.plan.runs() if wanted(run))
        found = (expand(pattern, kind=run.kind, **run.id._asdict()) for run in runs)
        return list(dict.fromkeys(found))

    def of_trained(self, pattern: str) -> list[str]:
        """Return the files of `pattern` for every run that is trained."""
        return self.of_runs(pattern, lambda run: run.kind == "runs")

    def of_networks(self, pattern: str) -> list[str]:
        """Return the files of `pattern` for every run that has weights."""
        return self.of_runs(pattern, lambda run: self.plan.has_weights(run.id.condition))

    def of_initials(self, pattern: str) -> list[str]:
        """Return the files of `pattern` for the initial network of every run, each once."""
        return sorted({self._of_initial(pattern, run) for run in self.plan.runs()})

    def of_first_seed(self, name: str) -> list[str]:
        """Return the file `name` of every network of the first seed, initial ones first."""
        files = self.of_initials(f"{INITIAL}/{name}") + self.of_networks(f"{RUN}/{name}")
        return [file for file in files if file.endswith(f"seed-{self.plan.seeds[0]}/{name}")]

    def of_image_sets(self, name: str) -> list[str]:
        """Return the file `name` of every set of images whose diversity is measured."""
        backbones = [backbone.name for backbone in self.plan.study.backbones]
        return [
            expand(f"{IMAGE_SET}/{name}", dataset=dataset, backbone=backbone, set=each)
            for dataset in self.plan.datasets
            for backbone in backbones
            for each in self.plan.image_sets
        ]

    def of_origins(self) -> list[str]:
        """Return one initial network of every kind, for where its weights come from."""
        path = f"{INITIAL}/model.safetensors"
        return [
            expand(path, dataset=dataset, initial=initial, seed=self.plan.seeds[0])
            for dataset in list(self.plan.datasets)[:1]
            for initial in self.plan.initial_networks
        ]

    def _of_initial(self, pattern: str, run: Run) -> str:
        initial = self.plan.initial(run.id.backbone, run.id.condition)
        return expand(pattern, dataset=run.id.dataset, initial=initial, seed=run.id.seed)

    # Images ---------------------------------------------------------------------------

    def dataset_download(self, wildcards: Wildcards) -> Optional:
        """Return the record of what a dataset's images come from; none if they are made here."""
        entry = self.plan.datasets[wildcards.dataset]
        return self._record(entry.build().is_fetched, entry.source)

    def shift_download(self, wildcards: Wildcards) -> Optional:
        """Return the same of a shift's images."""
        entry = self.plan.shifts[wildcards.shift]
        return self._record(entry.build().is_fetched, entry.source)

    def pretraining_download(self, wildcards: Wildcards) -> Optional:
        """Return the same of the images that a backbone is pre-trained on."""
        backbone = self.plan.initial_networks[wildcards.backbone]
        return self._record(
            backbone.images is not None and backbone.images.is_fetched, backbone.pretrained
        )

    def _record(self, is_fetched: bool, source: str) -> Optional:
        return expand(RECORD, source=source) if is_fetched else []

    def shifts(self, wildcards: Wildcards) -> list[str]:
        """Return the shifted test sets of a dataset."""
        return [expand(SHIFT, shift=name) for name in self.plan.shifts_of(wildcards.dataset)]

    def generator_fit(self, wildcards: Wildcards) -> str:
        """Return what a generator has learnt; another's where the training is the same."""
        fitted = self.plan.fitted_as(wildcards.generator)
        return f"{expand(SYNTHETIC, generator=fitted)}/generator.safetensors"

    def generator_parent(self, wildcards: Wildcards) -> list[str]:
        """Return the images of the generator that a generator is trained on, where there is one."""
        parent = self.plan.generators[wildcards.generator].trained_on
        return list(self._synthetic([parent] if parent else []))

    def _synthetic(self, generators: Any) -> Iterator[str]:
        for generator in generators:
            yield f"{expand(SYNTHETIC, generator=generator)}/images.safetensors"

    def recipe_synthetic(self, wildcards: Wildcards) -> list[str]:
        """Return the synthetic images that a condition trains on, in the order of its factor."""
        return list(self._synthetic(self.plan.recipes[wildcards.condition].synthetic))

    # Networks -------------------------------------------------------------------------

    def backbone_checkpoint(self, wildcards: Wildcards) -> Optional:
        """Return the file that a backbone's weights come from, where they come from one."""
        checkpoint = self.plan.initial_networks[wildcards.backbone].checkpoint
        return checkpoint or []

    def pretrained_weights(self, wildcards: Wildcards) -> Optional:
        """Return what an initial network starts from; nothing where seeds have their own."""
        if self.plan.initial_networks[wildcards.initial].is_from_scratch:
            return []
        return expand(BACKBONE, backbone=wildcards.initial)

    def initial(self, name: str) -> Callable[[Wildcards], str]:
        """Return a function that gives the file `name` of the network that a run starts from."""

        def path(wildcards: Wildcards) -> str:
            initial = self.plan.initial(wildcards.backbone, wildcards.condition)
            return expand(f"{INITIAL}/{name}", initial=initial)

        return path

    def averaged(self, wildcards: Wildcards) -> list[str]:
        """Return the networks whose weights are averaged, or whose average along a run is taken."""
        along = self.plan.derived[wildcards.condition].method == "trajectory_average"
        return self._members(wildcards, "average.safetensors" if along else "model.safetensors")

    def ensembled(self, wildcards: Wildcards) -> list[str]:
        """Return the predictions that are averaged, or those along a run."""
        along = self.plan.derived[wildcards.condition].method == "trajectory_ensemble"
        return self._members(
            wildcards, "trajectory_predictions.parquet" if along else "predictions.parquet"
        )

    def _members(self, wildcards: Wildcards, name: str) -> list[str]:
        members = self.plan.derived[wildcards.condition].members
        return [expand(f"{TRAINED}/{name}", condition=member) for member in members]

    def interpolation_start(self, wildcards: Wildcards) -> Optional:
        """Return the network that an interpolation starts from; nothing for what needs none."""
        if self.plan.derived[wildcards.condition].method != "interpolation":
            return []
        return self.initial("model.safetensors")(wildcards)

    def soup_images(self, wildcards: Wildcards) -> Optional:
        """Return the images that a greedy soup is chosen by; nothing for what is not chosen."""
        chooses = self.plan.derived[wildcards.condition].method == "greedy_soup"
        return f"{DATA}/val.safetensors" if chooses else []

    def bn_images(self, wildcards: Wildcards) -> Optional:
        """Return the training images that batch norms see again; nothing where they stay."""
        return f"{DATA}/train.safetensors" if self.plan.bn_recipes(wildcards.condition) else []

    def bn_synthetic(self, wildcards: Wildcards) -> list[str]:
        """Return the synthetic ones among them, each generator's once, as the recipes name them."""
        recipes = self.plan.bn_recipes(wildcards.condition)
        return list(self._synthetic(dict.fromkeys(g for each in recipes for g in each.synthetic)))

    # Diversity, checkpoints, figures --------------------------------------------------

    def backbone_network(self, wildcards: Wildcards) -> str:
        """Return the initial network of the first seed, of which the body is wanted."""
        path = f"{INITIAL}/model.safetensors"
        return expand(path, initial=wildcards.backbone, seed=self.plan.seeds[0])

    def set_synthetic(self, wildcards: Wildcards) -> list[str]:
        """Return the synthetic images of a set, in the order that it names their generators."""
        return list(self._synthetic(self.plan.image_sets[wildcards.set].synthetic))

    def set_embeddings(self, wildcards: Wildcards) -> Optional:
        """Return the features of training and test images, where the study measures in them."""
        return EMBEDDINGS if self.plan.measures_embeddings else []

    def set_network(self, wildcards: Wildcards) -> Optional:
        """Return the network for the images whose features are not known yet."""
        known = self.plan.image_sets[wildcards.set].kind in ("real", "test")
        if known or not self.plan.measures_embeddings:
            return []
        return self.backbone_network(wildcards)

    def checkpoint(self, wildcards: Wildcards) -> list[str]:
        """Return the files of a checkpoint and its base; downloads are not ours to watch."""
        entry = self.plan.checkpoints[wildcards.checkpoint]
        return [file for path in (entry.path, entry.base) if path for file in _files_of(path)]

    def figure_tables(self, wildcards: Wildcards) -> list[str]:
        """Return the tables of a figure; eigenvalues are those of the first seed."""
        entry = self.plan.figures[wildcards.figure]
        named = entry.options.get("dataset")
        files: list[str] = []
        for table in entry.build().tables:
            if table == "eigenvalues":
                files += self.of_first_seed("eigenvalues.parquet")
            elif table == "pictures":
                datasets = [named] if named else list(self.plan.datasets)
                files += [expand(PICTURES, dataset=dataset) for dataset in datasets]
            else:
                files.append(expand(TABLE, table=table))
        return files


def _files_of(checkpoint: str) -> list[str]:
    """Return the files in a folder, the shards of an index beside it, or the file itself."""
    path = Path(checkpoint)
    if checkpoint.startswith(("timm:", "hf:")):
        return []
    if path.is_dir():
        return sorted(str(file) for file in path.rglob("*") if file.is_file())
    shards: list[Path] = []
    if path.name.endswith(".index.json"):
        kind = path.name.removesuffix(".index.json").rpartition(".")[2]
        shards = sorted(path.parent.glob(f"*.{kind}"))
    return [str(file) for file in (path, *shards)]
