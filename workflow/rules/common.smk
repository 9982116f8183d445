"""Helpers of the rules: what a job is given, looked up by its wildcards."""

from pathlib import Path

from weightscape.digest import code_digest
from weightscape.plan import augmentations, files_of
from weightscape.section import NAME_PATTERN

ENVIRONMENT = "../../envs/weightscape.yaml"
RUN = "<results>/runs/{dataset}/{backbone}/{condition}/seed-{seed}"
INITIAL = "<results>/init/{dataset}/{initial}/seed-{seed}"
CHECKPOINT = "<results>/checkpoints/{checkpoint}/checkpoint_spectra.parquet"
TABLES = ["runs", "training", "scores", "spectra", "comparisons"]


wildcard_constraints:
    dataset=NAME_PATTERN,
    shift=NAME_PATTERN,
    generator=NAME_PATTERN,
    backbone=NAME_PATTERN,
    initial=NAME_PATTERN,
    condition=NAME_PATTERN,
    checkpoint=NAME_PATTERN,
    figure=NAME_PATTERN,
    seed=r"\d+",


def code(rule_name, plugins=()):
    """Return the digest of a rule's script, the modules it reaches and its plug-ins."""
    return code_digest(
        Path(workflow.basedir, "workflow", "scripts", f"{rule_name}.py"), plugins
    )


def of_all_runs(pattern):
    """Return the files of `pattern` for every run of the study."""
    return [pattern.format(**run._asdict()) for run in plan.runs()]


def of_all_initials(pattern):
    """Return the files of `pattern` for the initial network of every run, each once."""
    return sorted(
        {
            pattern.format(
                dataset=run.dataset,
                initial=plan.initial(run.backbone, run.condition),
                seed=run.seed,
            )
            for run in plan.runs()
        }
    )


def kept(path):
    """Return the output `path`, marked as temporary where the study does not keep weights."""
    return path if study.keep_weights else temp(path)


gpus = 1 if study.device == "cuda" else 0
spectra_gpus = 1 if study.spectra.device == "cuda" else 0


# What a job is given -----------------------------------------------------------------


def dataset_options(wildcards):
    return plan.datasets[wildcards.dataset].slice()


def dataset_plugins(wildcards):
    return [f"weightscape.data.{plan.datasets[wildcards.dataset].source}"]


def dataset_code(wildcards):
    return code("prepare_dataset", dataset_plugins(wildcards))


def shift_options(wildcards):
    return plan.shifts[wildcards.shift].slice()


def shift_plugins(wildcards):
    return [f"weightscape.shifts.{plan.shifts[wildcards.shift].source}"]


def shift_code(wildcards):
    return code("prepare_shift", shift_plugins(wildcards))


def generator_options(wildcards):
    return plan.generators[wildcards.generator].slice()


def generator_plugins(wildcards):
    return [f"weightscape.generators.{plan.generators[wildcards.generator].source}"]


def train_generator_code(wildcards):
    return code("train_generator", generator_plugins(wildcards))


def generate_images_code(wildcards):
    return code("generate_images", generator_plugins(wildcards))


def backbone_options(wildcards):
    return plan.backbones[wildcards.backbone].slice()


def pretraining_plugins(wildcards):
    backbone = plan.backbones[wildcards.backbone]
    return [
        f"weightscape.data.{backbone.pretrained}",
        *augmentations(backbone.pretraining),
    ]


def pretraining_code(wildcards):
    return code("pretrain_backbone", pretraining_plugins(wildcards))


def pretrained_weights(wildcards):
    """Return the weights that an initial network starts from; none for a random one."""
    if plan.backbones[wildcards.initial].pretrained == "none":
        return []
    return "<results>/backbones/{initial}/init.safetensors"


def initial_options(wildcards):
    backbone = plan.backbones[wildcards.initial]
    return {"architecture": backbone.architecture, "in_chans": backbone.in_chans}


def initial_file(name):
    """Return a function that gives a file of the network that a run starts from."""

    def path(wildcards):
        initial = plan.initial(wildcards.backbone, wildcards.condition)
        return f"{INITIAL}/{name}".replace("{initial}", initial)

    return path


def recipe_options(wildcards):
    return plan.recipes[wildcards.condition].slice()


def recipe_plugins(wildcards):
    return augmentations(plan.recipes[wildcards.condition])


def recipe_code(wildcards):
    return code("finetune", recipe_plugins(wildcards))


def recipe_synthetic(wildcards):
    """Return the synthetic images that a condition adds, in the order of its factor."""
    return [
        f"<results>/synthetic/{{dataset}}/{generator}/images.safetensors"
        for generator in plan.recipes[wildcards.condition].synthetic
    ]


def checkpoint_options(wildcards):
    return plan.checkpoints[wildcards.checkpoint].slice()


def checkpoint_files(wildcards):
    """Return the files of a checkpoint and its base; what timm keeps is not ours to watch."""
    entry = plan.checkpoints[wildcards.checkpoint]
    return [
        file for path in (entry.path, entry.base) if path for file in files_of(path)
    ]


def figure_options(wildcards):
    return plan.figures[wildcards.figure].slice()


def figure_plugins(wildcards):
    return [f"weightscape.figures.{plan.figures[wildcards.figure].source}"]


def figure_code(wildcards):
    return code("plot_figure", figure_plugins(wildcards))


def figure_tables(wildcards):
    """Return the tables of a figure; eigenvalues are those of the first seed."""
    files = []
    for table in plan.tables_of(wildcards.figure):
        if table == "eigenvalues":
            files += [
                file
                for pattern in (
                    of_all_initials(f"{INITIAL}/eigenvalues.parquet"),
                    of_all_runs(f"{RUN}/eigenvalues.parquet"),
                )
                for file in pattern
                if f"/seed-{plan.seeds[0]}/" in file
            ]
        else:
            files.append(f"<results>/tables/{table}.parquet")
    return files


# What the study is for ---------------------------------------------------------------

tables = collect(
    "<results>/tables/{table}.parquet",
    table=(TABLES if study.conditions else [])
    + (["checkpoint_spectra"] if study.checkpoints else []),
)
figures = collect(
    "<results>/figures/{figure}.{suffix}",
    figure=plan.figures,
    suffix=["png", "pdf", "parquet"],
)
