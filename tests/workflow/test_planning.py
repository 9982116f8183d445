"""The plan of the shipped studies, made without running a job."""

import subprocess
import sys

import pytest

from tests.helpers.driving import ROOT, planned, processor_time, slowness, snakemake

IMPORTED = """
import sys
from weightscape.study.load import read_study
from weightscape.study.plan import Plan
from weightscape.engine import driver, digest
from weightscape.study.paths import Files
plan = Plan(read_study("studies/digits.yaml"))
files = Files(plan)
plan.describe_runs()
[files.of_first_seed(name) for name in plan.figures]
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
    for rule in ("finetune", "predict", "fit_spectra"):
        assert jobs[rule] == 8 * 5
    assert jobs["fit_initial_spectra"] == jobs["initialise_network"] == 5
    assert jobs["fetch_backbone"] == jobs["prepare_dataset"] == 1
    assert jobs["prepare_shift"] == 4
    assert jobs["plot_figure"] == 9 + 1  # a contact sheet


def test_the_digits_plan_every_job(tmp_path):
    jobs = planned(tmp_path, config=ROOT / "studies" / "digits.yaml")
    for rule in ("finetune", "predict", "measure_network", "fit_spectra"):
        assert jobs[rule] == 12 * 3
    assert jobs["fit_initial_spectra"] == jobs["initialise_network"] == 6
    assert jobs["pretrain_backbone"] == jobs["prepare_dataset"] == 1
    assert jobs["prepare_shift"] == 6


def test_scale_nano_shrinks_the_default_study(tmp_path):
    jobs = planned(tmp_path, "--config", "scale=nano", config=None)
    # Two seeds of one condition for each family, and of both controls.
    assert jobs["finetune"] == 8 * 2
    run = snakemake(tmp_path, "--dry-run", "--config", "scale=nano", config=None)
    assert "results/solar_cells-nano/tables" in run.stdout


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
    assert jobs == {
        **dict.fromkeys(a_run, 10_000),
        **dict.fromkeys(a_network, 200),
        "prepare_dataset": 1,
        "prepare_shift": 3,
        "pretrain_backbone": 1,
        "train_generator": 1,
        "generate_images": 1,
        "collect_runs": 1,
        "collect_table": 6,
        "measure_agreement": 100,
        "compare_conditions": 1,
        "test_claims": 1,
        "plot_figure": 4,
        "sample_images": 1,
        "build_report": 1,
        "write_manifest": 1,
    }
    assert seconds <= 150 * slowness()
