"""The plan of the shipped studies, made without running a job."""

import subprocess
import sys

from driving import ROOT, planned, snakemake

IMPORTED = """
import sys
from weightscape.config.load import read_study
from weightscape.plan import Plan
from weightscape import driver, digest
plan = Plan(read_study("config.yaml"))
plan.describe_runs()
[plan.tables_of(name) for name in plan.figures]
heavy = {"torch", "timm", "pandas", "numpy", "scipy", "sklearn", "matplotlib", "pyarrow", "PIL"}
print(sorted(heavy & set(sys.modules)))
"""


def test_planning_imports_nothing_heavy():
    run = subprocess.run(
        [sys.executable, "-c", IMPORTED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_the_default_study_plans_every_job(tmp_path):
    jobs = planned(tmp_path, config=None)
    assert jobs["finetune"] == jobs["predict"] == jobs["fit_spectra"] == 30
    assert jobs["fit_initial_spectra"] == jobs["initialise_network"] == 6
    assert jobs["pretrain_backbone"] == jobs["prepare_dataset"] == 1
    assert jobs["prepare_shift"] == jobs["plot_figure"] == 6


def test_scale_nano_shrinks_the_default_study(tmp_path):
    jobs = planned(tmp_path, "--config", "scale=nano", config=None)
    assert jobs["finetune"] == 20
    run = snakemake(tmp_path, "--dry-run", "--config", "scale=nano", config=None)
    assert "results/digits-nano/tables" in run.stdout
