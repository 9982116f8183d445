"""The plan of the shipped studies, made without running a job."""

import subprocess
import sys

import pytest
from driving import ROOT, planned, processor_time, slowness, snakemake

IMPORTED = """
import sys
from weightscape.config.load import read_study
from weightscape.plan import Plan
from weightscape import driver, digest
plan = Plan(read_study("studies/digits.yaml"))
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
    assert jobs["prepare_shift"] == 6
    assert jobs["plot_figure"] == 9


def test_scale_nano_shrinks_the_default_study(tmp_path):
    jobs = planned(tmp_path, "--config", "scale=nano", config=None)
    assert jobs["finetune"] == 16  # two seeds of one condition for each family
    run = snakemake(tmp_path, "--dry-run", "--config", "scale=nano", config=None)
    assert "results/digits-nano/tables" in run.stdout


def test_the_default_study_is_read_in_seconds(tmp_path):
    runs = [processor_time(snakemake, tmp_path, "--list-rules", config=None) for _ in range(3)]
    assert all(run.returncode == 0 for _, run in runs)
    assert min(seconds for seconds, _ in runs) <= 2.5 * slowness()


@pytest.mark.slow
@pytest.mark.long
def test_ten_thousand_runs_are_planned_in_minutes(tmp_path):
    study = ROOT / "studies" / "scaling.yaml"
    seconds, jobs = processor_time(planned, tmp_path, "--quiet", "rules", config=study)
    a_run = ["finetune", "predict", "score_predictions", "extract_weights", "fit_spectra"]
    a_network = ["initialise_network", "extract_initial_weights", "fit_initial_spectra"]
    tables = ["runs", "training", "scores", "reliability", "agreement", "spectra"]
    assert jobs == {
        **dict.fromkeys(a_run, 10_000),
        **dict.fromkeys(a_network, 200),
        "prepare_dataset": 1,
        "prepare_shift": 3,
        "pretrain_backbone": 1,
        "train_generator": 1,
        "generate_images": 1,
        **{f"collect_{table}": 1 for table in tables},
        "measure_agreement": 100,
        "compare_conditions": 1,
        "test_claims": 1,
        "plot_figure": 3,
        "summarise_study": 1,
        "build_report": 1,
    }
    assert seconds <= 150 * slowness()
