"""What all rules share: names of the study, digests of code, and what the study is for."""

import re
from functools import cache
from pathlib import Path

from weightscape.config.section import NAME_PATTERN
from weightscape.engine.digest import code_digest
from weightscape.study.paths import *
from weightscape.tables.registry import MODULES

# Networks that are not trained here, and runs by what they are made of.
FETCHED_BACKBONES = [
    name for name, each in plan.initial_networks.items() if each.is_fetched
]
ENSEMBLES = [name for name in plan.derived if not plan.has_weights(name)]
AVERAGES = [name for name in plan.derived if plan.has_weights(name)]
NETWORKS = [*plan.conditions, *AVERAGES]


def one_of(names):
    """Return the pattern of a wildcard that is one of `names`."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


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


def code(rule_name, modules=()):
    """Return the digest of what a rule's jobs run, and the modules of their plug-ins."""
    return [digest_of(rule_name, tuple(modules)), *modules]


@cache
def digest_of(rule_name, modules):
    # Thousands of jobs share a rule and its plug-ins.
    script = Path(workflow.basedir, "workflow", "scripts", f"{rule_name}.py")
    return code_digest(script, modules)


def refuse(look_up, name):
    """Return what `look_up` gives for a name; what it raises ends the planning in its words."""
    try:
        return look_up(name)
    except (OSError, ValueError) as error:
        raise WorkflowError(str(error)) from None


def place(threads):
    """Return where a job computes: the params of a `Place`."""
    return {"device": study.device, "threads": threads}


def kept(path):
    """Return the output `path`, marked as temporary where the study does not keep weights."""
    return path if study.keep_weights else temp(path)


gpus = 1 if study.device == "cuda" else 0
spectra_gpus = 1 if study.spectra.device == "cuda" else 0
