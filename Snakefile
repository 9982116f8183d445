from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from weightscape.engine.driver import hold
from weightscape.engine.ending import fail, finish
from weightscape.engine.foreword import announce
from weightscape.study.load import ConfigError, load_study
from weightscape.study.paths import Files
from weightscape.study.plan import Plan

min_version("9.27")


DEFAULT_STUDY = f"{workflow.basedir}/config.yaml"

# One study file is one study: the default is read only where no other is given.
if not workflow.overwrite_configfiles:

    configfile: DEFAULT_STUDY


try:
    study = load_study(config, workflow.overwrite_configfiles or [DEFAULT_STUDY])
except ConfigError as error:
    raise WorkflowError(str(error)) from None

plan = Plan(study)
files = Files(plan)

announce(workflow, study, workflow.overwrite_configfiles or [DEFAULT_STUDY])


pathvars:
    results=f"results/{study.study}",
    logs=f"results/{study.study}/logs",
    benchmarks=f"results/{study.study}/benchmarks",


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/synthetic.smk"
include: "workflow/rules/networks.smk"
include: "workflow/rules/predictions.smk"
include: "workflow/rules/weights.smk"
include: "workflow/rules/diversity.smk"
include: "workflow/rules/checkpoints.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"


# All jobs have one environment, where Snakemake is asked to make it.
for each in workflow.rules:
    each.conda_env = "../../envs/weightscape.yaml"


onstart:
    hold(workflow)


onsuccess:
    finish(workflow, f"results/{study.study}")


onerror:
    fail(workflow, f"results/{study.study}")


rule all:
    default_target: True
    input:
        TARGETS,
        "<results>/manifest.json",
