"""Helpers of the rules: paths, digests, and the files of all runs."""

import re
from functools import cache
from pathlib import Path

from weightscape.config.backbone import WITHOUT_PRETRAINING
from weightscape.config.packaged import PACKAGED
from weightscape.data._published import RECORD
from weightscape.digest import code_digest
from weightscape.packages import find_files
from weightscape.plan import augmentations, files_of
from weightscape.plugins import has_plugin, options_of, plugin
from weightscape.section import NAME_PATTERN

ENVIRONMENT = "../../envs/weightscape.yaml"
# A run is trained, or derived from trained ones.
RUN = "<results>/{kind}/{dataset}/{backbone}/{condition}/seed-{seed}"
TRAINED = RUN.replace("{kind}", "runs")
DERIVED = RUN.replace("{kind}", "derived")
AGREEMENT = "<results>/agreement/{kind}/{dataset}/{backbone}/{condition}.parquet"
INITIAL = "<results>/init/{dataset}/{initial}/seed-{seed}"
PICTURES = "<results>/data/{dataset}/pictures.parquet"
IMAGE_SET = "<results>/diversity/{dataset}/{backbone}/{set}"
CHECKPOINT = "<results>/checkpoints/{checkpoint}/checkpoint_spectra.parquet"
TABLES = [
    "runs",
    "training",
    "scores",
    "reliability",
    "agreement",
    "spectra",
    "comparisons",
    "likeness",
    "trends",
    "relations",
    "claims",
]


def one_of(names):
    """Return the pattern of a wildcard that is one of `names`."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


ENSEMBLES = [name for name in plan.derived if not plan.has_weights(name)]
AVERAGES = [name for name in plan.derived if plan.has_weights(name)]
FETCHED_BACKBONES = [
    name
    for name, backbone in plan.backbones.items()
    if backbone.pretrained in WITHOUT_PRETRAINING and backbone.pretrained != "none"
]
NETWORKS = [*plan.conditions, *AVERAGES]


wildcard_constraints:
    kind="runs|derived",
    source=r"\w+",
    dataset=NAME_PATTERN,
    shift=NAME_PATTERN,
    generator=NAME_PATTERN,
    backbone=NAME_PATTERN,
    initial=NAME_PATTERN,
    condition=NAME_PATTERN,
    set=NAME_PATTERN,
    checkpoint=NAME_PATTERN,
    figure=NAME_PATTERN,
    seed=r"\d+",


def code(rule_name, plugins=()):
    """Return the digest of a rule's script, the modules it reaches and its plug-ins."""
    return digest_of(rule_name, tuple(plugins))


@cache
def digest_of(rule_name, plugins):
    # Thousands of jobs share a rule and its plug-ins.
    return code_digest(
        Path(workflow.basedir, "workflow", "scripts", f"{rule_name}.py"), plugins
    )


def of_runs(pattern, wanted):
    """Return the files of `pattern` for the runs that are `wanted`."""
    return [pattern.format(**run._asdict()) for run in plan.runs() if wanted(run)]


def of_all_runs(pattern):
    """Return the files of `pattern` for every run of the study."""
    return of_runs(pattern, lambda run: True)


def of_trained_runs(pattern):
    """Return the files of `pattern` for every run that is trained."""
    return of_runs(pattern, lambda run: run.kind == "runs")


def of_networks(pattern):
    """Return the files of `pattern` for every run that has weights."""
    return of_runs(pattern, lambda run: plan.has_weights(run.condition))


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


def of_first_seed(name):
    """Return the file `name` of every network of the first seed, initial ones first."""
    return [
        file
        for file in of_all_initials(f"{INITIAL}/{name}") + of_networks(f"{RUN}/{name}")
        if file.endswith(f"seed-{plan.seeds[0]}/{name}")
    ]


def of_all_sets(name):
    """Return the file `name` of every set of images whose diversity is measured."""
    return collect(
        f"{IMAGE_SET}/{name}",
        dataset=plan.datasets,
        backbone=[backbone.name for backbone in study.backbones],
        set=plan.image_sets,
    )


def kept(path):
    """Return the output `path`, marked as temporary where the study does not keep weights."""
    return path if study.keep_weights else temp(path)


gpus = 1 if study.device == "cuda" else 0
spectra_gpus = 1 if study.spectra.device == "cuda" else 0


# What the study is for ---------------------------------------------------------------

tables = collect(
    "<results>/tables/{table}.parquet",
    table=(TABLES if study.conditions else [])
    + (["diversity", "samples"] if study.diversity else [])
    + (["checkpoint_spectra"] if study.checkpoints else []),
)
figures = collect(
    "<results>/figures/{figure}.{suffix}",
    figure=plan.figures,
    suffix=["png", "pdf", "parquet"],
)
