"""The nano study through the real Snakefile: all outputs, no second run, exact re-runs."""

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml

from benchmarks.studies import read_jobs
from tests.helpers.driving import NANO, ROOT, planned, snakemake
from weightscape.tables.registry import MODULES, find_schema
from weightscape.tables.table import provenance_of, validate

COLLECTED = [
    "runs", "training", "scores", "calibration", "influences", "agreement", "spectra",
    "measurements", "comparisons", "likeness", "trends", "relations", "claims",
]  # fmt: skip
PER_RUN = [
    "model.safetensors", "history.parquet", "predictions.parquet", "scores.parquet",
    "calibration.parquet", "influences.parquet", "measurements.parquet",
    "weights.parquet", "eigenvalues.parquet", "spectra.parquet",
]  # fmt: skip
# What follows from a changed run, whatever the study.
DOWNSTREAM = {
    "collect_runs": 1, "collect_table": 7, "measure_agreement": 1,
    "compare_conditions": 1, "test_claims": 1, "plot_figure": 3,
    "build_report": 1, "write_manifest": 1,
}  # fmt: skip

pytestmark = pytest.mark.slow


def test_every_file_of_every_run_is_there(nano):
    runs = nano / "results/nano/runs/digits/tiny"
    for condition in ("baseline", "dropout-0.5"):
        for seed in (1, 2):
            folder = runs / condition / f"seed-{seed}"
            assert sorted(p.name for p in folder.iterdir()) == sorted(PER_RUN)


def test_the_time_of_every_job_is_read_off_its_log(nano):
    logs = nano / "results/nano/logs"
    jobs = read_jobs(logs)
    assert len(jobs) == len([*logs.rglob("*.log")])
    assert {"finetune", "collect_table", "write_manifest"} <= {rule for rule, *_ in jobs}
    assert all(0 < started <= ended for _, started, ended in jobs)


def test_every_table_matches_its_schema_and_says_where_it_comes_from(nano):
    names = {"history": "training"}
    files = list((nano / "results/nano").rglob("*.parquet"))
    tables = [f for f in files if names.get(f.stem, f.stem) in MODULES and "figures" not in f.parts]
    assert len(tables) == 4 * 9 + 2 * 3 + 1 + len(COLLECTED)
    for file in tables:
        schema = find_schema(names.get(file.stem, file.stem))
        validate(pq.read_table(file, partitioning=None), schema)
        assert {"rule", "params", "versions", "wildcards"} <= provenance_of(file).keys()


@pytest.mark.parametrize("name", COLLECTED)
def test_tables_open_in_pandas_polars_and_duckdb(nano, name):
    file = str(nano / f"results/nano/tables/{name}.parquet")
    frame = pd.read_parquet(file)
    assert list(frame.columns) == pl.read_parquet(file).columns
    assert duckdb.sql(f"select count(*) from '{file}'").fetchall() == [(len(frame),)]
    assert len(frame) > 0 or name == "trends"  # no family here has two doses


def test_spectra_have_a_row_for_every_layer_and_form_of_every_run_and_stage(nano):
    spectra = pd.read_parquet(nano / "results/nano/tables/spectra.parquet")
    matrices = spectra["layer"] + " " + spectra["form"]
    assert set(spectra["form"]) == {"", "pooled", "unfolded"}
    counts = matrices.groupby([spectra[name] for name in ("condition", "seed", "stage")]).agg(
        ["count", "nunique"]
    )
    stages = [("init", "init")] + [
        (condition, stage)
        for condition in ("baseline", "dropout-0.5")
        for stage in ("finetuned", "delta")
    ]
    expected = {(c, seed, stage) for c, stage in stages for seed in (1, 2)}
    assert set(counts.index) == expected
    assert (counts == matrices.nunique()).all(axis=None)
    assert spectra["layer"].nunique() > 10


def test_scores_cover_every_test_set(nano):
    scores = pd.read_parquet(nano / "results/nano/tables/scores.parquet")
    sets = scores.groupby(["condition", "seed"])[["test_set", "shift", "severity"]].apply(
        lambda part: {tuple(row) for row in part.to_numpy()}
    )
    plain = {("val", "none", 0), ("test", "none", 0)}
    shifted = {("test", "contrast", 2), ("test", "contrast", 4), ("test", "printed", 1)}
    assert len(sets) == 4
    assert all(found == plain | shifted for found in sets)


def test_figures_have_numbers_and_two_formats(nano):
    for name in ("contact_sheet", "family_bars", "spectrum"):
        folder = nano / "results/nano/figures"
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert (folder / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert len(pd.read_parquet(folder / f"{name}.parquet")) > 0


def test_the_end_says_what_was_found_and_where(nano):
    last = (nano / "stdout.txt").read_text().split("nano: 4 runs")[-1]
    assert "dropout-0.5" in last
    assert "results/nano/tables" in last


def test_the_logs_of_a_training_tell_loss_and_speed(nano):
    log = (nano / "results/nano/logs/finetune/digits/tiny/baseline/seed-1.log").read_text()
    assert "epoch 1 of 1: loss" in log
    assert "examples/s" in log


def test_a_second_run_does_nothing(nano):
    run = snakemake(nano)
    assert run.returncode == 0
    assert "Nothing to be done" in run.stdout


def test_a_touched_script_plans_nothing(nano):
    # Snakemake alone would go by the time stamp; the digest goes by content.
    (ROOT / "workflow/scripts/finetune.py").touch()
    assert planned(nano) == {}


def test_an_edited_condition_runs_again_and_no_other(nano, tmp_path):
    study = yaml.safe_load(NANO.read_text())
    study["conditions"][1]["factors"]["weight_decay"] = 0.5
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    of_one_condition = dict.fromkeys(
        [
            "finetune",
            "predict",
            "score_predictions",
            "extract_weights",
            "fit_spectra",
            "measure_network",
        ],
        2,
    )
    assert planned(nano, config=tmp_path / "study.yaml") == of_one_condition | DOWNSTREAM


def test_a_figure_that_is_added_is_all_that_is_made(nano, tmp_path):
    study = yaml.safe_load(NANO.read_text())
    study["figures"].append("accuracy_shift")
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    assert planned(nano, config=tmp_path / "study.yaml") == {
        "plot_figure": 1,
        "build_report": 1,
        "write_manifest": 1,
    }


def test_a_mistake_in_the_config_ends_before_any_job(tmp_path):
    study = yaml.safe_load(NANO.read_text()) | {"seedz": 3}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    run = snakemake(tmp_path, config=tmp_path / "study.yaml")
    assert run.returncode != 0
    assert "seedz: unknown key, its value is 3; did you mean 'seeds'?" in run.stdout
    assert not (tmp_path / "results").exists()
