"""Spectra along a training through the real Snakefile."""

import pandas as pd
import pytest
import yaml

from tests.helpers.driving import NANO, planned, snakemake

ALONG = {"spectra_along": {"shares": [0, 0.3, 1]}}


def study(folder, change):
    values = yaml.safe_load(NANO.read_text()) | {"seeds": 1} | change
    (folder / "study.yaml").write_text(yaml.safe_dump(values))
    return folder / "study.yaml"


def test_nothing_is_planned_along_a_training_unless_it_is_asked_for(tmp_path):
    assert "fit_spectra_along" not in planned(tmp_path, config=study(tmp_path, {}))
    jobs = planned(tmp_path, config=study(tmp_path, ALONG))
    assert jobs["fit_spectra_along"] == jobs["finetune"] == 2


def test_steps_beyond_the_training_end_the_planning_in_a_line(tmp_path):
    change = {"training": {"steps": 8}, "spectra_along": {"steps": [0, 9]}}
    run = snakemake(tmp_path, "--dry-run", config=study(tmp_path, change))
    assert run.returncode != 0
    assert "spectra_along.steps: 9 is beyond the training of baseline, which has 8" in run.stdout
    assert "Traceback" not in run.stdout
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_a_trained_study_has_spectra_of_its_steps(tmp_path):
    targets = [
        "results/nano/tables/spectra_along.parquet",
        "results/nano/figures/spectra_course.png",
    ]
    run = snakemake(tmp_path, *targets, config=study(tmp_path, ALONG))
    assert run.returncode == 0, run.stdout[-5000:]
    results = tmp_path / "results" / "nano"
    rows = pd.read_parquet(results / "tables/spectra_along.parquet")
    steps = pd.read_parquet(next(results.rglob("history.parquet")))["step"].max()
    assert set(rows["step"]) == {0, round(0.3 * steps), steps}
    assert rows.groupby(["condition", "step"]).size().nunique() == 1
    assert set(rows["condition"]) == {"baseline", "dropout-0.5"}
    moved = rows[rows["form"] != "pooled"].groupby("step")["log_spectrum_distance"].mean()
    assert moved.is_monotonic_increasing and moved[0] == 0
    assert not [*results.rglob("steps/*")]  # the weights are no output
    numbers = pd.read_parquet(results / "figures/spectra_course.parquet")
    assert set(numbers["metric"]) >= {"log_norm", "log_spectrum_distance"}
    assert set(numbers["step"]) == set(rows["step"])
